package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A zygote of Node has a nursery of twice 8 MiB. It gives it back before it
// forks, but for the few pages that V8 keeps in each huge page's worth of it
// (boxes/shim/fresh.c). If it does not, cells work all the same and are slower,
// which no other test would see.
func TestNodeZygotesGiveTheirNurseryBack(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for _, p := range s.pools {
		stats := p.Stats()
		if !strings.HasPrefix(stats.Kind, "node-") {
			continue
		}
		for _, b := range stats.Boxes {
			zygotes := zygotesIn(t, b.ID, "/bin/node")
			if len(zygotes) != 1 {
				t.Errorf("%s has the zygotes %v, want one", b.ID, zygotes)
				continue
			}
			const atLeast = 3
			if n := givenBack(t, zygotes[0]); n < atLeast {
				t.Errorf("%s has %d huge pages' worth of memory with next to nothing in it, want %d or more", b.ID, n, atLeast)
			}
		}
	}
}

// givenBack counts the 2 MiB of memory, on a boundary of as much, that are
// mapped to be written and have only a few of their pages.
func givenBack(t *testing.T, pid int) int {
	t.Helper()
	const page, inHuge, few = 4096, 512, 64
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	pagemap, err := os.Open(fmt.Sprintf("/proc/%d/pagemap", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer pagemap.Close()
	mapped, present := map[uint64]int{}, map[uint64]int{}
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var from, end uint64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &end, &rights); err != nil || rights != "rw-p" {
			continue
		}
		entries := make([]byte, 8*(end-from)/page)
		if _, err := pagemap.ReadAt(entries, int64(8*from/page)); err != nil {
			t.Fatal(err)
		}
		for i := range (end - from) / page {
			window := (from/page + i) / inHuge
			mapped[window]++
			if binary.NativeEndian.Uint64(entries[8*i:])>>63 == 1 {
				present[window]++
			}
		}
	}
	count := 0
	for window := range mapped {
		if mapped[window] == inHuge && present[window] > 0 && present[window] <= few {
			count++
		}
	}
	return count
}
