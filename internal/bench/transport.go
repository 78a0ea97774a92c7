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
	"time"
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
	// idle are those that were used last at the end, by address.
	idle map[string][]*connection
}

// connection is an open one, that one request at a time is on.
type connection struct {
	net.Conn
	reader *bufio.Reader
	used   bool
}

var _ http.RoundTripper = (*transport)(nil)

// RoundTrip is http.RoundTripper's. A connection that the server has closed since
// it was used last is another's fault than the request's, which is then sent again.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		c, err := t.take(r)
		if err != nil {
			return nil, err
		}
		response, err := c.exchange(r)
		if err == nil {
			t.keep(r, c, response)
			return response, nil
		}
		c.Close()
		if !c.used || r.GetBody == nil || !errors.Is(err, errStale) || r.Context().Err() != nil {
			return nil, err
		}
		if r.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
}

// errStale: the server has ended a connection before it answered on it.
var errStale = errors.New("the connection was closed")

// address is where a request goes, and is what connections are kept under.
func address(r *http.Request) string {
	port := r.URL.Port()
	if port == "" {
		port = r.URL.Scheme
	}
	return net.JoinHostPort(r.URL.Hostname(), port)
}

func (t *transport) take(r *http.Request) (*connection, error) {
	to := address(r)
	t.mu.Lock()
	if of := t.idle[to]; len(of) > 0 {
		c := of[len(of)-1]
		t.idle[to] = of[:len(of)-1]
		t.mu.Unlock()
		return c, nil
	}
	t.mu.Unlock()
	dial := (&net.Dialer{}).DialContext
	if r.URL.Scheme == "https" {
		dial = (&tls.Dialer{}).DialContext
	}
	conn, err := dial(r.Context(), "tcp", to)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, reader: bufio.NewReader(conn)}, nil
}

// keep puts a connection back, unless one end of it has announced to close it.
func (t *transport) keep(r *http.Request, c *connection, response *http.Response) {
	c.used = true
	to := address(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Close || response.Close || len(t.idle[to]) >= t.most {
		c.Close()
		return
	}
	if t.idle == nil {
		t.idle = make(map[string][]*connection)
	}
	t.idle[to] = append(t.idle[to], c)
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
	if _, err := c.Write(text.Bytes()); err != nil {
		return nil, fmt.Errorf("%w: %w", errStale, err)
	}
	if _, err := c.reader.Peek(1); err != nil {
		return nil, fmt.Errorf("%w: %w", errStale, err)
	}
	response, err := http.ReadResponse(c.reader, r)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	defer response.Body.Close()
	body, err := readWhole(response)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
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
