package baseline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/bench"
)

// TestMain lets this binary be the programs that are started from it: a daemon
// that is not ready at first, one that fails, a static server.
func TestMain(m *testing.M) {
	arguments := strings.Join(os.Args[1:], " ")
	switch {
	case arguments == "serve --fail":
		fmt.Fprintln(os.Stderr, "the port is taken")
		os.Exit(3)
	case strings.HasPrefix(arguments, "serve "):
		fakeDaemon(os.Args[2])
	case arguments == "bench --serve-static":
		fakeStatic()
	}
	os.Exit(m.Run())
}

func fakeDaemon(address string) {
	var asked atomic.Int64
	_ = http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	os.Exit(1)
}

func fakeStatic() {
	body, _ := io.ReadAll(os.Stdin)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	os.Exit(1)
}

func TestDaemon(t *testing.T) {
	t.Parallel()
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	d, err := StartDaemon(t.Context(), address, []string{address}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(d.URL() + "/readyz")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", response, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.cmd.Process.Signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("the daemon is there after its end: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func TestDaemonThatFails(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	if _, err := StartDaemon(t.Context(), "127.0.0.1:1", []string{"--fail"}, &said); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	if said.String() != "the port is taken\n" {
		t.Errorf("its words are %q", said.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	address, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := StartDaemon(ctx, address, []string{address}, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	s, err := startStatic(Options{Answer: []byte(`{"outcome":"ok","output":"<p>"}`), Connections: 1, Said: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Do(t.Context(), bench.Shot{})
	if err != nil || a.Output != "<p>" {
		t.Errorf("%+v, %v", a, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestReadAddress(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"127.0.0.1:80\n": true, "": false, "127.0.0.1:80": false, "nonsense\n": false, strings.Repeat("1", 2*maxAddress) + "\n": false,
	} {
		if address, err := readAddress(strings.NewReader(text)); (err == nil) != ok {
			t.Errorf("%q is %q, %v", text, address, err)
		}
	}
}

// One that never listens is given up with its caller; one that ended at once.
func TestWhenListening(t *testing.T) {
	t.Parallel()
	p, err := start(exec.Command("true"))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := p.whenListening(t.Context(), "127.0.0.1:1"); err == nil || time.Since(began) > startTimeout/2 {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
