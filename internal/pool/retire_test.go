package pool_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
)

// crash is a page whose cell is killed by SIGSYS.
const crash = "= syscall(101, 0, 0, 0, 0)"

// eventually waits until the pool's counters are as they should be.
func eventually(t *testing.T, p *pool.Pool, what string, is func(pool.Stats) bool) pool.Stats {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		stats := p.Stats()
		if is(stats) {
			return stats
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not so: %+v", what, stats)
		}
	}
}

// rests: one box, which serves, and nothing on its way.
func rests(s pool.Stats) bool {
	return s.Ready && len(s.Boxes) == 1 && s.Running+s.Dying == 0 && s.Parked > 0
}

// crashOnce has a cell die.
func crashOnce(t *testing.T, p *pool.Pool, source string, outcome job.Outcome) {
	t.Helper()
	result, err := p.Do(t.Context(), haml(source), soon(), unwatched{})
	if err != nil || result.Outcome != outcome {
		t.Fatalf("%s: %s %v, %v, want %s", source, result.Outcome, result.Diagnostics, err, outcome)
	}
}

// A crash retires its box, the next one is up before, and a second crash may
// follow. Of those beyond it nothing comes but a retirement that waits.
func TestCrashRetiresTheBox(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.RetireInterval = time.Hour
	p := start(t, c, boxtest.Starter(t, 0))
	seen := map[string]bool{p.Stats().Boxes[0].ID: true}
	for n := range uint64(2) {
		crashOnce(t, p, crash, job.Violation)
		stats := eventually(t, p, "the box was retired", func(s pool.Stats) bool { return s.Retired == n+1 && rests(s) })
		if id := stats.Boxes[0].ID; seen[id] {
			t.Errorf("box %s serves again", id)
		} else {
			seen[id] = true
		}
		if stats.PendingRetirement {
			t.Errorf("a retirement is pending after it was done: %+v", stats)
		}
	}
	for range 5 {
		crashOnce(t, p, crash, job.Violation)
	}
	stats := eventually(t, p, "the crashes are counted", func(s pool.Stats) bool { return s.Deaths[cell.DeathSIGSYS] == 7 && rests(s) })
	if stats.Retired != 2 || stats.Generations != 3 || stats.Lost != 0 || stats.Recycled != 0 || !stats.PendingRetirement || !seen[stats.Boxes[0].ID] {
		t.Errorf("after seven crashes %+v, want two retirements, three boxes, one retirement pending", stats)
	}
}

// Which ends of a cell retire its box and which do not.
func TestWhatRetires(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source string
		outcome      job.Outcome
		death        cell.Death
		retires      bool
	}{
		{"a page", "%p hi", job.OK, "", false},
		{"a mistake", "- raise 'x'", job.SourceError, "", false},
		{"a loop", "- loop {}", job.Timeout, cell.DeathHungUp, false},
		{"an exit", "- exit! 3", job.Crashed, cell.DeathStatus, false},
		{"its memory unmapped", "= syscall(11, 0x10000, 0x7fffffff0000 - 0x10000)", job.Crashed, cell.DeathSIGSEGV, true},
		{"a call of no compile's", crash, job.Violation, cell.DeathSIGSYS, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, config(t), boxtest.Starter(t, 0))
			j := haml(test.source)
			j.Limits.Wall = 500 * time.Millisecond
			result, err := p.Do(t.Context(), j, soon(), unwatched{})
			if err != nil || result.Outcome != test.outcome {
				t.Errorf("Do = %s %v, %v, want %s", result.Outcome, result.Diagnostics, err, test.outcome)
			}
			stats := eventually(t, p, "rest", func(s pool.Stats) bool {
				return rests(s) && (s.Retired == 1) == test.retires && (test.death == "" || s.Deaths[test.death] > 0)
			})
			if stats.PendingRetirement || stats.Lost > 0 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// Whoever crashes every cell replaces boxes at the rate that is set, two at
// most at once, and everybody else is answered all the while.
func TestCrashesAreNoOutage(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.RetireInterval = 500 * time.Millisecond
	p := start(t, c, boxtest.Starter(t, 0))
	began := time.Now()
	var clients sync.WaitGroup
	var over atomic.Bool
	for range 2 {
		clients.Go(func() {
			for !over.Load() {
				if result, err := p.Do(t.Context(), haml(crash), soon(), unwatched{}); err != nil || result.Outcome != job.Violation {
					t.Errorf("a crash = %s, %v", result.Outcome, err)
					return
				}
			}
		})
	}
	clients.Go(func() {
		for !over.Load() {
			if result, err := p.Do(t.Context(), haml("%p hii"), soon(), unwatched{}); err != nil || result.Output != "<p>hii</p>\n" {
				t.Errorf("a page beside the crashes = %s %q, %v", result.Outcome, result.Output, err)
				return
			}
		}
	})
	eventually(t, p, "five boxes were retired", func(s pool.Stats) bool {
		if len(s.Boxes) > 2 {
			t.Errorf("%d boxes at once", len(s.Boxes))
		}
		return s.Retired >= 5
	})
	over.Store(true)
	clients.Wait()
	stats := p.Stats()
	if most := 2 + uint64(time.Since(began)/c.RetireInterval); stats.Retired > most {
		t.Errorf("%d boxes were retired, want %d at most", stats.Retired, most)
	}
	if stats.Lost > 0 || stats.Recycled > 0 || stats.Generations < stats.Retired+1 {
		t.Errorf("%+v", stats)
	}
}

// A box that has forked its number of cells is replaced, and counted as such.
func TestRecycledIsCounted(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.CellsPerBox = 20
	p := start(t, c, boxtest.Starter(t, 0))
	stats := eventually(t, p, "boxes were recycled", func(s pool.Stats) bool {
		if s.Recycled >= 2 {
			return rests(s)
		}
		if _, err := p.Do(t.Context(), haml("%p"), soon(), unwatched{}); err != nil {
			t.Fatal(err)
		}
		return false
	})
	if stats.Generations != stats.Recycled+1 || stats.Retired+stats.Lost > 0 || stats.PendingRetirement {
		t.Errorf("%+v", stats)
	}
}
