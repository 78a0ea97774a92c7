package render_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// caching is a renderer with a cache, whose answers' text is their output.
func caching(t *testing.T, shared bool, do func(ctx context.Context, j job.Job) (job.Result, error)) (*render.Renderer, *cache.Cache) {
	t.Helper()
	m, err := cache.NewMemory(cache.MemoryConfig{Bytes: job.MiB, TTL: time.Hour, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	c := calm
	c.Cache, c.Shared = cache.New("memory", m, time.Hour), shared
	c.Encode = func(_ job.Job, r job.Result) ([]byte, error) { return []byte(r.Output), nil }
	return renderer(c, do), c.Cache
}

// counting is a runner that counts, and says how often it was asked.
func counting(outcome job.Outcome) (*atomic.Int64, func(context.Context, job.Job) (job.Result, error)) {
	var n atomic.Int64
	return &n, func(context.Context, job.Job) (job.Result, error) {
		r := job.Result{Outcome: outcome, Timing: job.Timing{Queue: time.Second, Compile: time.Millisecond}}
		r.Output = fmt.Sprint("compile ", n.Add(1))
		return r, nil
	}
}

func ask(t *testing.T, r *render.Renderer, request render.Request) render.Answer {
	t.Helper()
	request.Language = "haml"
	answer, err := r.Render(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Two outcomes of seven are kept, whatever somebody else might think of.
func TestOnlyCacheableIsKept(t *testing.T) {
	t.Parallel()
	for _, outcome := range job.Outcomes {
		n, do := counting(outcome)
		r, _ := caching(t, false, do)
		first, second := ask(t, r, render.Request{}), ask(t, r, render.Request{})
		want := int64(2)
		if outcome == job.OK || outcome == job.SourceError {
			want = 1
		}
		if n.Load() != want || first.Cached || second.Cached != (want == 1) || (first.Entry != nil) != (want == 1) || second.Result.Outcome != outcome {
			t.Errorf("%s: %d compiles, cached %v, want %d", outcome, n.Load(), second.Cached, want)
		}
	}
}

// What was compiled with less than others have is nobody else's answer, and what
// is kept is none for a caller who allows less.
func TestLimitsAndTheCache(t *testing.T) {
	t.Parallel()
	n, do := counting(job.OK)
	r, _ := caching(t, false, do)
	asks := func(l job.Limits) render.Answer { return ask(t, r, render.Request{Source: "a", Limits: l}) }
	for i, l := range []job.Limits{{Memory: job.MiB}, {CPU: time.Second}, {}, {Output: 3}, {Diagnostics: 3}} {
		if a := asks(l); a.Cached || n.Load() != int64(i+1) {
			t.Errorf("%+v: cached %v, after %d compiles", l, a.Cached, n.Load())
		}
	}
	for _, l := range []job.Limits{{}, {Wall: time.Millisecond}, {Memory: job.MiB}, {Output: 1000}} {
		if a := asks(l); !a.Cached {
			t.Errorf("%+v: not from the cache", l)
		}
	}
}

// A hit is what was compiled, and nobody waited for it.
func TestHit(t *testing.T) {
	t.Parallel()
	_, do := counting(job.OK)
	r, c := caching(t, false, do)
	first, second := ask(t, r, render.Request{Source: "a"}), ask(t, r, render.Request{Source: "a"})
	if second.Key != first.Key || second.Entry == nil || string(second.Entry.Body) != "compile 1" || second.Result.Output != "" {
		t.Errorf("a hit is %+v", second)
	}
	if timing := second.Result.Timing; timing.Queue != 0 || timing.Compile != time.Millisecond {
		t.Errorf("timing of a hit is %+v, want the compile's without a queue", timing)
	}
	if e := r.Stored(t.Context(), "", first.Key); e != second.Entry {
		t.Errorf("Stored = %v", e)
	}
	if s := c.Stats(); s.Hits != 2 || s.Misses != 1 || s.Entries != 1 {
		t.Errorf("stats are %+v", s)
	}
}

func TestBypass(t *testing.T) {
	t.Parallel()
	n, do := counting(job.OK)
	r, c := caching(t, false, do)
	for range 2 {
		if a := ask(t, r, render.Request{Bypass: true}); a.Cached || a.Entry != nil {
			t.Errorf("bypassed: %+v", a)
		}
	}
	ask(t, r, render.Request{})
	ask(t, r, render.Request{Bypass: true})
	if s := c.Stats(); n.Load() != 4 || s.Entries != 1 || s.Hits+s.Misses != 1 {
		t.Errorf("%d compiles, %+v, want 4 and one lookup", n.Load(), s)
	}
}

// A tenant has answers of its own, or all have them together.
func TestPartitions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shared   bool
		compiles int64
	}{{false, 3}, {true, 1}} {
		n, do := counting(job.OK)
		r, _ := caching(t, test.shared, do)
		var keys []job.Key
		for _, tenant := range []string{"", "acme", "zeta"} {
			a := ask(t, r, render.Request{Tenant: tenant})
			keys = append(keys, a.Key)
			if a.Job.Tenant != tenant {
				t.Errorf("the job is %q's, want %q's", a.Job.Tenant, tenant)
			}
		}
		if n.Load() != test.compiles {
			t.Errorf("shared %v: %d compiles, want %d", test.shared, n.Load(), test.compiles)
		}
		if found := r.Stored(t.Context(), "zeta", keys[1]) != nil; found != test.shared {
			t.Errorf("shared %v: another tenant's key is found: %v", test.shared, found)
		}
		if purged, err := r.Purge(t.Context(), "acme"); purged != 1 || err != nil {
			t.Errorf("shared %v: purged %d, %v, want 1", test.shared, purged, err)
		}
		if found := r.Stored(t.Context(), "zeta", keys[2]) != nil; found == test.shared {
			t.Errorf("shared %v: after acme's purge zeta's is there: %v", test.shared, found)
		}
		if purged, err := r.PurgeAll(t.Context()); purged != int(test.compiles)-1 || err != nil {
			t.Errorf("shared %v: purged %d, %v of the rest", test.shared, purged, err)
		}
	}
}

// crowd sends requests at once, in a bubble where nothing else moves, and lets
// the compiles end when all of them wait.
type crowd struct {
	compiles atomic.Int64
	canceled atomic.Int64
	end      chan struct{}
}

func newCrowd() *crowd { return &crowd{end: make(chan struct{})} }

func (c *crowd) do(ctx context.Context, j job.Job) (job.Result, error) {
	n := c.compiles.Add(1)
	select {
	case <-c.end:
		if strings.HasPrefix(j.Source, "panic") {
			panic("broken invariant")
		}
		if strings.HasPrefix(j.Source, "fail") {
			return job.Result{}, errors.New("box down")
		}
		return job.Result{Outcome: job.OK, Output: fmt.Sprint(n)}, nil
	case <-ctx.Done():
		c.canceled.Add(1)
		return job.Result{}, context.Cause(ctx)
	}
}

func TestEqualRequestsShareOneCompile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd()
		r, _ := caching(t, false, c.do)
		var coalesced atomic.Int64
		for range 100 {
			go func() {
				a := ask(t, r, render.Request{Source: "x"})
				if a.Coalesced {
					coalesced.Add(1)
				}
				if a.Cached || a.Result.Output != "1" || a.Entry == nil {
					t.Errorf("an answer is %+v", a)
				}
			}()
		}
		synctest.Wait()
		close(c.end)
		synctest.Wait()
		if c.compiles.Load() != 1 || coalesced.Load() != 99 {
			t.Errorf("%d compiles, %d joined, want 1 and 99", c.compiles.Load(), coalesced.Load())
		}
	})
}

