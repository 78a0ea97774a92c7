package pool

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

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
	// RetireInterval is how often a box may be replaced because a cell of it
	// died as if it had looked for a hole.
	RetireInterval time.Duration
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

	jobs atomic.Uint64
	pace pace

	// retirements is touched by Run alone.
	retirements *rate.Limiter

	mu      sync.Mutex
	tenures map[*tenure]struct{}
	serving *tenure // the newest that has parked a cell, nil when there is none
	started uint64  // boxes
	ended   map[ending]uint64
	deaths  map[cell.Death]uint64
}

// New makes a pool. It starts nothing.
func New(config Config, starter box.Starter, log *slog.Logger) *Pool {
	p := &Pool{
		config: config, starter: starter, log: log.With("box_kind", config.Kind),
		ready: make(chan *parkedCell), tenures: make(map[*tenure]struct{}),
		retirements: rate.NewLimiter(rate.Every(config.RetireInterval), retireBurst),
		ended:       make(map[ending]uint64), deaths: make(map[cell.Death]uint64),
	}
	p.pace.weigh = p.weigh
	return p
}

// weigh sets the weight of every box.
func (p *Pool) weigh(w box.Weight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.tenures {
		t.box.Weigh(w)
	}
}

const (
	// slowAfter is how long a job has the processors like any other; most
	// compiles take less than half of it.
	slowAfter = 25 * time.Millisecond
	// slowNice is the priority of one that takes longer, behindNice of one that
	// gives way from its start.
	slowNice, behindNice = 19, 10
)

// Do gives the job to a parked cell and returns what became of it. It waits
// for a cell until the given moment, and for the result as long as ctx allows.
// Errors: ErrDown, context.DeadlineExceeded without a cell, ctx's own, or ours.
//
// When it returns the cell has been hung up on; its death is awaited behind
// the caller's back, and its slot is taken until then. A job that takes long is
// given a lower priority, and so is one that w wants to give way; w is told of
// that, and of what its cell has used.
func (p *Pool) Do(ctx context.Context, j job.Job, until time.Time, w job.Watcher) (job.Result, error) {
	start := time.Now()
	waiting, cancel := context.WithDeadline(ctx, until)
	stride := p.pace.begin()
	defer stride.end()
	late := time.AfterFunc(slowAfter, w.Slow)
	c, err := p.take(waiting)
	late.Stop()
	cancel()
	if err != nil {
		return job.Result{}, err
	}
	queued := time.Since(start)
	p.jobs.Add(1)
	c.worked = true
	c.tenure.running.Add(1)
	if w.Behind() {
		c.conn.Nice(behindNice)
		stride.falter()
	}
	slow := time.AfterFunc(slowAfter, func() {
		c.conn.Nice(slowNice)
		stride.falter()
		w.Slow()
	})
	result, err := c.conn.Run(ctx, j)
	slow.Stop()
	c.tenure.running.Add(-1)
	go func() { w.Spent(c.release()) }()
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

// Ready reports whether a box is up that has parked a cell.
func (p *Pool) Ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.serving != nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
