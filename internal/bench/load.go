package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Load is a mix, and how it is sent.
type Load struct {
	Mix
	// Rate is how many requests are due each second (an open loop). With 0
	// there are Clients that each send the next request when the last one was
	// answered (a closed loop).
	Rate    float64
	Clients int
	// InFlight bounds an open loop: who is due beyond it waits, and is late.
	InFlight int
	// WarmUp comes before Duration and is not counted.
	WarmUp, Duration time.Duration
	// Requests ends the load earlier, after so many; 0 for none.
	Requests int64
	// Timeout is how long one answer may take.
	Timeout time.Duration
	// Same sends one source that is new to all, and only that.
	Same bool
}

func (l Load) check() error {
	switch {
	case l.Rate <= 0 && l.Clients < 1:
		return errors.New("a load needs clients or a rate")
	case l.Rate > 0 && l.InFlight < 1:
		return errors.New("an open loop needs a bound on what is in flight")
	case len(l.Sources) == 0:
		return errors.New("a load needs sources")
	case l.Duration <= 0 || l.Timeout <= 0:
		return errors.New("a load needs a duration and a timeout")
	}
	return nil
}

// Dense reports whether nobody is to notice a millisecond by which a timer is late:
// what is sent waits for no timer, or for one that is no more exact.
func (l Load) Dense() bool { return l.Rate == 0 || l.gap() < frequent }

// gap is the time between two requests of an open loop.
func (l Load) gap() time.Duration { return time.Duration(float64(time.Second) / l.Rate) }

// running is a load under way.
type running struct {
	load   Load
	target Target
	deck   *deck
	tally  *tally
	// end is when nothing more is due.
	start, end time.Time
}

// Run puts load on a target and returns what became of it. It ends by itself:
// after warm-up, duration and the timeout of the last answers. When ctx ends it
// returns early, with a report on what there is. watch is called every second;
// nil for nobody. An error means that there is nothing to report.
func Run(ctx context.Context, t Target, l Load, watch func(Progress)) (*Report, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	d, err := newDeck(l.Mix)
	if err != nil {
		return nil, err
	}
	priming, cancel := context.WithTimeout(ctx, l.Timeout*time.Duration(len(l.Sources)*d.tenants()))
	err = d.prime(priming, t)
	cancel()
	if err != nil {
		return nil, err
	}
	if l.Same {
		d.repeat()
	}
	start := time.Now()
	from := start.Add(l.WarmUp)
	r := &running{load: l, target: t, deck: d, start: start, end: from.Add(l.Duration)}
	r.tally = newTally(d, from, r.end)
	used := processorTime()
	stop := r.progress(watch)
	if l.Rate > 0 {
		r.open(ctx)
	} else {
		r.closed(ctx)
	}
	stop()
	if ctx.Err() != nil || l.Requests > 0 {
		r.tally.cutShort(time.Now())
	}
	return r.report(processorTime() - used), nil
}

// closed has each client ask again as soon as it was answered. A request is due
// when it is sent.
func (r *running) closed(ctx context.Context) {
	var clients sync.WaitGroup
	left := newCountdown(r.load.Requests)
	for range r.load.Clients {
		clients.Go(func() {
			for ctx.Err() == nil && left.take() {
				due := time.Now()
				if !due.Before(r.end) {
					return
				}
				r.shoot(ctx, r.deck.deal(), due)
			}
		})
	}
	clients.Wait()
}

// An open loop of which more than one request is due in a millisecond sleeps three at
// least. To be woken for each costs more than to send it, on processors that the
// daemon needs. What is sent late for it counts as latency.
const (
	frequent = time.Millisecond
	nap      = 3 * time.Millisecond
)

// open sends each request when it is due, whatever became of those before. One
// that finds too many in flight waits for them, and its latency goes on.
func (r *running) open(ctx context.Context) {
	var shots sync.WaitGroup
	defer shots.Wait()
	room := semaphore.NewWeighted(int64(r.load.InFlight))
	left := newCountdown(r.load.Requests)
	gap := r.load.gap()
	var rest time.Duration
	if gap < frequent {
		rest = nap
	}
	// The last one that is due gets as long as its answer might have taken.
	waiting, cancel := context.WithDeadline(ctx, r.end.Add(r.load.Timeout))
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := int64(0); left.take(); n++ {
		due := r.start.Add(time.Duration(n) * gap)
		if !due.Before(r.end) {
			return
		}
		if wait := time.Until(due); wait > 0 {
			timer.Reset(max(wait, rest))
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
		}
		if room.Acquire(waiting, 1) != nil {
			if ctx.Err() != nil {
				return
			}
			r.tally.givenUp(due, time.Now())
			continue
		}
		shot := r.deck.deal()
		shots.Go(func() {
			defer room.Release(1)
			r.shoot(ctx, shot, due)
		})
	}
}

func (r *running) shoot(ctx context.Context, s Shot, due time.Time) {
	sent := time.Now()
	bounded, cancel := context.WithTimeout(ctx, r.load.Timeout)
	defer cancel()
	a, err := r.target.Do(bounded, s)
	if ctx.Err() != nil {
		return // given up by us
	}
	if bounded.Err() != nil && err != nil {
		err = bounded.Err()
	}
	r.tally.done(s, due, sent, time.Now(), a, err)
}
