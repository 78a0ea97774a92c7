package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

const (
	// A box that dies right after its start is not started again at once.
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
	startTimeout = 40 * time.Second
	// retireBurst is how many boxes may be retired at once when none was for
	// long: a crash that nobody meant shall not use up what an attack needs.
	retireBurst = 2
)

// ending says why a tenure ends.
type ending string

const (
	stopped  ending = "stopped"  // with the pool
	lost     ending = "lost"     // its box went down, or was destroyed
	recycled ending = "recycled" // by the count of its cells or its age
	retired  ending = "retired"  // a cell died as if it had looked for a hole
	// dismissed: the boxes beside it are enough.
	dismissed ending = "dismissed"
)

// lineage is a row of boxes, each of which takes over from the one before it.
// It starts no box that is not needed while another still drains: it has two
// at most.
type lineage struct {
	pool *Pool
	// serving is the newest box that has parked a cell, nil when there is
	// none. The pool's mu guards it.
	serving *tenure
}

// keep keeps a box running until ctx ends, and returns the one that is running
// then, if one is.
func (l *lineage) keep(ctx context.Context, current *tenure) *tenure {
	p := l.pool
	var draining *tenure
	for ctx.Err() == nil {
		why := l.await(ctx, current, draining)
		switch why {
		case lost:
			if err := current.barren.Load(); err != nil {
				p.log.Error("box parks no cell, starting another", "box", current.box.ID, "err", *err)
			} else {
				p.log.Warn("box is down, starting another", "box", current.box.ID)
			}
			p.finish(current, lost)
			if current = l.beginAgain(ctx, current); current == nil {
				return nil
			}
		case recycled, retired:
			next := l.beginAgain(ctx, nil)
			if next == nil {
				return current
			}
			p.log.Info("box replaced", "box", current.box.ID, "why", string(why), "forked", current.forked.Load())
			p.finish(current, why)
			draining, current = current, next
		}
	}
	return current
}

// await returns when the current box has to be replaced, or stopped with ctx.
func (l *lineage) await(ctx context.Context, current, draining *tenure) ending {
	if draining != nil {
		select {
		case <-ctx.Done():
			return stopped
		case <-current.box.Down():
			return lost
		case <-draining.ended:
		}
	}
	select {
	case <-ctx.Done():
		return stopped
	case <-current.box.Down():
		return lost
	case <-current.due:
		return recycled
	case <-current.suspected:
	}
	budget := l.pool.retirements.Reserve()
	wait := time.NewTimer(budget.Delay())
	defer wait.Stop()
	select {
	case <-wait.C:
		return retired
	case <-ctx.Done():
	case <-current.box.Down():
		budget.Cancel()
		return lost
	case <-current.due:
		budget.Cancel()
		return recycled
	}
	return stopped
}

// begin starts a box and its parkers, and makes it the serving one once it has
// parked a cell.
func (l *lineage) begin(ctx context.Context) (*tenure, error) {
	p := l.pool
	// One at a time: a start takes the processors from all that serves.
	select {
	case p.starting <- struct{}{}:
		defer func() { <-p.starting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	start := time.Now()
	b, err := p.starter.Start(ctx)
	if err != nil {
		return nil, err
	}
	for name, versions := range p.config.Engines {
		if !slices.Equal(b.Engines[name], versions) {
			return nil, errors.Join(
				fmt.Errorf("box has %s %q, its recipe says %q: build it again", name, b.Engines[name], versions),
				b.Close())
		}
	}
	seen, err := p.config.Inspect(ctx, b)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if len(seen.Missing) > 0 {
		p.log.Warn("box serves without walls, which accept_missing allows", "box", b.ID, "walls", seen.Missing)
	}
	t := newTenure(p, b, seen)
	p.mu.Lock()
	p.tenures[t] = struct{}{}
	p.started++
	p.mu.Unlock()
	t.parkOne()
	if err := t.proveItself(ctx); err != nil {
		p.finish(t, lost)
		return nil, err
	}
	p.log.Info("box ready", "box", b.ID, "dur", time.Since(start), "zygote_kib", b.Ready.RSSKiB, "cell_kib", seen.Cell/job.KiB,
		"landlock_abi", b.Ready.LandlockABI)
	p.appetite.costs(seen.Cell)
	p.mu.Lock()
	l.serving = t
	p.spread()
	p.mu.Unlock()
	// Run may be busy with the next box when this one goes down.
	go func() {
		<-b.Down()
		p.unserve(t)
	}()
	return t, nil
}

// beginAgain tries until a box is up or ctx ends. It returns nil then.
func (l *lineage) beginAgain(ctx context.Context, last *tenure) *tenure {
	backoff := firstBackoff
	for {
		if last != nil && time.Since(last.box.Started) < time.Second {
			sleep(ctx, backoff)
		}
		t, err := l.begin(ctx)
		if err == nil {
			return t
		}
		if ctx.Err() != nil {
			return nil
		}
		l.pool.log.Error("box not started", "err", err)
		sleep(ctx, backoff)
		backoff = min(2*backoff, lastBackoff)
	}
}
