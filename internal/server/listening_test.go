package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/metrics"
)

// listening is a server behind a real listener.
type listening struct {
	*Server
	log     *bytes.Buffer
	address string
}

// patience bounds what a test waits for; no rule rests on it being met closely.
const patience = 20 * time.Second

func listen(t *testing.T, tweak func(*Config), a answers) *listening {
	t.Helper()
	s, log := serverOf(a)
	s.config.Connections = 100
	s.config.ReadHeaderTimeout, s.config.BodyTimeout = patience, patience
	s.config.WriteTimeout, s.config.IdleTimeout = patience, patience
	s.config.Metrics = metrics.New(nil)
	if tweak != nil {
		tweak(&s.config)
	}
	s.routes()
	return &listening{Server: s, log: log, address: serveOn(t, s.HTTP())}
}

// serveOn serves on a port of its own until the test ends.
func serveOn(t *testing.T, h *http.Server) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	t.Cleanup(func() {
		h.Close()
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func (l *listening) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// head is that of a compile, to be ended by an empty line.
const head = "POST /v1/render HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

// whole is a request for a compile.
func whole(body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

const smallBody = `{"language":"haml","source":"x"}`

// ask sends raw bytes and reads one answer. Who is refused may not be able to
// send all.
func ask(t *testing.T, c net.Conn, raw string) (*http.Response, string) {
	t.Helper()
	go io.WriteString(c, raw)
	return answerTo(t, c)
}

func answerTo(t *testing.T, c net.Conn) (*http.Response, string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil && len(body) == 0 {
		t.Fatalf("no answer: %v", err)
	}
	return response, string(body)
}

// isClosed reports whether the server ends the connection within patience.
func isClosed(c net.Conn) bool {
	_, err := io.Copy(io.Discard, c)
	timeout, ok := err.(net.Error)
	return !ok || !timeout.Timeout()
}

// serves tells whether another client gets an answer.
func (l *listening) serves(t *testing.T) {
	t.Helper()
	if response, body := ask(t, l.dial(t), whole(smallBody)); response.StatusCode != 200 {
		t.Errorf("another client gets %d %s", response.StatusCode, body)
	}
}

// shown is what the metrics say.
func (l *listening) shown(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	l.config.Metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// evicted is how many connections had to go.
func (l *listening) evicted(t *testing.T) string {
	t.Helper()
	_, text, _ := strings.Cut(l.shown(t), "\nfumehood_http_connections_evicted_total ")
	n, _, _ := strings.Cut(text, "\n")
	return n
}