// What differs in what it may take, or whose turn it takes, is not shared.
func TestDifferentRequestsDoNotShare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		shared bool
		second render.Request
	}{
		{"source", false, render.Request{Source: "b"}},
		{"limits", false, render.Request{Source: "a", Limits: job.Limits{Wall: time.Millisecond}}},
		{"tenant", false, render.Request{Source: "a", Tenant: "acme"}},
		{"tenant in a shared partition", true, render.Request{Source: "a", Tenant: "acme"}},
		{"bypass", false, render.Request{Source: "a", Bypass: true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd()
			r, _ := caching(t, test.shared, c.do)
			for _, request := range []render.Request{{Source: "a"}, test.second} {
				go func() {
					if a := ask(t, r, request); a.Coalesced {
						t.Errorf("%s: shared", test.name)
					}
				}()
			}
			synctest.Wait()
			close(c.end)
			synctest.Wait()
			if c.compiles.Load() != 2 {
				t.Errorf("%s: %d compiles, want 2", test.name, c.compiles.Load())
			}
		})
	}
}

// Whoever leaves leaves the others theirs; the last one takes the cell along.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name              string
		leave             []int
		answered          int64
		canceled, compile int64
	}{
		{"the first", []int{0}, 2, 0, 1},
		{"a later one", []int{2}, 2, 0, 1},
		{"all but one", []int{0, 1}, 1, 0, 1},
		{"all", []int{2, 0, 1}, 0, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd()
			r, _ := caching(t, false, c.do)
			var answered atomic.Int64
			var leave []context.CancelFunc
			for i := range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				leave = append(leave, cancel)
				go func() {
					_, err := r.Render(ctx, render.Request{Language: "haml"})
					if err == nil {
						answered.Add(1)
					} else if !errors.Is(err, context.Canceled) {
						t.Errorf("%s: client %d has %v", test.name, i, err)
					}
				}()
				synctest.Wait()
			}
			for _, i := range test.leave {
				leave[i]()
				synctest.Wait()
			}
			if got := c.canceled.Load(); got != test.canceled {
				t.Errorf("%s: %d cells cancelled, want %d", test.name, got, test.canceled)
			}
			close(c.end)
			synctest.Wait()
			if answered.Load() != test.answered || c.compiles.Load() != test.compile {
				t.Errorf("%s: %d answered by %d compiles, want %d by %d", test.name, answered.Load(), c.compiles.Load(), test.answered, test.compile)
			}
			for _, cancel := range leave {
				cancel()
			}
		})
	}
}

