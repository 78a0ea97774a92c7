package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
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
)

// Run keeps a box running until ctx ends, then ends all boxes, cutting off
// whatever still runs in them. It returns the error of the first start: later
// ones are logged and tried again.
//
// It starts one box at a time, and none that is not needed while another still
// drains: a pool has two boxes at most.
func (p *Pool) Run(ctx context.Context, started chan<- struct{}) error {
	defer p.closeAll()
	current, err := p.begin(ctx)
	if err != nil {
		return err
	}
	close(started)
	var draining *tenure
	for ctx.Err() == nil {
		why := p.await(ctx, current, draining)
		switch why {
		case lost:
			if err := current.barren.Load(); err != nil {
				p.log.Error("box parks no cell, starting another", "box", current.box.ID, "err", *err)
			} else {
				p.log.Warn("box is down, starting another", "box", current.box.ID)
			}
			p.finish(current, lost)
			current = p.beginAgain(ctx, current)
		case recycled, retired:
			next := p.beginAgain(ctx, nil)
			if next == nil {
				return nil
			}
			p.log.Info("box replaced", "box", current.box.ID, "why", string(why), "forked", current.forked.Load())
			p.finish(current, why)
			draining, current = current, next
		}
	}
	return nil
}

// await returns when the current box has to be replaced, or stopped with ctx.
func (p *Pool) await(ctx context.Context, current, draining *tenure) ending {
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
	budget := p.retirements.Reserve()
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
func (p *Pool) begin(ctx context.Context) (*tenure, error) {
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
	missing, err := p.config.Inspect(ctx, b)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if len(missing) > 0 {
		p.log.Warn("box serves without walls, which accept_missing allows", "box", b.ID, "walls", missing)
	}
	t := newTenure(p, b, missing)
	p.mu.Lock()
	p.tenures[t] = struct{}{}
	p.started++
	p.mu.Unlock()
	t.parkOne()
	if err := t.proveItself(ctx); err != nil {
		p.finish(t, lost)
		return nil, err
	}
	t.parkMore()
	p.log.Info("box ready", "box", b.ID, "dur", time.Since(start), "zygote_kib", b.Ready.RSSKiB, "landlock_abi", b.Ready.LandlockABI)
	p.mu.Lock()
	p.serving = t
	p.mu.Unlock()
	// Run may be busy with the next box when this one goes down.
	go func() {
		<-b.Down()
		p.unserve(t)
	}()
	return t, nil
}

// beginAgain tries until a box is up or ctx ends. It returns last then.
func (p *Pool) beginAgain(ctx context.Context, last *tenure) *tenure {
	backoff := firstBackoff
	for {
		if last != nil && time.Since(last.box.Started) < time.Second {
			sleep(ctx, backoff)
		}
		t, err := p.begin(ctx)
		if err == nil {
			return t
		}
		if ctx.Err() != nil {
			return last
		}
		p.log.Error("box not started", "err", err)
		sleep(ctx, backoff)
		backoff = min(2*backoff, lastBackoff)
	}
}

// finish ends a tenure once its running cells are done, in the background.
func (p *Pool) finish(t *tenure, why ending) {
	if isClosed(t.box.Down()) {
		why = lost
	}
	p.unserve(t)
	p.mu.Lock()
	p.ended[why]++
	p.mu.Unlock()
	t.stop()
	t.box.Drain()
	go func() {
		t.cells.Wait()
		p.end(t)
		close(t.ended)
	}()
}

// unserve has a tenure count as the serving one no longer.
func (p *Pool) unserve(t *tenure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.serving == t {
		p.serving = nil
	}
}

func (p *Pool) end(t *tenure) {
	if err := t.box.Close(); err != nil {
		p.log.Error("box not closed", "box", t.box.ID, "err", err)
	}
	p.mu.Lock()
	delete(p.tenures, t)
	p.mu.Unlock()
}

// closeAll ends every box at once and waits for the cells' goroutines.
func (p *Pool) closeAll() {
	p.mu.Lock()
	p.serving = nil
	var all []*tenure
	for t := range p.tenures {
		all = append(all, t)
	}
	p.mu.Unlock()
	var done sync.WaitGroup
	for _, t := range all {
		done.Go(func() {
			t.stop()
			p.end(t)
			t.cells.Wait()
		})
	}
	done.Wait()
}
