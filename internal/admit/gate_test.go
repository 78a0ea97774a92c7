package admit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func gate(change func(*Config)) *Gate {
	c := Config{Turns: 2, Running: 12, Queue: 8, Timeout: 5 * time.Second}
	change(&c)
	return New(c)
}

// must admits what needs no waiting.
func must(t *testing.T, g *Gate, kind, tenant string) *Turn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	turn, err := g.Admit(ctx, kind, tenant)
	if err != nil {
		t.Fatalf("a compile of %s for %q is not admitted: %v", kind, tenant, err)
	}
	return turn
}

// waits reports whether a compile has to wait, and gives back what it got.
func waits(t *testing.T, g *Gate, kind, tenant string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	turn, err := g.Admit(ctx, kind, tenant)
	if err == nil {
		turn.End()
	} else if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return err != nil
}

func reason(err error) Reason {
	var refused *Refusal
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

// A tenant has as many turns as there are; what takes long gives its turn back
// and runs on.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(*Config) {})
		first, second := must(t, g, "ruby", "a"), must(t, g, "ruby", "a")
		if !waits(t, g, "ruby", "a") {
			t.Error("a third compile runs beside two that hold the turns")
		}
		first.Slow()
		first.Slow()
		third := must(t, g, "ruby", "a")
		if !waits(t, g, "ruby", "a") {
			t.Error("one slow compile gave back two turns")
		}
		for _, turn := range []*Turn{first, second, third} {
			turn.End()
		}
		third.Slow()
		if s := g.Stats(); s.Brisk != 0 || s.Running != 0 || s.Waiting != 0 || s.Slow != 1 {
			t.Errorf("at rest: %+v", s)
		}
	})
}

// A tenant that runs nothing does not wait for the turns that another holds.
func TestNewcomerDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(*Config) {})
		for range 2 {
			must(t, g, "ruby", "flood")
		}
		must(t, g, "ruby", "quiet")
		if !waits(t, g, "ruby", "quiet") {
			t.Error("the second one has no turn to take")
		}
	})
}

// However many loops one tenant runs, and of however many kinds, there is room
// for the next tenant, and for the next kind.
func TestRoomForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(*Config) {})
		flood := func(kind, tenant string) (n int) {
			for !waits(t, g, kind, tenant) {
				must(t, g, kind, tenant).Slow()
				n++
			}
			return n
		}
		if n := flood("ruby", "a") + flood("node", "a"); n != 8 {
			t.Errorf("alone a tenant runs %d of 12, want two thirds", n)
		}
		for _, tenant := range []string{"b", "c"} {
			must(t, g, "ruby", tenant).Slow()
		}
		must(t, g, "node", "d")
	})
}

// Among those who wait, whoever has used least is next, and nobody is owed for
// the time that it was away.
func TestLeastUsedIsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns = 3 })
		must(t, g, "ruby", "heavy")
		must(t, g, "ruby", "light")
		third := must(t, g, "ruby", "other")
		var mu sync.Mutex
		var order []string
		var all sync.WaitGroup
		for tenant, cpu := range map[string]time.Duration{"heavy": 100 * time.Millisecond, "light": time.Millisecond} {
			for range 3 {
				all.Go(func() {
					turn, err := g.Admit(t.Context(), "ruby", tenant)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					order = append(order, tenant)
					mu.Unlock()
					turn.Spent(cpu)
					turn.End()
				})
			}
		}
		synctest.Wait()
		third.End()
		all.Wait()
		second := 1 + slices.Index(order, "heavy") + slices.Index(order[1+slices.Index(order, "heavy"):], "heavy")
		if len(order) != 6 || slices.Contains(order[second:], "light") {
			t.Errorf("order %v: want all of light's before heavy's second", order)
		}
		must(t, g, "ruby", "late").End()
		if late, virtual := g.tenant("late").used, g.virtual; late < virtual {
			t.Errorf("a newcomer is at %v, behind those who were there at %v", late, virtual)
		}
	})
}

// A line has its length and its time; the newcomer of a tenant that has less in
// it takes the last place of the one that has most.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.Running, c.Queue = 1, 3, 3 })
		first := must(t, g, "ruby", "a")
		other := must(t, g, "ruby", "b")
		told := make(map[string]chan error)
		ask := func(name, tenant string) {
			told[name] = make(chan error, 1)
			go func() {
				turn, err := g.Admit(context.Background(), "ruby", tenant)
				if err == nil {
					defer turn.End()
				}
				told[name] <- err
			}()
			synctest.Wait()
		}
		for i := range 3 {
			ask(fmt.Sprint("a", i), "a")
		}
		ask("a3", "a")
		if err := <-told["a3"]; reason(err) != Full {
			t.Errorf("a fourth in a line of three: %v", err)
		}
		ask("b0", "b")
		if err := <-told["a2"]; reason(err) != Full {
			t.Errorf("the last of the longest: %v", err)
		}
		began := time.Now()
		if err := <-told["b0"]; reason(err) != Late || time.Since(began) > 5*time.Second {
			t.Errorf("nobody ended for 5s: %v after %v", err, time.Since(began))
		}
		<-told["a0"]
		<-told["a1"]
		first.End()
		other.End()
		if s := g.Stats(); s.Waiting != 0 || s.Running != 0 || s.Refused[Full] != 2 || s.Refused[Late] != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// A line that cannot be served in time is told so at once, with how long it is.
