package cell_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// heard keeps what a box says, which is expected here.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// leaky is Ruby code that opens a descriptor in the zygote, behind the shim's
// back, after the fourth fork from here on: the one of the rehearsal is behind
// it, the fourth is a cell.
func leaky(open string) string {
	return `
		module Leak
			def _fork
				pid = super
				$forks = $forks.to_i + 1
				(` + open + `) if pid > 0 && $forks == 4
				pid
			end
		end
		Process.singleton_class.prepend(Leak)
		load "/fumehood/zygote.rb"`
}

// A zygote that holds a descriptor which it did not have when it began to
// serve, or another one by the same number, or with other flags, ends at the
// next fork, and says which.
func TestZygoteEndsWithAStrangeDescriptor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, open, want string }{
		{"a leak", "$leak = IO.pipe", "has appeared"},
		{"a file", "$leak = File.open('/fumehood/zygote.rb')", "has appeared"},
		{"one only to name a path", "$leak = IO.for_fd(IO.sysopen('/', 010000000))", "has appeared"},
		{"another input", "syscall(33, 3, 0)", "descriptor 0 stands for something else"},
		{"standard input closed", "syscall(3, 0)", "descriptor 0 stands for something else"},
		{"other flags", "syscall(72, 0, 4, 04000)", "descriptor 0 has other flags"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			said := &heard{}
			starter := boxtest.StarterOf(t, "ruby", 0)
			starter.Log = slog.New(slog.NewTextHandler(said, nil))
			main := len(starter.Command) - 1
			starter.Command = append(append([]string{}, starter.Command[:main]...), "-e", leaky(test.open))
			forked := endsByItself(t, starter)
			if forked < 1 {
				t.Errorf("%d cells were forked, want one at least", forked)
			}
			if !strings.Contains(said.String(), test.want) {
				t.Errorf("it said %q, want %q", said, test.want)
			}
		})
	}
}

// The flags of a description are shared with every cell that has a descriptor
// of it. A cell which could change them is noticed at the next fork; a cell
// that closed its copies cannot.
func TestSharedFlags(t *testing.T) {
	t.Parallel()
	const page = "= IO.for_fd(2, autoclose: false).fcntl(4, 04001)"
	got := compile(t, boxtest.Start(t, box.Seccomp), page)
	if got.Outcome != job.SourceError || !strings.Contains(got.Diagnostics[0].Message, "Bad file descriptor") {
		t.Errorf("behind the wall: %s %v %q, want a bad descriptor", got.Outcome, got.Diagnostics, got.Output)
	}
	said := &heard{}
	starter := boxtest.StarterOf(t, "ruby", box.Descriptors|box.Seccomp)
	starter.Log = slog.New(slog.NewTextHandler(said, nil))
	b, err := starter.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := compile(t, b, page); got.Outcome != job.OK {
		t.Errorf("without the wall: %s %v, want the flags changed", got.Outcome, got.Diagnostics)
	}
	if _, err := cell.Park(t.Context(), b, slot, boxtest.Limits); err == nil {
		awaitEnd(t, b)
	}
	if !strings.Contains(said.String(), "has other flags") {
		t.Errorf("it said %q, want that a descriptor has other flags", said)
	}
}

// A cell may do with its own connection what it likes: the zygote forks on.
func TestConnectionIsTheCellsOwn(t *testing.T) {
	t.Parallel()
	b := boxtest.Start(t, 0)
	c, err := cell.Park(t.Context(), b, slot, boxtest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		j := hamlJob("- io = IO.for_fd(3, autoclose: false)\n- io.fcntl(4, 04002)\n- sleep")
		j.Limits.Wall = time.Second
		if got, err := c.Run(t.Context(), j); err != nil || got.Outcome != job.Timeout {
			t.Errorf("the page that changes its flags: %s %v, %v", got.Outcome, got.Diagnostics, err)
		}
	}()
	for n := 0; ; n++ {
		other, err := cell.Park(t.Context(), b, slot+1, boxtest.Limits)
		if err != nil {
			t.Fatalf("fork %d: %v", n, err)
		}
		if _, err := other.Release(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ended:
			if _, err := c.Release(); err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

// A kernel that says that it has closed the descriptors and has not: the cell
// finds out for itself, and ends before it reads a byte.
func TestNoCellWithAStrangeDescriptor(t *testing.T) {
	t.Parallel()
	starter := boxtest.StarterOf(t, "ruby", 0)
	starter.Log = slog.New(slog.NewTextHandler(&heard{}, nil))
	starter.Loosen = func(s *specs.Spec) {
		nothing := uint(0)
		s.Linux.Seccomp.Syscalls = append([]specs.LinuxSyscall{{
			Names: []string{"close_range"}, Action: specs.ActErrno, ErrnoRet: &nothing,
			Args: []specs.LinuxSeccompArg{{Index: 2, Value: 0, Op: specs.OpEqualTo}},
		}}, withoutCall(s.Linux.Seccomp.Syscalls, "close_range")...)
	}
	b, err := starter.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	_, err = cell.Park(t.Context(), b, slot, boxtest.Limits)
	if !errors.Is(err, cell.ErrNotParked) || !strings.Contains(err.Error(), "wall") {
		t.Errorf("Park = %v, want an error that names the wall", err)
	}
}

// withoutCall leaves out a call of a profile.
func withoutCall(rows []specs.LinuxSyscall, name string) []specs.LinuxSyscall {
	var left []specs.LinuxSyscall
	for _, row := range rows {
		kept := row
		kept.Names = nil
		for _, n := range row.Names {
			if n != name {
				kept.Names = append(kept.Names, n)
			}
		}
		if len(kept.Names) > 0 {
			left = append(left, kept)
		}
	}
	return left
}

// endsByItself starts a box, parks cells in it until it goes down, and returns
// how many were parked.
func endsByItself(t *testing.T, starter *box.OCI) int {
	t.Helper()
	b, err := starter.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	for parked := range 10 {
		c, err := cell.Park(t.Context(), b, uint16(parked), boxtest.Limits)
		if err != nil {
			awaitEnd(t, b)
			return parked
		}
		if _, err := c.Release(); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("ten cells were parked, and the box is up")
	return 0
}

func awaitEnd(t *testing.T, b *box.Box) {
	t.Helper()
	select {
	case <-b.Down():
	case <-time.After(10 * time.Second):
		t.Fatal("the box is up, want it to have ended")
	}
}
