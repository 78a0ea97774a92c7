package bench

import (
	"sync"
	"time"
)

// Progress is where a load has come to.
type Progress struct {
	WarmingUp bool
	// Elapsed of Whole, warm-up included.
	Elapsed, Whole time.Duration
	// Answered and Failed are counts since the warm-up.
	Answered, Shed, Wrong, Unsent int64
	// PerSecond is the rate since the last report.
	PerSecond float64
}

// interval between two reports.
const interval = time.Second

// progress tells watch every second, until stop.
func (r *running) progress(watch func(Progress)) (stop func()) {
	if watch == nil {
		return func() {}
	}
	ended := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		var before int64
		for {
			select {
			case <-ended:
				return
			case now := <-tick.C:
				p := r.tally.progress()
				p.WarmingUp = now.Before(r.tally.from)
				p.Elapsed, p.Whole = now.Sub(r.start).Round(time.Second), r.end.Sub(r.start)
				p.PerSecond = float64(p.Answered-before) / interval.Seconds()
				before = p.Answered
				watch(p)
			}
		}
	})
	return func() {
		close(ended)
		telling.Wait()
	}
}

func (t *tally) progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Progress{Answered: t.answered, Shed: t.sheds.TotalCount(), Wrong: t.wrong, Unsent: t.unsent}
}
