package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// speak answers each connection with what a function says to it, and counts them.
func speak(t *testing.T, say func(conn net.Conn, heard *bufio.Reader)) (url string, connections *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int64)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			all.Go(func() {
				defer conn.Close()
				say(conn, bufio.NewReader(conn))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return "http://" + l.Addr().String(), connections
}

// hear reads a request whole, false if there is none.
func hear(from *bufio.Reader) bool {
	r, err := http.ReadRequest(from)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

func post(t *testing.T, ctx context.Context, by *http.Client, url string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("asked"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := exchange(by, r)
	return string(a.Raw), err
}

// A server may close what nobody uses, or say what nobody asked for; the next
// request goes over a new connection.
func TestTransportOutlivesConnections(t *testing.T) {
	t.Parallel()
	for _, end := range []func(conn net.Conn){
		func(conn net.Conn) { conn.Close() },
		func(conn net.Conn) { fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong") },
	} {
		asked, done := make(chan bool, 1), make(chan bool, 1)
		url, connections := speak(t, func(conn net.Conn, heard *bufio.Reader) {
			if hear(heard) {
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				<-asked
				end(conn)
				done <- true
			}
		})
		client := &http.Client{Transport: &transport{most: 4}}
		for n := int64(1); n <= 3; n++ {
			body, err := post(t, t.Context(), client, url)
			if err != nil || body != "ok" || connections.Load() != n {
				t.Fatalf("%q, %v, connection %d", body, err, connections.Load())
			}
			asked <- true
			<-done
		}
	}
}

// Nothing is sent twice: whoever heard a request and hung up has lost it.
func TestTransportSendsOnce(t *testing.T) {
	t.Parallel()
	var heardOf atomic.Int64
	url, _ := speak(t, func(conn net.Conn, heard *bufio.Reader) {
		for hear(heard) {
			if heardOf.Add(1) == 2 {
				return
			}
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	client := &http.Client{Transport: &transport{most: 1}}
	if _, err := post(t, t.Context(), client, url); err != nil {
		t.Fatal(err)
	}
	if body, err := post(t, t.Context(), client, url); err == nil || heardOf.Load() != 2 {
		t.Errorf("%q, %v, sent %d times", body, err, heardOf.Load())
	}
}

// Who refuses a request without reading it is heard all the same.
func TestTransportHearsARefusal(t *testing.T) {
	t.Parallel()
	url, _ := speak(t, func(conn net.Conn, heard *bufio.Reader) {
		if _, err := heard.Peek(1); err == nil {
			fmt.Fprint(conn, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater")
			conn.(*net.TCPConn).CloseWrite()
			time.Sleep(10 * time.Millisecond)
		}
	})
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(strings.Repeat("x", 16<<20)))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := exchange(&http.Client{Transport: &transport{}}, r); err != nil || a.Status != http.StatusTooManyRequests {
		t.Errorf("%d, %v", a.Status, err)
	}
}

// An answer without an end is an error soon, and not when the caller's time is up.
func TestTransportCutsOff(t *testing.T) {
	t.Parallel()
	url, _ := speak(t, func(conn net.Conn, heard *bufio.Reader) {
		if hear(heard) {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := conn.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}
	})
	if _, err := post(t, t.Context(), &http.Client{Transport: &transport{most: 1}}, url); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
}

// No more connections are kept than asked for, and none that ends.
func TestTransportKeeps(t *testing.T) {
	t.Parallel()
	for ending, want := range map[string]int{"": 2, "Connection: close\r\n": 0} {
		var together sync.WaitGroup
		together.Add(5)
		url, _ := speak(t, func(conn net.Conn, heard *bufio.Reader) {
			for hear(heard) {
				together.Done()
				together.Wait()
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\nok", ending)
			}
		})
		keeps := &transport{most: 2}
		client := &http.Client{Transport: keeps}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if body, err := post(t, t.Context(), client, url); err != nil || body != "ok" {
					t.Errorf("%q, %v", body, err)
				}
			})
		}
		all.Wait()
		kept := keeps.idle[url]
		if len(kept) != want {
			t.Errorf("%q: %d connections are kept, want %d", ending, len(kept), want)
		}
		for _, c := range kept {
			c.Close()
		}
	}
}

// What is no whole answer is an error, and its connection is not used again.
func TestTransportRefuses(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]string{
		"nothing":        "",
		"no HTTP":        "hello\r\n\r\n",
		"half a head":    "HTTP/1.1 200 OK\r\nContent-",
		"half a body":    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		"half a chunk":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
		"too long":       fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", maxAnswer+1, strings.Repeat("x", maxAnswer+1)),
		"no such length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, connections := speak(t, func(conn net.Conn, heard *bufio.Reader) {
				if hear(heard) {
					fmt.Fprint(conn, said)
				}
			})
			keeps := &transport{most: 1}
			body, err := post(t, t.Context(), &http.Client{Transport: keeps}, url)
			if err == nil || connections.Load() != 1 {
				t.Errorf("%d bytes, %v, %d connections", len(body), err, connections.Load())
			}
			if n := len(keeps.idle[url]); n != 0 {
				t.Errorf("%d connections are kept", n)
			}
		})
	}
}

// Who gives up does not wait for an answer, and is told why.
func TestTransportGivesUp(t *testing.T) {
	t.Parallel()
	url, _ := speak(t, func(_ net.Conn, heard *bufio.Reader) {
		for hear(heard) { // and says nothing
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := post(t, ctx, &http.Client{Transport: &transport{}}, url)
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

// TLS is spoken where the URL says so, and a certificate looked at.
func TestTransportSpeaksTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, err := post(t, t.Context(), &http.Client{Transport: &transport{}}, s.URL)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
}
