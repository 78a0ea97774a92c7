package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/selftest"
)

// census counts what a request could leave behind.
type census struct {
	Processes, Descriptors, ZygoteDescriptors, Mounts, Cgroups, Goroutines int
}

func takeCensus(t *testing.T, s *serving) census {
	t.Helper()
	var c census
	c.Processes = len(boxtest.Processes(t, func(p boxtest.Process) bool { return strings.Contains(p.Cgroup, s.pools[0].Stats().Boxes[0].ID) }))
	c.Descriptors = len(boxtest.OpenFiles(t, os.Getpid()))
	for _, zygote := range zygotesOf(t, s) {
		c.ZygoteDescriptors += len(boxtest.OpenFiles(t, zygote))
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	c.Mounts = strings.Count(string(mounts), "\n")
	cgroups, err := filepath.Glob("/sys/fs/cgroup/memory/fumehood-*")
	if err != nil {
		t.Fatal(err)
	}
	unified, err := filepath.Glob("/sys/fs/cgroup/fumehood-*")
	if err != nil {
		t.Fatal(err)
	}
	c.Cgroups = len(cgroups) + len(unified)
	c.Goroutines = runtime.NumGoroutine()
	return c
}

// 10,000 mixed requests, good, broken and hostile, leave nothing behind and
// lose nothing: every good one among them has its own right answer. It runs
// alone: a census counts the neighbours too.
func TestTenThousandRequestsLeaveNothing(t *testing.T) {
	s := startDaemon(t, func(c *config.Config) {
		c.RetireInterval = 24 * time.Hour
		c.Parked, c.ParkedMin = 8, 8 // or the processes would follow the demand
	})
	useUpRetirements(t, s)
	earlier := s.pools[0].Stats().Jobs
	count := 10_000
	if testing.Short() {
		count = 1_000
	}
	mix := func(n int) {
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() {
				r := rand.New(rand.NewPCG(1, uint64(client)))
				for i := range n / 8 {
					if r.IntN(10) > 0 {
						source := fmt.Sprintf("%%p= %d * 2", i)
						if got, want := s.compile(t, "haml", source, nil), fmt.Sprintf("<p>%d</p>\n", 2*i); got.output() != want {
							t.Errorf("%s: %s %q, want %q", source, got.Outcome, got.output(), want)
						}
						continue
					}
					page := hostile[r.IntN(len(hostile))]
					limits := map[string]any{"wall_ms": 100, "memory_bytes": 32 << 20}
					got := s.compile(t, "haml", page.source, map[string]any{"limits": limits})
					// With so little time any page may also run out of it.
					if !slices.Contains(append([]string{"timeout", "out_of_memory"}, page.outcomes...), got.Outcome) {
						t.Errorf("%s: %s %q", page.name, got.Outcome, got.message())
					}
				}
			})
		}
		clients.Wait()
	}
	settle := func() {
		closeIdle()
		eventually(t, "all cells are parked again", func() bool {
			stats := s.pools[0].Stats()
			return stats.Parked == s.config.Parked && stats.Running == 0 && stats.Dying == 0
		})
	}
	mix(200) // connections, buffers and threads that stay once made
	settle()
	before := takeCensus(t, s)
	mix(count)
	settle()
	var after census
	eventually(t, "as before: "+fmt.Sprintf("%+v", before), func() bool {
		closeIdle()
		after = takeCensus(t, s)
		return after.Processes <= before.Processes && after.Descriptors <= before.Descriptors &&
			after.ZygoteDescriptors <= before.ZygoteDescriptors && after.Mounts <= before.Mounts &&
			after.Cgroups <= before.Cgroups && after.Goroutines <= before.Goroutines
	})
	t.Logf("before %+v, after %+v", before, after)

	stats := s.pools[0].Stats()
	if len(stats.Boxes) != 1 {
		t.Fatalf("%d boxes, want the first one still", len(stats.Boxes))
	}
	b, jobs := stats.Boxes[0], stats.Jobs-earlier
	// One job a cell: every cell that was forked is parked, or had one job or
	// one of the self-test's.
	if got := b.Forked - uint64(stats.Parked+selftest.Cells()); got > jobs || jobs > b.Forked {
		t.Errorf("%d jobs in %d cells, %d of them still parked: not one job a cell", jobs, b.Forked, stats.Parked)
	}
	if b.Forked < uint64(count+selftest.Cells()) {
		t.Errorf("%d cells for %d requests: some were used twice", b.Forked, count)
	}
}
