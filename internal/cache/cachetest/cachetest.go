// Package cachetest holds what every cache.Tier promises, as tests: whoever
// writes a tier runs them over it. It is called by tests alone.
package cachetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
)

// Harness is a tier on a bench.
type Harness struct {
	Tier cache.Tier
	// TTL is what the tier was made with, Advance lets time pass for it.
	TTL     time.Duration
	Advance func(time.Duration)
	// Damage flips a bit of what is stored under a key.
	Damage func(partition string, key job.Key)
}

// Run runs every test over tiers that open makes. They have room for 100
// entries of 1 KiB at least, and are used by nobody else.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"keeps", keeps}, {"replaces", replaces}, {"partitions", partitions}, {"purges", purges}, {"clears", clears},
		{"expires", expires}, {"notices damage", noticesDamage}, {"bodies", bodies}, {"at once", atOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}

// Entry makes an entry for tests.
func Entry(key job.Key, body string) *cache.Entry {
	timing := job.Timing{Compile: 5 * time.Millisecond, CPU: 4 * time.Millisecond, Peak: 3 * job.MiB}
	return cache.NewEntry(key, job.OK, timing, time.Unix(1_700_000_000, 0), []byte(body))
}

func (h Harness) store(t *testing.T, partition string, key job.Key, body string) {
	t.Helper()
	if err := h.Tier.Store(t.Context(), partition, key, Entry(key, body)); err != nil {
		t.Fatal(err)
	}
}

// want looks for a body; "" is a miss.
func (h Harness) want(t *testing.T, partition string, key job.Key, body string) {
	t.Helper()
	e, err := h.Tier.Load(t.Context(), partition, key)
	switch {
	case err != nil:
		t.Errorf("%.4s of %q: %v", key, partition, err)
	case e == nil && body != "":
		t.Errorf("%.4s of %q is not there, want %q", key, partition, body)
	case e != nil && string(e.Body) != body:
		t.Errorf("%.4s of %q is %.40q, want %.40q", key, partition, e.Body, body)
	}
}

func keeps(t *testing.T, h Harness) {
	key := job.Key{1}
	h.want(t, "a", key, "")
	h.store(t, "a", key, "body")
	e, err := h.Tier.Load(t.Context(), "a", key)
	if err != nil || e == nil {
		t.Fatalf("Load = %v, %v", e, err)
	}
	w := Entry(key, "body")
	if e.Outcome != w.Outcome || e.Timing != w.Timing || !e.Made.Equal(w.Made) || !bytes.Equal(e.Body, w.Body) || e.Tag != w.Tag || !e.Intact(key) {
		t.Errorf("loaded %+v, stored %+v", e, w)
	}
	h.want(t, "a", job.Key{2}, "")
}

func replaces(t *testing.T, h Harness) {
	h.store(t, "a", job.Key{1}, "old")
	h.store(t, "a", job.Key{1}, "new")
	h.want(t, "a", job.Key{1}, "new")
	if n, err := h.Tier.Purge(t.Context(), "a"); n != 1 || err != nil {
		t.Errorf("Purge = %d, %v, want 1", n, err)
	}
	h.want(t, "a", job.Key{1}, "")
}

func partitions(t *testing.T, h Harness) {
	h.store(t, "a", job.Key{1}, "a's")
	for _, other := range []string{"", "b", "aa", "a:", job.SharedPartition} {
		h.want(t, other, job.Key{1}, "")
	}
	h.want(t, "a", job.Key{1}, "a's")
}