func TestHopeless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.Running, c.Queue = 1, 3, 100 })
		for range 40 {
			turn := must(t, g, "ruby", "a")
			time.Sleep(2 * time.Second)
			turn.End()
		}
		must(t, g, "ruby", "a")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 2 {
			go g.Admit(ctx, "ruby", "a")
		}
		synctest.Wait()
		_, err := g.Admit(ctx, "ruby", "a")
		var refused *Refusal
		if !errors.As(err, &refused) || refused.Reason != Full || refused.RetryAfter < 5*time.Second || refused.RetryAfter > 7*time.Second {
			t.Errorf("behind two that take 2s each, with 5s to wait: %v", err)
		}
		cancel()
		synctest.Wait()
	})
}

// A minute's processor time can be used at once, and comes back as time passes.
func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.TenantCPU = 6 * time.Second })
		turn := must(t, g, "ruby", "a")
		turn.Spent(7 * time.Second)
		turn.End()
		_, err := g.Admit(t.Context(), "ruby", "a")
		var refused *Refusal
		if !errors.As(err, &refused) || refused.Reason != Quota || refused.RetryAfter.Round(time.Second) != 10*time.Second {
			t.Fatalf("a second over the quota: %v, want to come back in 10s", err)
		}
		if err := g.Check("a"); reason(err) != Quota {
			t.Errorf("before the body: %v", err)
		}
		must(t, g, "ruby", "b").End()
		time.Sleep(refused.RetryAfter)
		must(t, g, "ruby", "a").End()
	})
}

// A tenant's own limit holds.
func TestTenantRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.TenantRunning = 1 })
		must(t, g, "ruby", "a").Slow()
		if !waits(t, g, "ruby", "a") {
			t.Error("a second one runs")
		}
		must(t, g, "ruby", "b")
	})
}

// A caller who leaves at the very moment of its turn gives it back.
func TestLeaveWithTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(*Config) {})
		w, err := g.enter("ruby", "a")
		if err != nil || !w.done {
			t.Fatalf("not admitted: %v", err)
		}
		if err := g.leave(w, context.Canceled); !errors.Is(err, context.Canceled) {
			t.Errorf("leave = %v", err)
		}
		if s := g.Stats(); s.Running != 0 || s.Brisk != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Whatever comes in whatever order, the limits hold, and in the end nothing is
// left.
func TestLimitsHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Timeout = 50 * time.Millisecond })
		var all sync.WaitGroup
		for i := range 600 {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			all.Go(func() {
				time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+r.IntN(80))*time.Millisecond)
				defer cancel()
				turn, err := g.Admit(ctx, fmt.Sprint("kind", r.IntN(3)), fmt.Sprint("tenant", r.IntN(4)))
				if err != nil {
					return
				}
				if s := g.Stats(); s.Running > 12 || s.Waiting > 16 || s.Brisk > 2+3 {
					t.Errorf("over the limits: %+v", s)
				}
				time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
				if r.IntN(2) == 0 {
					turn.Slow()
				}
				time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
				turn.End()
				turn.Spent(time.Duration(r.IntN(20)) * time.Millisecond)
			})
		}
		all.Wait()
		if s := g.Stats(); s.Running != 0 || s.Brisk != 0 || s.Waiting != 0 {
			t.Errorf("left: %+v", s)
		}
		for name, k := range g.kinds {
			if k.running != 0 || k.waiting != 0 {
				t.Errorf("left of %s: %+v", name, k)
			}
		}
	})
}

// Refuses says what Admit would, and takes nothing.
func TestRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.Running, c.Queue = 1, 1, 1 })
		if err := g.Refuses("ruby", "a"); err != nil {
			t.Errorf("at rest: %v", err)
		}
		turn := must(t, g, "ruby", "a")
		for range 3 {
			if err := g.Refuses("ruby", "a"); err != nil {
				t.Errorf("with an empty line: %v", err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := g.Admit(ctx, "ruby", "a")
			left <- err
		}()
		synctest.Wait()
		if err := g.Refuses("ruby", "a"); reason(err) != Full {
			t.Errorf("with a full line: %v", err)
		}
		if err := g.Refuses("node", "a"); err != nil {
			t.Errorf("another kind: %v", err)
		}
		if s := g.Stats(); s.Waiting != 1 || s.Refused[Full] != 1 {
			t.Errorf("%+v", s)
		}
		cancel()
		<-left
		turn.End()
		must(t, g, "ruby", "a").End()
	})
}