// Nobody joins what all have left: who comes then has a compile of their own.
func TestAfterAllHaveLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var compiles atomic.Int64
		die := make(chan struct{})
		r, _ := caching(t, false, func(ctx context.Context, _ job.Job) (job.Result, error) {
			if compiles.Add(1) == 1 {
				<-ctx.Done()
				<-die // its cell takes a while to go
				return job.Result{}, ctx.Err()
			}
			return job.Result{Outcome: job.OK}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			if _, err := r.Render(ctx, render.Request{Language: "haml"}); !errors.Is(err, context.Canceled) {
				t.Errorf("who left has %v", err)
			}
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if a := ask(t, r, render.Request{}); a.Coalesced || a.Result.Outcome != job.OK {
			t.Errorf("who came later has %+v", a)
		}
		close(die)
		synctest.Wait()
		if a := ask(t, r, render.Request{}); !a.Cached || compiles.Load() != 2 {
			t.Errorf("the cancelled compile took the other's place: %+v, %d compiles", a, compiles.Load())
		}
	})
}

// late is a tier that has an entry at the second look only.
type late struct {
	cache.Tier
	looks atomic.Int64
	entry *cache.Entry
}

func (l *late) Load(context.Context, string, job.Key) (*cache.Entry, error) {
	if l.looks.Add(1) < 2 {
		return nil, nil
	}
	return l.entry, nil
}

// There is no room for a compile, but by the time that this is found out
// another's answer is there.
func TestWhatIsKnownIsNotRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		c := render.Config{Admission: admit.Config{Turns: 1, Running: 1, Queue: 0, Timeout: time.Second}}
		c.Encode = func(job.Job, job.Result) ([]byte, error) { return []byte("fresh"), nil }
		tier := &late{entry: cache.NewEntry(job.Key{}, job.OK, job.Timing{}, time.Now(), []byte("known"))}
		c.Cache = cache.New("late", tier, time.Hour)
		r := renderer(c, func(context.Context, job.Job) (job.Result, error) {
			<-leave
			return job.Result{Outcome: job.Timeout}, nil
		})
		go r.Render(t.Context(), render.Request{Language: "haml", Source: "long", Bypass: true})
		synctest.Wait()
		a, err := r.Render(t.Context(), render.Request{Language: "haml"})
		if err != nil || !a.Cached || string(a.Entry.Body) != "known" || tier.looks.Load() != 2 {
			t.Errorf("%+v, %v after %d looks", a, err, tier.looks.Load())
		}
		tier.looks.Store(-10)
		if _, err := r.Render(t.Context(), render.Request{Language: "haml"}); reason(err) != admit.Full {
			t.Errorf("%v, want a refusal", err)
		}
		close(leave)
	})
}

// Errors are for all who wait, and not for those who come later.
func TestErrorsAreShared(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"fail", "panic"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd()
			r, cached := caching(t, false, c.do)
			var mu sync.Mutex
			said := make(map[string]int)
			for range 3 {
				go func() {
					_, err := r.Render(t.Context(), render.Request{Language: "haml", Source: source})
					mu.Lock()
					defer mu.Unlock()
					said[err.Error()]++
				}()
			}
			synctest.Wait()
			close(c.end)
			synctest.Wait()
			if c.compiles.Load() != 1 || len(said) != 1 {
				t.Errorf("%s: %d compiles, errors %v", source, c.compiles.Load(), said)
			}
			if _, err := r.Render(t.Context(), render.Request{Language: "haml", Source: source}); err == nil || c.compiles.Load() != 2 || cached.Stats().Entries != 0 {
				t.Errorf("%s: an error was kept: %v after %d compiles", source, err, c.compiles.Load())
			}
		})
	}
}