func purges(t *testing.T, h Harness) {
	all := []string{"", "a", "ab", "a:b", job.SharedPartition}
	for i, p := range all {
		for n := range 3 {
			h.store(t, p, job.Key{byte(i), byte(n)}, p+" body")
		}
	}
	if n, err := h.Tier.Purge(t.Context(), "a"); n != 3 || err != nil {
		t.Errorf("Purge = %d, %v, want 3", n, err)
	}
	for i, p := range all {
		for n := range 3 {
			body := p + " body"
			if p == "a" {
				body = ""
			}
			h.want(t, p, job.Key{byte(i), byte(n)}, body)
		}
	}
	h.store(t, "a", job.Key{1, 0}, "again")
	h.want(t, "a", job.Key{1, 0}, "again")
	if n, err := h.Tier.Purge(t.Context(), "nobody"); n != 0 || err != nil {
		t.Errorf("Purge of nothing = %d, %v", n, err)
	}
}

func clears(t *testing.T, h Harness) {
	h.store(t, "", job.Key{1}, "1")
	h.store(t, "a", job.Key{2}, "2")
	if n, err := h.Tier.Clear(t.Context()); n != 2 || err != nil {
		t.Errorf("Clear = %d, %v, want 2", n, err)
	}
	h.want(t, "", job.Key{1}, "")
	h.want(t, "a", job.Key{2}, "")
}

func expires(t *testing.T, h Harness) {
	h.store(t, "a", job.Key{1}, "body")
	h.Advance(h.TTL - time.Second)
	h.want(t, "a", job.Key{1}, "body")
	h.store(t, "a", job.Key{2}, "later")
	h.Advance(2 * time.Second)
	h.want(t, "a", job.Key{1}, "")
	h.want(t, "a", job.Key{2}, "later")
}

func noticesDamage(t *testing.T, h Harness) {
	h.store(t, "a", job.Key{1}, "body")
	h.store(t, "a", job.Key{2}, "other")
	h.Damage("a", job.Key{1})
	if e, err := h.Tier.Load(t.Context(), "a", job.Key{1}); e != nil || !errors.Is(err, cache.ErrCorrupt) {
		t.Errorf("a damaged entry: %v, %v, want ErrCorrupt", e, err)
	}
	h.want(t, "a", job.Key{1}, "")
	h.want(t, "a", job.Key{2}, "other")
	h.store(t, "a", job.Key{1}, "fresh")
	h.want(t, "a", job.Key{1}, "fresh")
}

func bodies(t *testing.T, h Harness) {
	for i, body := range []string{"\x00\xff\n\r\n", string(bytes.Repeat([]byte("é"), 5000))} {
		key := job.Key{byte(i)}
		h.store(t, "a", key, body)
		h.want(t, "a", key, body)
	}
	empty := job.Key{100}
	h.store(t, "a", empty, "")
	if e, err := h.Tier.Load(t.Context(), "a", empty); err != nil || e == nil || len(e.Body) != 0 {
		t.Errorf("an empty body: %v, %v", e, err)
	}
}

// Whatever happens at once, what is found is what was stored under that key for
// that partition, and after a purge it is what was stored after it.
func atOnce(t *testing.T, h Harness) {
	ctx := context.Background()
	var working sync.WaitGroup
	names := []string{"a", "b", "c"}
	for w := range 6 {
		working.Go(func() {
			p := names[w%len(names)]
			for n := range 300 {
				// A key is of one partition, as its hash has it.
				key := job.Key{p[0], byte(n % 7)}
				body := fmt.Sprintf("%s %d", p, n%7)
				if err := h.Tier.Store(ctx, p, key, Entry(key, body)); err != nil {
					t.Error(err)
				}
				e, err := h.Tier.Load(ctx, p, key)
				if err != nil || e != nil && string(e.Body) != body {
					t.Errorf("found %v, %v, want %q or nothing", e, err, body)
				}
				if n%50 == 49 {
					if _, err := h.Tier.Purge(ctx, p); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	working.Wait()
	for _, p := range names {
		if _, err := h.Tier.Purge(ctx, p); err != nil {
			t.Error(err)
		}
	}
	for n := range 7 {
		for p := range slices.Values(names) {
			h.want(t, p, job.Key{p[0], byte(n)}, "")
		}
	}
}
