package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// transport sends requests over connections that it keeps, each from the
// goroutine that asks. net/http's Transport has two goroutines for each
// connection, which wake each other several times in a request: it takes two and a
// half times as much of the processors, of which a daemon on the same machine then
// has less (docs/adr/027). It speaks HTTP/1.1, and knows no proxy.
//
// An answer is read whole before RoundTrip returns.
type transport struct {
	// most is how many connections are kept while nobody uses them.
	most int

	mu sync.Mutex
	// idle has those that were used last at the end.
	idle map[string][]*connection
}

// connection is an open one, that one request at a time is on.
type connection struct {
	net.Conn
	reader *bufio.Reader
}

var _ http.RoundTripper = (*transport)(nil)

// RoundTrip is http.RoundTripper's. Nothing is sent twice: what a server did not
// answer is an error, and counts as one.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := t.take(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	response, err := c.exchange(r)
	if err != nil {
		c.Close()
		return nil, err
	}
	t.keep(r, c, response)
	return response, nil
}

// address is where a request goes.
func address(r *http.Request) string {
	port := r.URL.Port()
	if port == "" {
		port = r.URL.Scheme
	}
	return net.JoinHostPort(r.URL.Hostname(), port)
}

// key is what connections are kept under.
func key(r *http.Request) string { return r.URL.Scheme + "://" + r.URL.Host }

// take gives out the connection that was used last and is still open, or a new
// one.
func (t *transport) take(r *http.Request) (*connection, error) {
	for c := t.last(key(r)); c != nil; c = t.last(key(r)) {
		if c.open() {
			return c, nil
		}
		c.Close()
	}
	plain := &net.Dialer{Timeout: dialTimeout}
	dial := plain.DialContext
	if r.URL.Scheme == "https" {
		dial = (&tls.Dialer{NetDialer: plain}).DialContext
	}
	conn, err := dial(r.Context(), "tcp", address(r))
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, reader: bufio.NewReader(conn)}, nil
}

func (t *transport) last(key string) *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.idle[key]
	if len(of) == 0 {
		return nil
	}
	c := of[len(of)-1]
	t.idle[key] = of[:len(of)-1]
	return c
}

// dialTimeout bounds the way to a connection, whatever the request's own time.
const dialTimeout = 30 * time.Second

// open reports whether the server has neither closed the connection nor said
// anything since the last answer.
func (c *connection) open() bool {
	under := c.Conn
	if encrypted, ok := under.(*tls.Conn); ok {
		under = encrypted.NetConn()
	}
	raw, err := under.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	var looked error
	err = raw.Read(func(fd uintptr) bool {
		_, _, looked = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return true
	})
	return err == nil && errors.Is(looked, unix.EAGAIN)
}

// keep puts a connection back, unless one end of it has announced to close it.
func (t *transport) keep(r *http.Request, c *connection, response *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Close || response.Close || c.reader.Buffered() > 0 || len(t.idle[key(r)]) >= t.most {
		c.Close()
		return
	}
	if t.idle == nil {
		t.idle = make(map[string][]*connection)
	}
	t.idle[key(r)] = append(t.idle[key(r)], c)
}

// exchange sends one request and reads its answer. When the request's context
// ends it stops. The connection is good for another request if there is no error.
func (c *connection) exchange(r *http.Request) (*http.Response, error) {
	ended := make(chan struct{})
	stop := context.AfterFunc(r.Context(), func() {
		defer close(ended)
		// What is past wakes whoever waits for the connection. If this fails
		// there is none to wait for.
		_ = c.SetDeadline(time.Unix(1, 0))
	})
	response, err := c.send(r)
	if !stop() {
		<-ended
		return nil, context.Cause(r.Context())
	}
	return response, err
}

func (c *connection) send(r *http.Request) (*http.Response, error) {
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		return nil, err
	}
	// Who refuses need not have read it all.
	_, unsent := c.Write(text.Bytes())
	response, err := http.ReadResponse(c.reader, r)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", errors.Join(unsent, err))
	}
	// To close the body would be to read all of it, however long; the connection is
	// closed in its place.
	body, err := readWhole(response)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	response.Close = response.Close || unsent != nil
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// readWhole reads the body of an answer, up to maxAnswer.
func readWhole(response *http.Response) ([]byte, error) {
	var body bytes.Buffer
	if n := response.ContentLength; n > 0 {
		body.Grow(int(min(n, maxAnswer)) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && n > maxAnswer {
		err = fmt.Errorf("it has more than %d bytes", maxAnswer)
	}
	return body.Bytes(), err
}
