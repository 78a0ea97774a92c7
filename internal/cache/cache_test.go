package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/cache/cachetest"
	"github.com/fumehood/fumehood/internal/job"
)

// broken is a tier that only fails.
type broken struct{ err error }

func (b broken) Load(context.Context, string, job.Key) (*cache.Entry, error) { return nil, b.err }
func (b broken) Store(context.Context, string, job.Key, *cache.Entry) error  { return b.err }
func (b broken) Purge(context.Context, string) (int, error)                  { return 0, b.err }
func (b broken) Clear(context.Context) (int, error)                          { return 0, b.err }
func (broken) Size() cache.Size                                              { return cache.Size{} }

// A tier's trouble is a miss that is counted; only a purge says so.
func TestTroubleIsAMiss(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	c := cache.New("remote", broken{down}, time.Hour)
	if e := c.Load(t.Context(), "a", job.Key{}); e != nil {
		t.Errorf("Load = %v", e)
	}
	c.Store(t.Context(), "a", job.Key{}, cachetest.Entry(job.Key{}, "x"))
	if _, err := c.Purge(t.Context(), "a"); !errors.Is(err, down) {
		t.Errorf("Purge: %v, want the tier's error", err)
	}
	if _, err := c.Clear(t.Context()); !errors.Is(err, down) {
		t.Errorf("Clear: %v, want the tier's error", err)
	}
	if diff := cmp.Diff(cache.Stats{Tier: "remote", Misses: 1, Failed: 2}, c.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	m := memory(t, job.MiB, nil)
	c := cache.New("memory", m, time.Hour)
	c.Load(t.Context(), "a", job.Key{1})
	c.Store(t.Context(), "a", job.Key{1}, cachetest.Entry(job.Key{1}, "x"))
	c.Load(t.Context(), "a", job.Key{1})
	c.Load(t.Context(), "b", job.Key{1})
	c.Again(t.Context(), "a", job.Key{1})
	c.Again(t.Context(), "a", job.Key{2})
	m.Damage(job.Key{1})
	c.Load(t.Context(), "a", job.Key{1})
	if diff := cmp.Diff(cache.Stats{Tier: "memory", Hits: 2, Misses: 3, Corrupt: 1}, c.Stats()); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// A bit anywhere makes an entry another one, and so does another key.
func TestIntact(t *testing.T) {
	t.Parallel()
	key := job.Key{1}
	for name, change := range map[string]func(*cache.Entry){
		"outcome": func(e *cache.Entry) { e.Outcome = job.SourceError },
		"queue":   func(e *cache.Entry) { e.Timing.Queue++ }, "compile": func(e *cache.Entry) { e.Timing.Compile++ },
		"cpu": func(e *cache.Entry) { e.Timing.CPU++ }, "peak": func(e *cache.Entry) { e.Timing.Peak++ },
		"made": func(e *cache.Entry) { e.Made = e.Made.Add(time.Second) }, "tag": func(e *cache.Entry) { e.Tag = "x" + e.Tag[1:] },
		"body": func(e *cache.Entry) { e.Body = []byte("bodz") }, "length": func(e *cache.Entry) { e.Body = []byte("bod") },
		"from tag to body": func(e *cache.Entry) {
			e.Body = append([]byte(e.Tag[len(e.Tag)-1:]), e.Body...)
			e.Tag = e.Tag[:len(e.Tag)-1]
		},
	} {
		e := cachetest.Entry(key, "body")
		if !e.Intact(key) || e.Intact(job.Key{2}) {
			t.Error("an entry is not intact for its own key alone")
		}
		if change(e); e.Intact(key) {
			t.Errorf("%s: a change is not noticed", name)
		}
	}
}
