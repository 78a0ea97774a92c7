package admit

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// What a tenant runs beside its first compile gives way, while others are there.
func TestBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns = 8 })
		for range 2 {
			if must(t, g, "ruby", "a").Behind() {
				t.Error("a tenant gives way to nobody")
			}
		}
		if must(t, g, "ruby", "b").Behind() {
			t.Error("the first compile of a tenant gives way")
		}
		if !must(t, g, "ruby", "a").Behind() {
			t.Error("a third one does not give way to another tenant")
		}
		time.Sleep(2 * company)
		if must(t, g, "ruby", "a").Behind() {
			t.Error("a tenant gives way to who is gone")
		}
	})
}

// Beside another tenant one has fewer turns, and is told to come back later.
func TestSharedTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.SharedTurns = 8, 1 })
		for range 4 {
			must(t, g, "ruby", "a")
		}
		alone := g.backlog(g.tenant("a"), g.kind("ruby"))
		must(t, g, "ruby", "b")
		if !waits(t, g, "ruby", "a") {
			t.Error("a tenant beside another has a turn of those that are for whoever comes")
		}
		if together := g.backlog(g.tenant("a"), g.kind("ruby")); together <= alone {
			t.Errorf("the line takes %v beside another tenant, %v without", together, alone)
		}
		time.Sleep(2 * company)
		must(t, g, "ruby", "a")
	})
}

// A tenant is there for a while after it was done, and not only after it came.
func TestCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.SharedTurns, c.Timeout = 8, 1, time.Hour })
		long := must(t, g, "ruby", "b")
		time.Sleep(2 * company)
		long.End()
		must(t, g, "ruby", "a")
		if !waits(t, g, "ruby", "a") {
			t.Error("whose compile took long is forgotten")
		}
	})
}

// Whose own limit keeps it waiting is told how long its own line takes.
func TestCrowdComesBackLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.TenantRunning, c.Queue = 8, 1, 100 })
		g.kind("ruby").whole = time.Second
		g.kind("ruby").hold = time.Millisecond
		must(t, g, "ruby", "a")
		for range 3 {
			go g.Admit(t.Context(), "ruby", "a")
		}
		synctest.Wait()
		if a, b := g.comeBack(g.tenant("a"), g.kind("ruby")), g.comeBack(g.tenant("b"), g.kind("ruby")); a != 4*time.Second || b >= a {
			t.Errorf("a line of three takes %v, another tenant's own %v", a, b)
		}
		// What others' compiles take is no reason to refuse it.
		g.kind("ruby").whole = g.config.Timeout
		if err := g.Refuses("ruby", "a"); err != nil {
			t.Errorf("behind three of its own: %v", err)
		}
	})
}

// Who compiles without a pause gives way to who comes now and then.
func TestWithoutPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) {})
		one := func(tenant string) bool {
			turn := must(t, g, "ruby", tenant)
			defer turn.End()
			return turn.Behind()
		}
		one("busy")
		if one("busy") {
			t.Error("alone, a tenant gives way")
		}
		one("rare")
		if !one("busy") {
			t.Error("beside another, one without a pause does not give way")
		}
		time.Sleep(2 * pause)
		if one("rare") {
			t.Error("one after a pause gives way")
		}
	})
}

// A flood of other kinds does not shut a tenant out that asks for nothing much:
// the place of the flood's last is its own.
func TestFloodOfOtherKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns = 1 })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		must(t, g, "ruby", "quiet")
		for i := range 40 {
			go g.Admit(ctx, fmt.Sprint("kind", i%2), "flood")
		}
		synctest.Wait()
		if s := g.Stats(); s.Waiting != 16 {
			t.Fatalf("%d wait, want twice the queue", s.Waiting)
		}
		if err := g.Check("quiet"); err != nil {
			t.Errorf("before the body: %v", err)
		}
		if err := g.Check("flood"); reason(err) != Full {
			t.Errorf("the flood itself, before the body: %v", err)
		}
		told := make(chan error, 1)
		go func() {
			_, err := g.Admit(ctx, "other", "quiet")
			told <- err
		}()
		synctest.Wait()
		if s := g.Stats(); s.Waiting != 16 || g.tenant("quiet").line == nil || len(told) > 0 {
			t.Errorf("%+v: the quiet tenant's second has no place in line", s)
		}
		cancel()
		synctest.Wait()
	})
}

// What is guessed of compiles that run moves nobody who comes later behind.
func TestGuessesAreNotHeldAgainstOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns = 8 })
		for range 30 {
			turn := must(t, g, "ruby", "a")
			turn.Spent(3 * time.Second)
			turn.End()
		}
		before := g.tenant("a").used
		var all []*Turn
		for range 6 {
			all = append(all, must(t, g, "ruby", "a"))
		}
		for _, turn := range all {
			turn.Spent(time.Millisecond)
			turn.End()
		}
		if g.virtual > before+6*time.Millisecond {
			t.Errorf("newcomers begin at %v, where the only tenant is at %v", g.virtual, g.tenant("a").used)
		}
		if p := g.tenant("a").pending; p != 0 {
			t.Errorf("%v is pending of nothing", p)
		}
	})
}

// The last place is for a tenant that has none; a quota that is used up empties
// the line; a tenant's own limit is said to be one.
func TestLastPlaceQuotaAndCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(func(c *Config) { c.Turns, c.Running = 4, 2 })
		must(t, g, "ruby", "a")
		if !waits(t, g, "ruby", "a") {
			t.Error("one tenant has both places")
		}
		must(t, g, "ruby", "b")

		g = gate(func(c *Config) { c.Turns, c.TenantCPU = 1, time.Second })
		first := must(t, g, "ruby", "a")
		told := make(chan error, 1)
		go func() {
			_, err := g.Admit(t.Context(), "ruby", "a")
			told <- err
		}()
		synctest.Wait()
		first.Spent(5 * time.Second)
		first.End()
		if err := <-told; reason(err) != Quota {
			t.Errorf("in line when the quota was used up: %v", err)
		}

		g = gate(func(c *Config) { c.TenantRunning = 1 })
		must(t, g, "ruby", "a").Slow()
		if _, err := g.Admit(t.Context(), "ruby", "a"); reason(err) != Crowd {
			t.Errorf("over the tenant's own limit: %v", err)
		}
	})
}
