package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// compiled answers at once.
func compiled(context.Context, render.Request) (render.Answer, error) {
	return render.Answer{Question: &render.Question{Job: job.Job{Language: "haml"}}, Result: job.Result{Outcome: job.OK, Output: "<p>"}}, nil
}

const short = 300 * time.Millisecond

// drip sends a byte now and then until the connection is closed.
func drip(c net.Conn, text string) {
	for i := 0; ; i++ {
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(short / 10)
	}
}

// A head that comes a byte at a time does not keep its connection.
func TestHeadDrips(t *testing.T) {
	t.Parallel()
	l := listen(t, func(c *Config) { c.ReadHeaderTimeout = short }, compiled)
	for name, before := range map[string]string{"first": "", "after a request": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"} {
		c := l.dial(t)
		if _, err := io.WriteString(c, before+"GET /healthz HTTP/1.1\r\nHost: x\r\n"); err != nil {
			t.Fatal(err)
		}
		go drip(c, "X-A: b\r\n")
		if !isClosed(c) {
			t.Errorf("%s: open after %v", name, patience)
		}
	}
	l.serves(t)
}

// Nor does a body, and nothing is compiled meanwhile.
func TestBodyDrips(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	l := listen(t, func(c *Config) { c.BodyTimeout = short }, func(ctx context.Context, r render.Request) (render.Answer, error) {
		asked.Add(1)
		return compiled(ctx, r)
	})
	for name, length := range map[string]string{"length": "Content-Length: 1000\r\n\r\n", "chunks": "Transfer-Encoding: chunked\r\n\r\n3e8\r\n"} {
		c := l.dial(t)
		if _, err := io.WriteString(c, head+length); err != nil {
			t.Fatal(err)
		}
		go drip(c, " ")
		response, body := answerTo(t, c)
		if response.StatusCode != 408 || !strings.Contains(body, "body_unread") {
			t.Errorf("%s: %d %s, want 408 body_unread", name, response.StatusCode, body)
		}
		if !isClosed(c) {
			t.Errorf("%s: open after %v", name, patience)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d compiles were asked for", n)
	}
	l.serves(t)
}

// answerBytes is more than the kernel keeps of an answer that nobody reads.
const answerBytes = 12 << 20

// Who does not read an answer loses it. The compile is over by then.
func TestAnswerUnread(t *testing.T) {
	t.Parallel()
	var running atomic.Int64
	l := listen(t, func(c *Config) { c.BodyTimeout, c.WriteTimeout = short, 2*short }, func(context.Context, render.Request) (render.Answer, error) {
		running.Add(1)
		defer running.Add(-1)
		return render.Answer{Question: &render.Question{Job: job.Job{Language: "haml"}}, Result: job.Result{Outcome: job.OK, Output: strings.Repeat("x", answerBytes)}}, nil
	})
	// A small window, so that the kernel does not take the answer in.
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	c, err := dialer.Dial("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, whole(smallBody)); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(patience)
	for !strings.Contains(l.shown(t), `fumehood_compiles_total{language="haml",outcome="ok"} 1`) {
		if time.Now().After(end) {
			t.Fatalf("the exchange is not over after %v", patience)
		}
		time.Sleep(short / 30)
	}
	if n := running.Load(); n != 0 {
		t.Errorf("%d compiles run", n)
	}
	c.SetDeadline(end)
	if n, err := io.Copy(io.Discard, c); n >= answerBytes {
		t.Errorf("%d bytes came in the end, %v, want less than the whole", n, err)
	}
}

// Whoever is silent, however many they are, keeps out nobody with a request.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(c net.Conn) error{
		"silent": func(net.Conn) error { return nil },
		"half a head": func(c net.Conn) error {
			_, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\n")
			return err
		},
		"half a body": func(c net.Conn) error {
			_, err := io.WriteString(c, head+"Content-Length: 100\r\n\r\n{")
			return err
		},
		"one request": func(c net.Conn) error {
			if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return err
			}
			_, err := c.Read(make([]byte, 1))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit, clients = 64, 500
			l := listen(t, func(c *Config) { c.Connections = limit }, compiled)
			for i := range clients {
				if err := say(l.dial(t)); err != nil && i < limit {
					t.Fatal(err)
				}
				if i%100 == 0 {
					l.serves(t)
				}
			}
			l.serves(t)
			if got, least := l.evicted(t), clients-limit; !atLeast(got, least) {
				t.Errorf("%s connections were evicted, want %d or more", got, least)
			}
		})
	}
}

func atLeast(text string, least int) bool {
	var n int
	_, err := fmt.Sscan(text, &n)
	return err == nil && n >= least
}

// A request that is whole keeps its connection, whatever crowd comes.
func TestCompilesAreNotEvicted(t *testing.T) {
	t.Parallel()
	const limit = 16
	begun, finish := make(chan struct{}, limit), make(chan struct{})
	l := listen(t, func(c *Config) { c.Connections = limit }, func(ctx context.Context, r render.Request) (render.Answer, error) {
		begun <- struct{}{}
		<-finish
		return compiled(ctx, r)
	})
	var working []net.Conn
	for range limit - 1 {
		c := l.dial(t)
		if _, err := io.WriteString(c, whole(smallBody)); err != nil {
			t.Fatal(err)
		}
		<-begun
		working = append(working, c)
	}
	for range 10 * limit {
		l.dial(t)
	}
	if response, _ := ask(t, l.dial(t), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 200 {
		t.Errorf("the last place is not to be had: %d", response.StatusCode)
	}
	close(finish)
	for i, c := range working {
		if response, body := answerTo(t, c); response.StatusCode != 200 {
			t.Errorf("compile %d: %d %s", i, response.StatusCode, body)
		}
	}
}
