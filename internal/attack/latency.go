package attack

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Latency is what canaries took from end to end: compiles of the examples of
// Haml and Less in turn, one at a time, at a steady slow pace, of a tenant of
// their own where there are tenants.
type Latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
}

// canaryEvery is the pace: slow enough to be no load of its own.
const canaryEvery = 50 * time.Millisecond

// canaryLanguages are from two images.
var canaryLanguages = []string{"haml", "less"}

// canaries is a stream of them.
type canaries struct {
	r     *Runner
	times []float64
	wrong []string
}

// send sends n of them, or until done is closed for n = 0.
func (c *canaries) send(ctx context.Context, n int, done <-chan struct{}) {
	tick := time.NewTicker(canaryEvery)
	defer tick.Stop()
	for sent := 0; n == 0 || sent < n; sent++ {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.one(ctx, canaryLanguages[sent%len(canaryLanguages)])
	}
}

func (c *canaries) one(ctx context.Context, language string) {
	example, ok := c.r.golden[language]
	if !ok {
		return
	}
	began := time.Now()
	got, err := c.r.neighbour.compile(ctx, request{Language: language, Source: example.source})
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		c.wrong = append(c.wrong, fmt.Sprintf("canary of %s: %v", language, err))
	case got.output() != example.output:
		c.wrong = append(c.wrong, fmt.Sprintf("canary of %s: another answer: %.300s", language, got.raw))
	}
	c.times = append(c.times, float64(time.Since(began).Microseconds())/1000)
}

// latency is of all that were sent.
func (c *canaries) latency() Latency {
	slices.Sort(c.times)
	l := Latency{Count: len(c.times)}
	if l.Count > 0 {
		l.P50, l.P99 = c.times[l.Count/2], c.times[l.Count*99/100]
	}
	return l
}

// beside sends canaries for as long as work takes.
func (c *canaries) beside(ctx context.Context, work func()) {
	done := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() { c.send(ctx, 0, done) })
	work()
	close(done)
	sending.Wait()
}
