package main

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

// Being open to everybody is said at each start.
func TestInsecureIsSaid(t *testing.T) {
	p := startProgram(t, "--insecure-no-auth")
	if log := p.readLog(); !strings.Contains(log, `"level":"WARN","msg":"INSECURE: whoever can reach this daemon can use it"`) {
		t.Errorf("the log does not say so:\n%s", log)
	}
}

// Without tokens a hang-up ends the daemon, as SIGTERM does.
func TestHangUpWithoutTokens(t *testing.T) {
	// A signal that is handled here is not ignored in a child, whatever
	// started this test.
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, syscall.SIGHUP)
	defer signal.Stop(handled)
	p := startProgram(t)
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil || !strings.Contains(p.readLog(), "draining") {
		t.Errorf("exit: %v\n%s", err, p.readLog())
	}
	if left := p.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// An address that has become one for everybody since it was checked is not
// served on.
func TestListenLooksAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		address string
		c       config.Config
		want    bool
	}{
		{"127.0.0.1:0", config.Config{}, true},
		{"0.0.0.0:0", config.Config{}, false},
		{"[::]:0", config.Config{}, false},
		{"0.0.0.0:0", config.Config{Tokens: "/tokens"}, true},
		{"0.0.0.0:0", config.Config{InsecureNoAuth: true}, true},
	} {
		l, err := listen(test.c, "listen", test.address)
		if (err == nil) != test.want {
			t.Errorf("%s with %+v: %v", test.address, test.c, err)
		}
		if l != nil {
			l.Close()
		}
	}
}
