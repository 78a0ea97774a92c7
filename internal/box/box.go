package box

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/wire"
)

// Starter starts boxes of one kind. Start blocks until the box is ready or
// ctx ends; several may run at once.
type Starter interface {
	Start(ctx context.Context) (*Box, error)
}

// process is what a driver lends to a Box: the thing that runs the zygote.
type process interface {
	// dial connects to the zygote.
	dial(ctx context.Context) (net.Conn, error)
	// ended is closed once the zygote and all its cells are gone and nothing
	// of the box is left on this machine.
	ended() <-chan struct{}
	// weigh sets the box's share of the processors, where that can be done.
	weigh(w Weight)
	// destroy ends the zygote by force. What ended means may come later.
	destroy()
}

// Box is a running box. Its methods may be called from many goroutines.
type Box struct {
	ID      string
	Ready   wire.Ready
	Engines map[string][]string // versions by name
	Started time.Time

	process process
	control net.Conn
	down    chan struct{} // closed when control ends: every cell is dying
	nextID  atomic.Uint64

	forked, reaped atomic.Uint64

	mu      sync.Mutex
	waiting map[uint64]chan wire.Exited         // a cell that is not reported dead yet
	slowed  map[uint64]func(used time.Duration) // by Nice, of those cells
}

// Stats are the box's own counters, as its zygote last reported them.
type Stats struct {
	ID      string
	Started time.Time
	// Forked and Reaped count cells. They are as of the last death.
	Forked, Reaped uint64
	ZygoteKiB      uint32
}

const (
	helloTimeout = 30 * time.Second
	// endTimeout is how long a box that was told to end may take.
	endTimeout = 2 * time.Second
)

// open says hello to a fresh zygote: header and policy go out, the engines
// come back. On an error the process is destroyed.
func open(ctx context.Context, id string, p process, policy Policy) (*Box, error) {
	b := &Box{
		ID: id, Engines: make(map[string][]string), Started: time.Now(), process: p,
		down: make(chan struct{}), waiting: make(map[uint64]chan wire.Exited), slowed: make(map[uint64]func(time.Duration)),
	}
	if err := b.hello(ctx, policy); err != nil {
		p.destroy()
		return nil, err
	}
	go b.listen()
	return b, nil
}

func (b *Box) hello(ctx context.Context, policy Policy) error {
	encoded, err := policy.encode()
	if err != nil {
		return err
	}
	conn, err := b.process.dial(ctx)
	if err != nil {
		return fmt.Errorf("connect to the zygote: %w", err)
	}
	// A zygote that dies while it loads leaves the connection in the backlog
	// of a socket that the daemon holds no more: the read ends either way.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	conn.SetDeadline(time.Now().Add(helloTimeout))
	header := wire.Header{Connection: wire.Control, PolicyBytes: uint32(len(encoded))}
	if _, err := conn.Write(append(header.Append(nil), encoded...)); err != nil {
		conn.Close()
		return fmt.Errorf("send the policy: %w", err)
	}
	for {
		record, err := wire.ReadRecord(conn)
		if err != nil {
			conn.Close()
			return fmt.Errorf("wait for the zygote to be ready: %w", err)
		}
		switch r := record.(type) {
		case wire.Engine:
			b.Engines[r.Name] = append(b.Engines[r.Name], r.Version)
			continue
		case wire.Ready:
			b.Ready = r
		default:
			conn.Close()
			return fmt.Errorf("wait for the zygote to be ready: %T: %w", record, wire.ErrMalformed)
		}
		break
	}
	if b.Ready.Without != uint32(policy.Without) {
		conn.Close()
		return fmt.Errorf("zygote leaves out walls %#x, policy says %#x", b.Ready.Without, policy.Without)
	}
	conn.SetDeadline(time.Time{})
	b.control = conn
	return nil
}

// listen turns control records into answers to whoever waits for a cell. It
// ends with the control connection, and the box with it.
func (b *Box) listen() {
	defer close(b.down)
	defer b.control.Close()
	for {
		record, err := wire.ReadRecord(b.control)
		if err != nil {
			return
		}
		switch r := record.(type) {
		case wire.Exited:
			b.forked.Store(r.Forked)
			b.reaped.Store(r.Reaped)
			b.report(r.CellID, &r)
		case wire.Refused:
			b.report(r.CellID, nil)
		case wire.Slow:
			b.mu.Lock()
			slowed := b.slowed[r.CellID]
			b.mu.Unlock()
			if slowed != nil {
				slowed(r.Used)
			}
		default:
			return
		}
	}
}

func (b *Box) report(cell uint64, exited *wire.Exited) {
	b.mu.Lock()
	answer, ok := b.waiting[cell]
	delete(b.waiting, cell)
	delete(b.slowed, cell)
	b.mu.Unlock()
	if !ok {
		return
	}
	if exited != nil {
		answer <- *exited
	}
	close(answer)
}

