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
	// Least and Most bound how many cells wait for a job; between them the
	// number follows the demand, as far as Budget allows.
	Least, Most int
	// Budget is shared by all pools of a daemon.
	Budget *Budget
	// Window is how long demand is remembered.
	Window time.Duration
	// Boxes says when boxes run side by side.
	Boxes Boxes
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
	// Inspect looks at a box before it serves. An error keeps it from that.
	Inspect func(context.Context, *box.Box) (Inspection, error)
}

// Inspection is what was seen of a box before it serves.
type Inspection struct {
	// Missing are walls that it lacks and may lack.
	Missing []string
	// Cell is the memory that one parked cell has of its own.
	Cell job.Bytes
}

// Pool hands out parked cells of one box kind. Do, Stats and Ready may be
// called from many goroutines while Run runs.
type Pool struct {
	config  Config
	starter box.Starter
	log     *slog.Logger
	ready   chan *parkedCell

	jobs        atomic.Uint64
	pace        pace
	last        atomic.Int32  // the level of the job that came last, and of the forks that follow it
	missed      atomic.Uint64 // jobs that found no parked cell
	leaked      atomic.Uint64 // cells whose death nobody reported
	waits       histogram
	forks       histogram
	teardowns   histogram
	appetite    appetite
	retirements *rate.Limiter
	starting    chan struct{} // holds an item while a box starts

	mu       sync.Mutex
	tenures  map[*tenure]struct{}
	lineages []*lineage
	target   int           // parked cells, of all boxes together
	forking  time.Duration // of boxes that are gone
	started  uint64        // boxes
	ended    map[ending]uint64
	deaths   map[cell.Death]uint64
}

// New makes a pool. It starts nothing.
func New(config Config, starter box.Starter, log *slog.Logger) *Pool {
	p := &Pool{
		config: config, starter: starter, log: log.With("box_kind", config.Kind),
		ready: make(chan *parkedCell), tenures: make(map[*tenure]struct{}),
		retirements: rate.NewLimiter(rate.Every(config.RetireInterval), retireBurst),
		starting:    make(chan struct{}, 1),
		ended:       make(map[ending]uint64), deaths: make(map[cell.Death]uint64),
	}
	p.pace.weigh = p.weigh
	p.appetite.open(config, p.aim)
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
	defer p.appetite.want()()
	waiting, cancel := context.WithDeadline(ctx, until)
	level := box.Usual
	if w.Behind() {
		level = box.Low
	}
	p.last.Store(int32(level))
	stride := p.pace.begin(level)
	defer stride.end()
	long := time.AfterFunc(longAfter, w.Slow)
	defer long.Stop()
	c, err := p.take(waiting)
	cancel()
	if err != nil {
		return job.Result{}, err
	}
	queued := time.Since(start)
	p.jobs.Add(1)
	p.waits.observe(queued)
	c.worked = true
	c.tenure.running.Add(1)
	defer func() {
		c.tenure.running.Add(-1)
		go c.bury(w)
	}()
	c.giveWay(w, stride)
	result, err := c.conn.Run(ctx, j)
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
	default:
	}
	p.missed.Add(1)
	p.appetite.miss()
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
	return len(p.serving()) > 0
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
