package attack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Memory is what the daemon and the box of each kind hold, in KiB: the daemon's anonymous
// memory, and all that the kernel accounts to a box's cgroup.
type Memory struct {
	Daemon int64            `json:"daemon_kib"`
	Boxes  map[string]int64 `json:"boxes_kib"`
}

// lookAtMemory looks at boxes at rest.
func lookAtMemory(v view) Memory {
	m := Memory{Boxes: make(map[string]int64)}
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(v.host.daemon), "status"))
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			m.Daemon, _ = strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		}
	}
	for kind, b := range v.boxes {
		for _, name := range []string{"/sys/fs/cgroup/" + b.id + "/memory.current", "/sys/fs/cgroup/memory/" + b.id + "/memory.usage_in_bytes"} {
			if text, err := os.ReadFile(name); err == nil {
				bytes, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
				m.Boxes[kind] = bytes >> 10
			}
		}
	}
	return m
}

// Growth tells how the median of one quantity moved from the first third of
// the looks to the last.
type Growth struct {
	What  string `json:"what"`
	First int64  `json:"first_third_kib"`
	Last  int64  `json:"last_third_kib"`
	Flat  bool   `json:"flat"`
}

// A quantity is flat if the median of the last third is at most slopePercent
// and slopeKiB above that of the first: a collector's rhythm and a page cache
// move medians, a leak of 100 bytes a request adds up to more.
const (
	slopePercent = 5
	slopeKiB     = 8 << 10
)

// growth judges looks in the order they were taken. Fewer than three say
// nothing.
func growth(looks []Memory) []Growth {
	if len(looks) < 3 {
		return nil
	}
	var all []Growth
	add := func(what string, of func(Memory) int64) {
		third := len(looks) / 3
		g := Growth{What: what, First: median(looks[:third], of), Last: median(looks[len(looks)-third:], of)}
		g.Flat = g.Last <= g.First+g.First*slopePercent/100+slopeKiB
		all = append(all, g)
	}
	add("daemon", func(m Memory) int64 { return m.Daemon })
	for _, kind := range slices.Sorted(maps.Keys(looks[0].Boxes)) {
		add(kind, func(m Memory) int64 { return m.Boxes[kind] })
	}
	return all
}

func median(looks []Memory, of func(Memory) int64) int64 {
	var values []int64
	for _, m := range looks {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (g Growth) String() string {
	return fmt.Sprintf("memory of %s: %d KiB, at first %d", g.What, g.Last, g.First)
}
