package pool

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
)

// tenure is one box's time of service: its slots, its parkers, its cells.
type tenure struct {
	pool *Pool
	box  *box.Box
	// missing are the walls that the box lacks.
	missing []string
	// slots holds the numbers of free slots. A slot is free again only when
	// the zygote has reported its cell dead: its uid must have no process.
	slots chan uint16
	// due is closed when the box is to be replaced.
	due     chan struct{}
	dueOnce sync.Once
	// ctx ends when the tenure takes no more jobs.
	ctx  context.Context
	stop context.CancelFunc
	// cells counts parkers and cells: when it is zero nothing is in the box.
	cells sync.WaitGroup

	forked                 atomic.Uint64
	parked, running, dying atomic.Int64
}

// parkedCell is a cell with what has to be given back after it.
type parkedCell struct {
	conn   *cell.Conn
	tenure *tenure
	slot   uint16
	// gone is closed when the cell is dead and its slot free.
	gone chan struct{}
}

func newTenure(p *Pool, b *box.Box, missing []string) *tenure {
	t := &tenure{pool: p, box: b, missing: missing, slots: make(chan uint16, p.config.Slots), due: make(chan struct{})}
	t.ctx, t.stop = context.WithCancel(context.Background())
	for slot := range p.config.Slots {
		t.slots <- uint16(slot)
	}
	return t
}

// park starts the parkers. They end with the tenure's ctx or its box.
func (t *tenure) park() {
	age := time.AfterFunc(t.pool.config.BoxLifetime, t.markDue)
	context.AfterFunc(t.ctx, func() { age.Stop() })
	for range t.pool.config.Parked {
		t.cells.Go(t.parker)
	}
}

func (t *tenure) markDue() {
	t.dueOnce.Do(func() { close(t.due) })
}

// parkRetry is how long a parker rests after a cell could not be parked: the
// box is out of tasks or memory, or the daemon of descriptors, and something
// has to end first. A parker itself ends only with its box or its tenure.
const parkRetry = 50 * time.Millisecond

func (t *tenure) parker() {
	for t.ctx.Err() == nil {
		var slot uint16
		select {
		case slot = <-t.slots:
		case <-t.box.Down():
			return
		case <-t.ctx.Done():
			return
		}
		conn, err := cell.Park(t.ctx, t.box, slot, t.pool.config.Limits)
		if err != nil {
			t.slots <- slot
			if t.ctx.Err() != nil {
				return
			}
			if errors.Is(err, box.ErrDown) {
				// The end of control says so too, or is about to.
				select {
				case <-t.box.Down():
					return
				case <-time.After(parkRetry):
				}
				continue
			}
			t.pool.log.Warn("cell not parked", "box", t.box.ID, "err", err)
			if errors.Is(err, cell.ErrWedged) {
				t.destroy(err)
				return
			}
			sleep(t.ctx, parkRetry)
			continue
		}
		if t.forked.Add(1) >= t.pool.config.CellsPerBox {
			t.markDue()
		}
		t.offer(&parkedCell{conn: conn, tenure: t, slot: slot, gone: make(chan struct{})})
	}
}

// refillDelay is how long a parker leaves the processors to the compile that
// took its cell, and to that cell's end, before it forks the next one.
const refillDelay = 5 * time.Millisecond

// offer holds the cell until somebody takes it, or it is no use any more.
func (t *tenure) offer(c *parkedCell) {
	t.parked.Add(1)
	t.cells.Add(1)
	select {
	case t.pool.ready <- c:
		t.parked.Add(-1)
		t.rest(c)
		return
	case <-c.conn.Dead():
		t.pool.log.Warn("parked cell died", "box", t.box.ID)
	case <-t.ctx.Done():
	case <-t.box.Down():
	}
	t.parked.Add(-1)
	c.release()
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
// once for each cell that offer got.
func (c *parkedCell) release() {
	t := c.tenure
	t.dying.Add(1)
	if err := c.conn.Release(); err != nil {
		t.destroy(err)
	}
	t.dying.Add(-1)
	t.slots <- c.slot
	close(c.gone)
	t.cells.Done()
}