// A Line is a connection to one cell, open before the cell is forked.
type Line struct {
	net.Conn
	box    *Box
	cell   uint64
	exited <-chan wire.Exited
}

// Open connects to a new cell with the limits of header; slot must be of no
// other living cell of this box. The cell may not be parked yet. Closing the
// line kills the cell.
func (b *Box) Open(ctx context.Context, header wire.Header) (*Line, error) {
	header.Connection = wire.Cell
	header.CellID = b.nextID.Add(1)
	answer := make(chan wire.Exited, 1)
	b.mu.Lock()
	b.waiting[header.CellID] = answer
	b.mu.Unlock()
	conn, err := b.process.dial(ctx)
	if err == nil {
		if _, err = conn.Write(header.Append(nil)); err != nil {
			conn.Close()
		}
	}
	if err != nil {
		b.mu.Lock()
		delete(b.waiting, header.CellID)
		b.mu.Unlock()
		return nil, fmt.Errorf("open a cell: %w", b.blame(err))
	}
	return &Line{Conn: conn, box: b, cell: header.CellID, exited: answer}, nil
}

// blame tells a box that is gone from trouble of the daemon's own, such as a
// lack of descriptors, which passes.
func (b *Box) blame(err error) error {
	if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EPIPE) {
		return errors.Join(ErrDown, err)
	}
	select {
	case <-b.down:
		return errors.Join(ErrDown, err)
	default:
		return err
	}
}

// Exited waits until the cell is dead and says how it died. It returns
// ErrDown when the whole box went, ErrRefused when the cell was never forked,
// or ctx's error. It answers once.
func (l *Line) Exited(ctx context.Context) (wire.Exited, error) {
	select {
	case e, ok := <-l.exited:
		return l.answer(e, ok)
	case <-ctx.Done():
		return wire.Exited{}, ctx.Err()
	case <-l.box.down:
	}
	// The report may have come with the box's last words.
	select {
	case e, ok := <-l.exited:
		return l.answer(e, ok)
	default:
		return wire.Exited{}, ErrDown
	}
}

func (l *Line) answer(e wire.Exited, ok bool) (wire.Exited, error) {
	if !ok {
		return e, ErrRefused
	}
	return e, nil
}

// Down is closed when the box has stopped serving, for whatever reason.
func (b *Box) Down() <-chan struct{} {
	return b.down
}

// Drain asks the zygote to take no more cells and to end with its last.
func (b *Box) Drain() {
	b.tell(wire.Drain{})
}

// Weigh sets the box's share of the processors beside other boxes. A driver that
// cannot set it leaves it.
func (b *Box) Weigh(w Weight) {
	b.process.weigh(w)
}

// tell sends a record. A box that does not take it is going down anyway.
func (b *Box) tell(r wire.Record) {
	b.control.SetWriteDeadline(time.Now().Add(endTimeout))
	_ = wire.WriteRecord(b.control, r)
}

// Stats returns the box's counters.
func (b *Box) Stats() Stats {
	return Stats{
		ID: b.ID, Started: b.Started, Forked: b.forked.Load(), Reaped: b.reaped.Load(),
		ZygoteKiB: b.Ready.RSSKiB,
	}
}

// Close ends the box with every cell in it, and returns once nothing of it is
// left on this machine. It may be called twice.
func (b *Box) Close() error {
	b.control.Close()
	select {
	case <-b.process.ended():
		return nil
	case <-time.After(endTimeout):
	}
	b.process.destroy()
	select {
	case <-b.process.ended():
		return nil
	case <-time.After(endTimeout):
		return errors.New("box did not end: " + b.ID)
	}
}

// ZygoteBytes is the resident size of the zygote that the cell is a copy of.
func (l *Line) ZygoteBytes() job.Bytes {
	return job.Bytes(l.box.Ready.RSSKiB) * job.KiB
}

// Nice asks the zygote to lower the cell's priority to a value of nice(2), from
// 0 to 19, if it has used so much processor time. If so, and that is more than
// none, slowed is told how much; it must not block, and be the same each time.
// The priority cannot be raised again.
func (l *Line) Nice(value uint32, after time.Duration, slowed func(used time.Duration)) {
	l.box.mu.Lock()
	_, lives := l.box.waiting[l.cell]
	if lives {
		l.box.slowed[l.cell] = slowed
	}
	l.box.mu.Unlock()
	if lives {
		l.box.tell(wire.Nice{CellID: l.cell, Value: value, After: after})
	}
}

// Died is ready, once, when the cell is reported dead: Exited without the
// waiting. A receiver takes the report away from Exited.
func (l *Line) Died() <-chan wire.Exited {
	return l.exited
}
