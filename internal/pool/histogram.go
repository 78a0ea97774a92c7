package pool

import (
	"slices"
	"sync/atomic"
	"time"
)

// bounds are the upper ends of a histogram's buckets. They tell a fork of one
// millisecond from one of two, and end with the default wall time.
var bounds = [...]time.Duration{
	100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 5 * time.Millisecond, 7500 * time.Microsecond,
	10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 50 * time.Millisecond, 75 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 3 * time.Second,
}

// histogram counts how long a step took, without a lock: it is on the way of
// every job.
type histogram struct {
	counts [len(bounds) + 1]atomic.Uint64 // the last: longer than all bounds
	sum    atomic.Int64
}

func (h *histogram) observe(d time.Duration) {
	at, _ := slices.BinarySearch(bounds[:], d)
	h.counts[at].Add(1)
	h.sum.Add(int64(d))
}

// Histogram says how often a step took how long.
type Histogram struct {
	Count uint64
	Sum   time.Duration
	// Buckets has, for each upper bound, how many took as long or less.
	Buckets map[time.Duration]uint64
}

// read returns what was observed so far. Beside observations under way the sum
// may be a little ahead of the count, or behind.
func (h *histogram) read() Histogram {
	r := Histogram{Sum: time.Duration(h.sum.Load()), Buckets: make(map[time.Duration]uint64, len(bounds))}
	for at, bound := range bounds {
		r.Count += h.counts[at].Load()
		r.Buckets[bound] = r.Count
	}
	r.Count += h.counts[len(bounds)].Load()
	return r
}
