package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// tenure is one box's time of service: its slots, its parkers, its cells.
type tenure struct {
	pool *Pool
	box  *box.Box
	seen Inspection
	// level is how many of the parkers are to hold a cell.
	level level
	// slots holds the numbers of free slots. A slot is free again only when
	// the zygote has reported its cell dead: its uid must have no process.
	slots chan uint16
	// due is closed when the box is to be replaced.
	due     chan struct{}
	dueOnce sync.Once
	// suspected is closed when a cell has died as if it had looked for a hole.
	suspected   chan struct{}
	suspectOnce sync.Once
	// proven is closed when a cell has been parked; ended when nothing of the
	// box is left.
	proven, ended chan struct{}
	provenOnce    sync.Once
	// ctx ends when the tenure takes no more jobs.
	ctx  context.Context
	stop context.CancelFunc
	// cells counts parkers and cells: when it is zero nothing is in the box.
	cells sync.WaitGroup

	// troubled: the last cell could not be parked, and that was logged.
	troubled atomic.Bool
	// fruitless is how many cells in a row died before they were parked while
	// no other lived; barren is the last one's end, once there were too many.
	fruitless atomic.Int64
	barren    atomic.Pointer[error]

	// forking is the time in which the zygote had a cell to fork.
	forking                busyTime
	forked                 atomic.Uint64
	parked, running, dying atomic.Int64
}

// parkedCell is a cell with what has to be given back after it.
type parkedCell struct {
	conn   *cell.Conn
	tenure *tenure
	slot   uint16
	// worked: it was given a job.
	worked bool
	// gone is closed when the cell is dead and its slot free.
	gone chan struct{}
}

