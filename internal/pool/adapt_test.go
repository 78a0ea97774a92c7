package pool_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
)

// adapting is a pool's configuration with so many bytes for cells that are
// said to have 1 MiB each.
func adapting(t *testing.T, budget *pool.Budget) pool.Config {
	c := config(t)
	c.Least, c.Most, c.Budget, c.Slots = 1, 16, budget, 64
	c.Inspect = func(context.Context, *box.Box) (pool.Inspection, error) { return pool.Inspection{Cell: job.MiB}, nil }
	return c
}

// flood has so many clients ask for the same page until it is stopped, which
// also says whether all were answered.
func flood(t *testing.T, p *pool.Pool, clients int, source string) (stop func()) {
	t.Helper()
	var over atomic.Bool
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for !over.Load() {
				if result, err := p.Do(t.Context(), haml(source), soon(), unwatched{}); err != nil || result.Outcome != job.OK {
					t.Errorf("a page of a flood = %s %v, %v", result.Outcome, result.Diagnostics, err)
					return
				}
			}
		})
	}
	return func() {
		over.Store(true)
		all.Wait()
	}
}

// A pool parks more cells when more jobs come at once, and fewer when they do
// so no more; its box stays.
func TestParkedFollowDemand(t *testing.T) {
	t.Parallel()
	c := adapting(t, pool.NewBudget(job.MiB<<10))
	c.Window = time.Second
	p := start(t, c, boxtest.Starter(t, 0))
	if s := p.Stats(); s.Target != 8 || s.CellBytes != job.MiB {
		t.Errorf("a fresh pool is to park %d cells of %v, want 8 of 1MiB", s.Target, s.CellBytes)
	}
	rest := func(s pool.Stats) bool { return s.Target == 1 && s.Parked == 1 && s.Running+s.Dying == 0 }
	eventually(t, p, "one cell is parked without demand", rest)
	stop := flood(t, p, 6, "= sleep 0.05")
	eventually(t, p, "more are parked for six at once", func(s pool.Stats) bool { return s.Target >= 9 && s.Parked >= 6 })
	stop()
	s := eventually(t, p, "one cell is parked after the demand", rest)
	if s.Generations != 1 || s.Lost+s.Leaked > 0 || s.Missed == 0 || s.Missed > s.Jobs {
		t.Errorf("%+v, want one box, and jobs that found no cell", s)
	}
	if s.Deaths[cell.DeathHungUp] == 0 {
		t.Errorf("%+v, want cells that were given up", s)
	}
	if s.Wait.Count != s.Jobs || s.Fork.Count < s.Jobs || s.Teardown.Count != s.Fork.Count-1 || s.Forking <= 0 {
		t.Errorf("%d jobs, %d waits, %d forks, %d deaths: each step must be measured once", s.Jobs, s.Wait.Count, s.Fork.Count, s.Teardown.Count)
	}
}

// Jobs that come one by one, and faster than cells are parked, are demand too.
func TestMissesAreDemand(t *testing.T) {
	t.Parallel()
	c := adapting(t, pool.NewBudget(job.MiB<<10))
	c.Window = time.Second
	p := start(t, c, boxtest.Starter(t, 0))
	eventually(t, p, "one cell is parked without demand", func(s pool.Stats) bool { return s.Parked == 1 && s.Target == 1 })
	stop := flood(t, p, 1, "%p")
	s := eventually(t, p, "more are parked for one after the other", func(s pool.Stats) bool { return s.Target > 2 })
	stop()
	if s.Missed == 0 {
		t.Errorf("%+v: the number grew without a miss", s)
	}
}

// Two pools share a budget: the one with more demand has more of it, neither
// less than its least, and both together no more than there is.
func TestBudgetIsKept(t *testing.T) {
	t.Parallel()
	budget := pool.NewBudget(10 * job.MiB)
	c := adapting(t, budget)
	quiet, busy := start(t, c, boxtest.Starter(t, 0)), start(t, c, boxtest.Starter(t, 0))
	settled := func(s pool.Stats) bool { return s.Parked == s.Target && s.Running+s.Dying == 0 }
	for _, p := range []*pool.Pool{quiet, busy} {
		eventually(t, p, "both park half", func(s pool.Stats) bool { return settled(s) && s.Parked == 5 })
	}
	stop := flood(t, busy, 10, "= sleep 0.02")
	eventually(t, busy, "the busy one gets more", func(s pool.Stats) bool { return s.Target == 9 })
	stop()
	if s := eventually(t, busy, "the busy one parks", settled); s.Parked != 9 {
		t.Errorf("the busy pool parks %d, want 9", s.Parked)
	}
	if s := eventually(t, quiet, "the quiet one gave up", settled); s.Parked != 1 {
		t.Errorf("the quiet pool parks %d, want its least, 1", s.Parked)
	}
	if result, err := quiet.Do(t.Context(), haml("%p hii"), soon(), unwatched{}); err != nil || result.Output != "<p>hii</p>\n" {
		t.Errorf("the quiet pool: %q, %v", result.Output, err)
	}
}

// While jobs wait for one zygote's forks a second box serves beside it, and
// ends when it is not needed. No job fails for that.
func TestSecondBoxComesAndGoes(t *testing.T) {
	t.Parallel()
	c := adapting(t, pool.NewBudget(job.MiB<<10))
	c.Least, c.Most = 4, 4
	began := time.Now()
	c.Boxes = pool.Boxes{
		Most: 2, After: 300 * time.Millisecond, Rest: time.Second,
		Idle: func() time.Duration { return time.Since(began) },
	}
	p := start(t, c, boxtest.Starter(t, 0))
	stop := flood(t, p, 8, "%p")
	s := eventually(t, p, "two boxes serve", func(s pool.Stats) bool {
		if len(s.Boxes) > 2 {
			t.Errorf("%d boxes, want two at most", len(s.Boxes))
		}
		return len(s.Boxes) == 2 && s.Boxes[0].Reaped > 20 && s.Boxes[1].Reaped > 20
	})
	if s.Target != 4 || s.Parked > 8 {
		t.Errorf("%d parked of %d in two boxes", s.Parked, s.Target)
	}
	stop()
	s = eventually(t, p, "one box is left", func(s pool.Stats) bool { return rests(s) && s.Parked == 4 })
	if s.Dismissed != 1 || s.Generations != 2 || s.Lost+s.Recycled+s.Retired+s.Leaked > 0 {
		t.Errorf("%+v, want two boxes, one of them dismissed", s)
	}
	crashOnce(t, p, "%p", job.OK)
}
