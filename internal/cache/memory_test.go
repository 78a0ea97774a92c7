package cache_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/cache/cachetest"
	"github.com/fumehood/fumehood/internal/job"
)

// hand is a clock that stands until it is moved.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) read() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func memory(t *testing.T, bytes job.Bytes, now func() time.Time) *cache.Memory {
	t.Helper()
	m, err := cache.NewMemory(cache.MemoryConfig{Bytes: bytes, TTL: time.Hour, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestMemory(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, func(t *testing.T) cachetest.Harness {
		h := &hand{now: time.Unix(1_700_000_000, 0)}
		m := memory(t, job.MiB, h.read)
		return cachetest.Harness{Tier: m, TTL: time.Hour, Advance: h.advance, Damage: func(_ string, key job.Key) { m.Damage(key) }}
	})
}

func numbered(n uint64) (key job.Key) {
	binary.BigEndian.PutUint64(key[:], n)
	return key
}

// Whatever is stored, by however many at once, the bound is kept after each
// Store, and the index has what there is and no more.
func TestMemoryKeepsItsBound(t *testing.T) {
	t.Parallel()
	const bound, workers = 256 * job.KiB, 4
	m := memory(t, bound, nil)
	// The most that may be there while a worker stores and has made no room.
	const largest = bound / 8
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for range 2000 {
				key := numbered(random.Uint64N(5000))
				body := strings.Repeat("x", int(random.Int64N(40_000)))
				if err := m.Store(t.Context(), fmt.Sprint(random.IntN(5)), key, cachetest.Entry(key, body)); err != nil {
					t.Error(err)
				}
				if size := m.Size().Bytes; size > bound+largest {
					t.Errorf("%v are kept, the bound is %v", size, bound)
				}
			}
		})
	}
	working.Wait()
	size := m.Size()
	if size.Bytes > bound || size.Bytes < bound/2 || size.Evicted == 0 {
		t.Errorf("%+v after the load, want no more than %v and evictions", size, bound)
	}
	if n := m.Indexed(); n != size.Entries {
		t.Errorf("the index has %d keys, the cache %d entries", n, size.Entries)
	}
}

// One entry gets no more than its share.
func TestMemoryLeavesLargeOut(t *testing.T) {
	t.Parallel()
	m := memory(t, 256*job.KiB, nil)
	for _, test := range []struct {
		bytes int
		kept  bool
	}{{27 << 10, true}, {32 << 10, false}, {300 << 10, false}} {
		key := numbered(uint64(test.bytes))
		if err := m.Store(t.Context(), "a", key, cachetest.Entry(key, strings.Repeat("x", test.bytes))); err != nil {
			t.Fatal(err)
		}
		if e, err := m.Load(t.Context(), "a", key); err != nil || (e != nil) != test.kept {
			t.Errorf("%d bytes: %v, %v, want kept %v", test.bytes, e != nil, err, test.kept)
		}
	}
}

// What is out of date is not only not found: it goes from the index as well.
func TestMemoryForgetsWhatIsOutOfDate(t *testing.T) {
	t.Parallel()
	h := &hand{now: time.Unix(1_700_000_000, 0)}
	m := memory(t, job.MiB, h.read)
	for n := range uint64(100) {
		if err := m.Store(t.Context(), "a", numbered(n), cachetest.Entry(numbered(n), "x")); err != nil {
			t.Fatal(err)
		}
	}
	// The wheel of timers turns by more than a step.
	h.advance(3 * time.Hour)
	if err := m.Store(t.Context(), "b", numbered(1000), cachetest.Entry(numbered(1000), "x")); err != nil {
		t.Fatal(err)
	}
	if size, n := m.Size(), m.Indexed(); size.Entries != 1 || n != 1 || size.Evicted != 0 {
		t.Errorf("%+v and %d in the index, want the one that is not out of date", size, n)
	}
}

// The weight is what the entries take of this process's memory: a bound in
// bytes that forgot half of them would be none. It runs alone, as it looks at
// the whole heap.
func TestMemoryWeighsWhatItTakes(t *testing.T) {
	for _, length := range []int{0, 200, 2000} {
		m := memory(t, 256*job.MiB, nil)
		before := heap()
		const entries = 20_000
		for n := range uint64(entries) {
			key := numbered(n)
			if err := m.Store(t.Context(), "tenant", key, cachetest.Entry(key, strings.Repeat("x", length))); err != nil {
				t.Fatal(err)
			}
		}
		took := float64(heap()-before) / entries
		said := float64(m.Size().Bytes) / entries
		if m.Size().Entries != entries || took > 1.1*said || took < 0.4*said {
			t.Errorf("bodies of %d bytes: an entry takes %.0f bytes, its weight is %.0f", length, took, said)
		}
		runtime.KeepAlive(m)
	}
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