func newTenure(p *Pool, b *box.Box, seen Inspection) *tenure {
	t := &tenure{
		pool: p, box: b, seen: seen, slots: make(chan uint16, p.config.Slots), due: make(chan struct{}),
		suspected: make(chan struct{}), proven: make(chan struct{}), ended: make(chan struct{}),
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	for slot := range p.config.Slots {
		t.slots <- uint16(slot)
	}
	return t
}

// parkOne starts the parkers and has the first one park; the others come once
// the level says so. All at once would make each of them late, and the box
// ready later. Parkers end with the tenure's ctx or its box.
func (t *tenure) parkOne() {
	t.level.set(1)
	age := time.AfterFunc(t.pool.config.BoxLifetime, t.markDue)
	context.AfterFunc(t.ctx, func() { age.Stop() })
	for n := range t.pool.config.Most {
		t.cells.Go(func() { t.parker(n) })
	}
}

func (t *tenure) markDue() {
	t.dueOnce.Do(func() { close(t.due) })
}

// suspect has the box retired: somebody may be learning where things are in the
// memory that all of its cells share.
func (t *tenure) suspect(death cell.Death) {
	t.suspectOnce.Do(func() {
		t.pool.log.Warn("cell crashed, its box will be retired", "box", t.box.ID, "death", string(death))
		close(t.suspected)
	})
}

// parkRetry is how long a parker rests after a cell could not be parked: the
// box is out of tasks or memory, or the daemon of descriptors, and something
// has to end first. A parker itself ends only with its box or its tenure.
const parkRetry = 50 * time.Millisecond

// parker parks a cell and holds it, again and again, while the level is above
// its number.
func (t *tenure) parker(number int) {
	for t.awaitNeed(number) {
		var slot uint16
		select {
		case slot = <-t.slots:
		case <-t.box.Down():
			return
		case <-t.ctx.Done():
			return
		}
		conn, err := t.fork(slot)
		if err != nil {
			t.slots <- slot
			if !t.tryAgain(err) {
				return
			}
			continue
		}
		t.troubled.Store(false)
		t.fruitless.Store(0)
		t.provenOnce.Do(func() { close(t.proven) })
		if t.forked.Add(1) >= t.pool.config.CellsPerBox {
			t.markDue()
		}
		t.offer(&parkedCell{conn: conn, tenure: t, slot: slot, gone: make(chan struct{})}, number)
	}
}

// awaitNeed waits until the level is above a parker's number. It returns false
// when the box parks no more cells.
func (t *tenure) awaitNeed(number int) bool {
	for {
		needed, changed := t.level.above(number)
		if t.ctx.Err() != nil || isClosed(t.box.Down()) {
			return false
		}
		if needed {
			return true
		}
		select {
		case <-changed:
		case <-t.ctx.Done():
		case <-t.box.Down():
		}
	}
}

func (t *tenure) fork(slot uint16) (*cell.Conn, error) {
	defer t.forking.begin()()
	defer t.pool.pace.begin(box.Weight(t.pool.last.Load())).end()
	start := time.Now()
	conn, err := cell.Park(t.ctx, t.box, slot, t.pool.config.Limits)
	if err == nil {
		t.pool.forks.observe(time.Since(start))
	}
	return conn, err
}

// maxFruitless is how many cells in a row may die before they have parked.
const maxFruitless = 20

// tryAgain rests after a cell could not be parked, and reports whether the box
// may park another.
func (t *tenure) tryAgain(err error) bool {
	switch {
	case t.ctx.Err() != nil:
		return false
	case errors.Is(err, box.ErrDown):
		// The end of control says so too, or is about to.
		select {
		case <-t.box.Down():
			return false
		case <-time.After(parkRetry):
			return true
		}
	case errors.Is(err, cell.ErrWedged):
		t.destroy(err)
		return false
	}
	if t.troubled.CompareAndSwap(false, true) {
		t.pool.log.Warn("cell not parked", "box", t.box.ID, "err", err)
	}
	if t.isBarren(err) {
		return false
	}
	sleep(t.ctx, parkRetry)
	return true
}

// isBarren counts a failure against the box if it is the box's: not if the
// daemon could not connect, and not while cells live that may have taken what
// the new one needs. With too many the box is closed; the pool says why.
func (t *tenure) isBarren(err error) bool {
	if !errors.Is(err, cell.ErrNotParked) || t.parked.Load()+t.running.Load()+t.dying.Load() > 0 {
		return false
	}
	n := t.fruitless.Add(1)
	if n == maxFruitless {
		err = fmt.Errorf("%d cells in a row: %w", n, err)
		t.barren.Store(&err)
		if err := t.box.Close(); err != nil {
			t.pool.log.Error("box not closed", "box", t.box.ID, "err", err)
		}
	}
	return n >= maxFruitless
}

// proveItself waits until the box has parked a cell.
func (t *tenure) proveItself(ctx context.Context) error {
	select {
	case <-t.proven:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a cell to park: %w", ctx.Err())
	case <-t.box.Down():
	}
	return fmt.Errorf("wait for a cell to park: %w", t.whyDown())
}

// whyDown is why the box went down, as far as this daemon had a part in it.
func (t *tenure) whyDown() error {
	if barren := t.barren.Load(); barren != nil {
		return *barren
	}
	return box.ErrDown
}

// refillDelay is how long a parker leaves the processors to the compile that
// took its cell, and to that cell's end, before it forks the next one.
const refillDelay = 5 * time.Millisecond

// offer holds the cell until somebody takes it, or it is no use any more.
func (t *tenure) offer(c *parkedCell, number int) {
	t.parked.Add(1)
	t.cells.Add(1)
	if t.hold(c, number) {
		t.parked.Add(-1)
		t.rest(c)
		return
	}
	t.parked.Add(-1)
	c.release()
}

// hold reports whether the cell was taken.
func (t *tenure) hold(c *parkedCell, number int) bool {
	for {
		needed, changed := t.level.above(number)
		if !needed {
			return false
		}
		select {
		case t.pool.ready <- c:
			return true
		case exited, ok := <-c.conn.Dead():
			t.pool.log.Warn("parked cell died", "box", t.box.ID)
			if ok {
				t.pool.countDeath(cell.DeathOf(exited))
			}
			return false
		case <-changed:
		case <-t.ctx.Done():
			return false
		case <-t.box.Down():
			return false
		}
	}
}

// rest waits for the end of the cell that was taken, but not for long: other
// jobs may need one before.
func (t *tenure) rest(c *parkedCell) {
	delay := time.NewTimer(refillDelay)
	defer delay.Stop()
	select {
	case <-c.gone:
	case <-delay.C:
	case <-t.ctx.Done():
	}
}

// destroy brings down a box whose zygote does not answer. All of its cells are
// lost; the pool starts another box.
func (t *tenure) destroy(why error) {
	t.pool.log.Error("destroying a box", "box", t.box.ID, "err", why)
	if err := t.box.Close(); err != nil {
		t.pool.log.Error("box not closed", "box", t.box.ID, "err", err)
	}
}

// release waits for the cell's death and frees its slot. It must be called
// once for each cell that offer got. It returns the cell's processor time, if
// somebody knows it.
func (c *parkedCell) release() (cpu time.Duration, known bool) {
	t := c.tenure
	defer t.pool.pace.begin(box.Usual).end()
	t.dying.Add(1)
	hungUp := time.Now()
	end, err := c.conn.Release()
	if err != nil {
		t.pool.leaked.Add(1)
		t.destroy(err)
	}
	if end.Death != cell.DeathUnknown {
		t.pool.teardowns.observe(time.Since(hungUp))
	}
	t.pool.countDeath(end.Death)
	if c.worked && end.Death.Suspect() {
		t.suspect(end.Death)
	}
	t.dying.Add(-1)
	t.slots <- c.slot
	close(c.gone)
	t.cells.Done()
	return end.CPU, end.Death != cell.DeathUnknown
}

// bury is release for a cell that had a job.
func (c *parkedCell) bury(w job.Watcher) {
	if cpu, known := c.release(); known {
		w.Spent(cpu)
	}
}
