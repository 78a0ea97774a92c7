package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/fumehood/fumehood/internal/metrics"
)

// connections bounds how many clients a listener has at once. One more costs
// another its place, so that nobody can keep everybody out by holding
// connections and saying little:
//
//   - Only a connection whose next move is the caller's can be closed for it:
//     one that is idle, or sends a head or a body, or should read an answer. A
//     request that is whole is never given up; those are bounded by the queue.
//   - Of these it is one of the client that has the most connections, as a
//     crowd from one address is not to push out others.
//   - Of these it is the one that has been waited for longest.
type connections struct {
	limit   int
	metrics *metrics.Metrics

	mu   sync.Mutex
	open map[net.Conn]*connection
	// moves counts what connections did, and is the time by which they wait.
	moves uint64
	// from counts them by client.
	from map[netip.Prefix]int
}

type connection struct {
	all    *connections
	conn   net.Conn
	client netip.Prefix
	ended  func()

	// Guarded by all.mu: is the next move the caller's, and since which move is
	// it waited for.
	theirs bool
	since  uint64
}

func newConnections(limit int, m *metrics.Metrics) *connections {
	return &connections{limit: limit, metrics: m, open: make(map[net.Conn]*connection), from: make(map[netip.Prefix]int)}
}

type connectionKey struct{}

// accepted is an http.Server's ConnContext.
func (cs *connections) accepted(ctx context.Context, conn net.Conn) context.Context {
	c := &connection{all: cs, conn: conn, client: clientOf(conn.RemoteAddr()), ended: cs.metrics.Connected()}
	cs.mu.Lock()
	c.moved(true)
	cs.open[conn] = c
	cs.from[c.client]++
	var evicted *connection
	if len(cs.open) > cs.limit {
		evicted = cs.worst()
		cs.forget(evicted)
	}
	cs.mu.Unlock()
	if evicted != nil {
		cs.metrics.Evicted()
		evicted.conn.Close()
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// worst is the connection to close. The newest is always one that can be.
// Precondition: mu held.
func (cs *connections) worst() *connection {
	var worst *connection
	for _, c := range cs.open {
		if c.theirs && (worst == nil || cs.from[c.client] > cs.from[worst.client] ||
			cs.from[c.client] == cs.from[worst.client] && c.since < worst.since) {
			worst = c
		}
	}
	return worst
}

// changed is an http.Server's ConnState.
func (cs *connections) changed(conn net.Conn, state http.ConnState) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.open[conn]
	if c == nil {
		return // evicted
	}
	switch state {
	case http.StateClosed, http.StateHijacked:
		cs.forget(c)
	default:
		c.moved(true)
	}
}

// Precondition: mu held.
func (cs *connections) forget(c *connection) {
	delete(cs.open, c.conn)
	if cs.from[c.client]--; cs.from[c.client] == 0 {
		delete(cs.from, c.client)
	}
	c.ended()
}

// connectionOf is the connection of a request, nil where there is none.
func connectionOf(ctx context.Context) *connection {
	c, _ := ctx.Value(connectionKey{}).(*connection)
	return c
}

// ourMove says that a request is whole and is being worked on.
func (c *connection) ourMove() { c.move(false) }

// theirMove says that the caller has to read now.
func (c *connection) theirMove() { c.move(true) }

func (c *connection) move(theirs bool) {
	if c == nil {
		return
	}
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.moved(theirs)
}

// Precondition: all.mu held.
func (c *connection) moved(theirs bool) {
	c.all.moves++
	c.theirs, c.since = theirs, c.all.moves
}

// clientOf is the network that one client has to itself: an address, or in
// IPv6 a /64.
func clientOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
