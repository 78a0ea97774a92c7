package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
)

// eventually waits for a state, generously bounded.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// zygotesOf lists the processes of a box that are neither pid 1 nor a cell.
func zygotesOf(t *testing.T, s *serving) []int {
	t.Helper()
	var pids []int
	for _, b := range s.pools[0].Stats().Boxes {
		pids = append(pids, zygotesIn(t, b.ID, "zygote.rb")...)
	}
	return pids
}

// zygotesIn lists pid 1's children in a box whose command has the given text.
func zygotesIn(t *testing.T, box, command string) []int {
	t.Helper()
	return boxtest.Processes(t, func(p boxtest.Process) bool {
		parent, ok := boxtest.LookAt(p.Parent())
		return ok && strings.Contains(p.Cgroup, box) && strings.HasPrefix(parent.Command, "/fumehood/init") &&
			strings.Contains(p.Command, command)
	})
}

func TestKilledZygoteComesBack(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, nil)
	var lost sync.WaitGroup
	for range 4 {
		lost.Go(func() {
			body := []byte(`{"language":"haml","source":"= sleep"}`)
			response, text := httpPost(t, s.url+"/v1/render", "application/json", body)
			code, _, _ := errorOf(t, text)
			if response.StatusCode != http.StatusServiceUnavailable || code != "box_down" || response.Header.Get("Retry-After") == "" {
				t.Errorf("a lost request is answered %d %s, want 503 box_down with Retry-After", response.StatusCode, code)
			}
		})
	}
	eventually(t, "four compiles run", func() bool { return s.pools[0].Stats().Running == 4 })
	zygotes := zygotesOf(t, s)
	if len(zygotes) != 1 {
		t.Fatalf("zygotes = %v, want one", zygotes)
	}
	killed := time.Now()
	if err := syscall.Kill(zygotes[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	lost.Wait()
	if took := time.Since(killed); took > 2*time.Second {
		t.Errorf("lost requests were answered after %v", took)
	}
	if got := s.compile(t, "haml", "%p back", nil); got.output() != "<p>back</p>\n" {
		t.Errorf("after the zygote's death: %s %q", got.Outcome, got.output())
	}
	t.Logf("back %v after the kill", time.Since(killed))
}

// A zygote that hangs is destroyed with its box, and another takes over.
func TestWedgedZygoteIsReplaced(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	s, err := startServing(c, quiet{t}) // the destroyed box is logged as an error
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	eventually(t, "all cells are parked", func() bool { stats := s.pools[0].Stats(); return stats.Parked == stats.Target })
	zygotes := zygotesOf(t, s)
	if len(zygotes) != 1 {
		t.Fatalf("zygotes = %v, want one", zygotes)
	}
	if err := syscall.Kill(zygotes[0], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	got := s.compile(t, "haml", "- loop {}", map[string]any{"limits": map[string]any{"wall_ms": 200}})
	if got.Outcome != "timeout" {
		t.Errorf("outcome = %s, want timeout from a parked cell", got.Outcome)
	}
	eventually(t, "another box serves", func() bool {
		now := zygotesOf(t, s)
		return len(now) == 1 && now[0] != zygotes[0] && s.pools[0].Ready()
	})
	if got := s.compile(t, "haml", "%p back", nil); got.output() != "<p>back</p>\n" {
		t.Errorf("after the box was replaced: %s %q", got.Outcome, got.output())
	}
}

// The same when it hangs before a single cell is parked.
func TestZygoteThatNeverForksIsReplaced(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	c.Parked = 1
	s, err := startServing(c, quiet{t})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	eventually(t, "the cell is parked", func() bool { return s.pools[0].Stats().Parked == 1 })
	zygotes := zygotesOf(t, s)
	if len(zygotes) != 1 {
		t.Fatalf("zygotes = %v, want one", zygotes)
	}
	if err := syscall.Kill(zygotes[0], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// The one parked cell is used up well; whoever comes next has none.
	s.compile(t, "haml", "%p last", nil)
	eventually(t, "another box serves", func() bool {
		now := zygotesOf(t, s)
		return len(now) == 1 && now[0] != zygotes[0] && s.pools[0].Ready()
	})
	if got := s.compile(t, "haml", "%p back", nil); got.output() != "<p>back</p>\n" {
		t.Errorf("after the box was replaced: %s %q", got.Outcome, got.output())
	}
}

// Boxes are replaced after so many cells, and after so long, and no request
// notices.
func TestRecycling(t *testing.T) {
	t.Parallel()
	for name, tweak := range map[string]func(*config.Config){
		"by cells":    func(c *config.Config) { c.CellsPerBox = 25 },
		"by lifetime": func(c *config.Config) { c.BoxLifetime = 300 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startDaemon(t, tweak)
			seen := make(map[string]bool)
			for end := time.Now().Add(15 * time.Second); len(seen) < 4 && time.Now().Before(end); {
				if got := s.compile(t, "haml", "%p hii", nil); got.output() != "<p>hii</p>\n" {
					t.Fatalf("during recycling: %s %q", got.Outcome, got.output())
				}
				for _, b := range s.pools[0].Stats().Boxes {
					seen[b.ID] = true
				}
			}
			if len(seen) < 4 {
				t.Errorf("%d boxes were used, want 4 at least", len(seen))
			}
		})
	}
}

// Overload is a 503 that says when to come back.
func TestOverload(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, func(c *config.Config) {
		c.Concurrency, c.Queue, c.QueueTimeout = 1, 1, 200*time.Millisecond
	})
	body := []byte(`{"language":"haml","source":"= sleep","limits":{"wall_ms":2000}}`)
	var running sync.WaitGroup
	running.Go(func() { httpPost(t, s.url+"/v1/render", "application/json", body) })
	eventually(t, "a compile runs", func() bool { return s.pools[0].Stats().Running == 1 })
	for range 3 {
		response, text := httpPost(t, s.url+"/v1/render", "application/json", body)
		code, _, _ := errorOf(t, text)
		if response.StatusCode != http.StatusServiceUnavailable || code != "busy" || response.Header.Get("Retry-After") != "1" {
			t.Errorf("answer = %d %s Retry-After %q, want 503 busy 1", response.StatusCode, code, response.Header.Get("Retry-After"))
		}
	}
	running.Wait()
}

// A caller who leaves takes the compile along.
func TestClientGone(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, nil)
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "POST", s.url+"/v1/render", strings.NewReader(`{"language":"haml","source":"= sleep"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	left := make(chan struct{})
	go func() {
		defer close(left)
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
		}
	}()
	eventually(t, "the compile runs", func() bool { return s.pools[0].Stats().Running == 1 })
	leave()
	<-left
	start := time.Now()
	eventually(t, "the cell is gone", func() bool {
		stats := s.pools[0].Stats()
		return stats.Running == 0 && stats.Dying == 0
	})
	if took := time.Since(start); took > time.Second {
		t.Errorf("the cell of a caller who left lived on for %v", took)
	}
}

// A body that does not arrive is given up.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, func(c *config.Config) { c.BodyTimeout = 300 * time.Millisecond })
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	go writer.WriteString(`{"language":"haml",`)
	start := time.Now()
	response, err := http.Post(s.url+"/v1/render", "application/json", reader)
	if err == nil {
		response.Body.Close()
		if response.StatusCode != http.StatusRequestTimeout {
			t.Errorf("status = %d, want 408", response.StatusCode)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a slow body was waited for %v", took)
	}
}

// A client that closes its sending half is not told that all is well.
func TestHalfClosedClient(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /haml HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nmarkup=%%3D+sleep+0.5")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	text, err := io.ReadAll(c)
	if err != nil || strings.Contains(string(text), "200 OK") && !strings.Contains(string(text), "html") {
		t.Errorf("answer = %q, %v, want a result or nothing", text, err)
	}
}

// kill -9 of the daemon leaves nothing: boxes end by themselves.
func TestKilledDaemonLeavesNothing(t *testing.T) {
	p := startProgram(t)
	if len(p.boxes()) != 1 || len(p.left(t)) == 0 {
		t.Fatalf("boxes %v, left %v: the program runs no box", p.boxes(), p.left(t))
	}
	running := make(chan struct{})
	go func() {
		defer close(running)
		response, err := http.Post(p.url+"/v1/render", "application/json", strings.NewReader(`{"language":"haml","source":"= sleep"}`))
		if err == nil {
			response.Body.Close()
		}
	}()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	<-running
	eventually(t, "nothing is left", func() bool { return len(p.left(t)) == 0 })
}

// SIGTERM finishes what is in flight, exits with 0 and leaves nothing.
func TestTerminatedDaemonDrains(t *testing.T) {
	p := startProgram(t)
	answered := make(chan result, 1)
	begun := make(chan struct{})
	go func() {
		close(begun)
		_, text := httpPost(t, p.url+"/v1/render", "application/json", []byte(`{"language":"haml","source":"= (sleep 1; 'done')"}`))
		var r result
		if err := json.Unmarshal(text, &r); err != nil {
			t.Error(err)
		}
		answered <- r
	}()
	<-begun
	eventually(t, "the compile runs", func() bool {
		response, text := get(t, p.url+"/v1/boxes")
		return response.StatusCode == http.StatusOK && strings.Contains(string(text), `"cells_running":1`)
	})
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got.output() != "done\n" {
		t.Errorf("the request in flight: %s %q, want done", got.Outcome, got.output())
	}
	if err := p.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, p.readLog())
	}
	if left := p.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if entries, err := filepath.Glob(filepath.Join(p.state, "daemons", "*")); err != nil || len(entries) > 0 {
		t.Errorf("state directory has %v, %v", entries, err)
	}
}
