package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// ErrDown: no box is running, or the one that had the job is gone. Another is
// being started.
var ErrDown = errors.New("box is down")

// Config of a pool. All fields are needed.
type Config struct {
	// Kind names the boxes in logs.
	Kind string
	// Parked is how many cells wait for a job.
	Parked int
	// Slots bounds the cells alive in a box: parked, running and dying.
	Slots int
	// CellsPerBox and BoxLifetime say when a box is replaced by a fresh one,
	// whose memory has another layout.
	CellsPerBox uint64
	BoxLifetime time.Duration
	// Limits are the most that any job may have.
	Limits job.Limits
	// Engines are the versions that a box must report.
	Engines map[string][]string
	// Inspect looks at a box before it serves. An error keeps it from that; the
	// names are of walls that it lacks and may lack.
	Inspect func(context.Context, *box.Box) (missing []string, err error)
}

// Pool hands out parked cells of one box kind. Do, Stats and Ready may be
// called from many goroutines while Run runs.
type Pool struct {
	config  Config
	starter box.Starter
	log     *slog.Logger
	ready   chan *parkedCell

	jobs, started atomic.Uint64

	mu      sync.Mutex
	tenures map[*tenure]struct{}
	serving *tenure // the newest, nil when there is none
}

// Stats describe a pool at one moment.
type Stats struct {
	Kind  string
	Ready bool
	// Jobs is how many jobs were given to a cell.
	Jobs uint64
	// Parked, Running and Dying are cells that are alive.
	Parked, Running, Dying int
	// BoxesStarted is how many boxes have come up so far.
	BoxesStarted uint64
	// Boxes are the pool's boxes, draining ones included.
	Boxes []box.Stats
	// Missing are the walls that the serving box lacks, with the operator's
	// consent.
	Missing []string
}

// New makes a pool. It starts nothing.
func New(config Config, starter box.Starter, log *slog.Logger) *Pool {
	return &Pool{
		config: config, starter: starter, log: log.With("box_kind", config.Kind),
		ready: make(chan *parkedCell), tenures: make(map[*tenure]struct{}),
	}
}

const (
	// A box that dies right after its start is not started again at once.
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
	startTimeout = 40 * time.Second
)

// Run keeps a box running until ctx ends, then ends all boxes, cutting off
// whatever still runs in them. It returns the error of the first start: later
// ones are logged and tried again.
func (p *Pool) Run(ctx context.Context, started chan<- struct{}) error {
	defer p.closeAll()
	current, err := p.begin(ctx)
	if err != nil {
		return err
	}
	close(started)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-current.box.Down():
			p.log.Warn("box is down, starting another", "box", current.box.ID)
			p.retire(current)
			current = p.beginAgain(ctx, current)
		case <-current.due:
			next := p.beginAgain(ctx, nil)
			if next == nil {
				return nil
			}
			p.log.Info("box recycled", "box", current.box.ID, "forked", current.forked.Load())
			p.retire(current)
			current = next
		}
	}
	return nil
}

// begin starts a box and its parkers, and makes it the serving one.
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
	p.log.Info("box ready", "box", b.ID, "dur", time.Since(start), "zygote_kib", b.Ready.RSSKiB, "landlock_abi", b.Ready.LandlockABI)
	p.started.Add(1)
	t := newTenure(p, b, missing)
	p.mu.Lock()
	p.tenures[t] = struct{}{}
	p.serving = t
	p.mu.Unlock()
	t.park()
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

// retire ends a tenure once its running cells are done, in the background.
func (p *Pool) retire(t *tenure) {
	p.mu.Lock()
	if p.serving == t {
		p.serving = nil
	}
	p.mu.Unlock()
	t.stop()
	t.box.Drain()
	go func() {
		t.cells.Wait()
		p.end(t)
	}()
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

// Do gives the job to a parked cell and returns what became of it. It waits
// for a cell until the given moment, and for the result as long as ctx allows.
// Errors: ErrDown, context.DeadlineExceeded without a cell, ctx's own, or ours.
//
// When it returns the cell has been hung up on; its death is awaited behind
// the caller's back, and its slot is taken until then.
func (p *Pool) Do(ctx context.Context, j job.Job, until time.Time) (job.Result, error) {
	start := time.Now()
	waiting, cancel := context.WithDeadline(ctx, until)
	c, err := p.take(waiting)
	cancel()
	if err != nil {
		return job.Result{}, err
	}
	queued := time.Since(start)
	p.jobs.Add(1)
	c.tenure.running.Add(1)
	result, err := c.conn.Run(ctx, j)
	c.tenure.running.Add(-1)
	go c.release()
	result.Timing.Queue = queued
	if errors.Is(err, cell.ErrLost) {
		return result, ErrDown
	}
	return result, err
}

func (p *Pool) take(ctx context.Context) (*parkedCell, error) {
	select {
	case c := <-p.ready:
		return c, nil
	case <-ctx.Done():
		if !p.Ready() {
			return nil, ErrDown
		}
		return nil, ctx.Err()
	}
}

// Ready reports whether a box is up.
func (p *Pool) Ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.serving != nil
}

// Stats returns the pool's counters.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{Kind: p.config.Kind, Ready: p.serving != nil, Jobs: p.jobs.Load(), BoxesStarted: p.started.Load()}
	if p.serving != nil {
		s.Missing = p.serving.missing
	}
	for t := range p.tenures {
		s.Parked += int(t.parked.Load())
		s.Running += int(t.running.Load())
		s.Dying += int(t.dying.Load())
		s.Boxes = append(s.Boxes, t.box.Stats())
	}
	return s
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
