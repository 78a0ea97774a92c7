package pool_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
)

// barren makes boxes that are up and whose every cell dies before it has
// parked: no cell can change its uid.
func barren(o *box.OCI) {
	o.Loosen = func(s *specs.Spec) {
		for i, row := range s.Linux.Seccomp.Syscalls {
			var kept []string
			for _, name := range row.Names {
				if name != "setresuid" {
					kept = append(kept, name)
				}
			}
			s.Linux.Seccomp.Syscalls[i].Names = kept
		}
	}
}

// A box that parks no cell is not ready: the first one is refused, and says
// what its cells died of.
func TestFirstBoxParksNothing(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	barren(starter)
	p := pool.New(config(t), starter, boxtest.Log(t))
	started := make(chan struct{})
	err := p.Run(t.Context(), started)
	if err == nil || !strings.Contains(err.Error(), "20 cells in a row") || !strings.Contains(err.Error(), "wall") {
		t.Errorf("Run = %v, want that 20 cells in a row missed a wall", err)
	}
	select {
	case <-started:
		t.Error("it counts as started")
	default:
	}
	if stats := p.Stats(); stats.Ready || len(stats.Boxes) > 0 || stats.Generations != 1 || stats.Lost != 1 {
		t.Errorf("%+v, want one box, lost", stats)
	}
}

// turns starts boxes of which some are barren.
type turns struct {
	good, bad box.Starter
	next      chan bool // whether the next box is good; closed: all are
}

func (s *turns) Start(ctx context.Context) (*box.Box, error) {
	if good, more := <-s.next; more && !good {
		return s.bad.Start(ctx)
	}
	return s.good.Start(ctx)
}

// records counts what was logged at the level Error.
type records struct {
	mu     sync.Mutex
	errors []string
}

func (r *records) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if record.Level >= slog.LevelError {
		r.errors = append(r.errors, record.Message)
	}
	return nil
}

func (r *records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *records) WithGroup(string) slog.Handler            { return r }

// A barren box never takes the place of one that serves: the old one goes on
// until one is there that parks cells.
func TestBarrenBoxDoesNotTakeOver(t *testing.T) {
	t.Parallel()
	bad := boxtest.Starter(t, 0)
	bad.Log = slog.New(slog.DiscardHandler)
	barren(bad)
	next := make(chan bool, 3)
	next <- true
	next <- false
	next <- false
	close(next)
	c := config(t)
	said := &records{}
	p := pool.New(c, &turns{good: boxtest.Starter(t, 0), bad: bad, next: next}, slog.New(said))
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- p.Run(ctx, started) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-started:
	case <-time.After(30 * time.Second):
		t.Fatal("the first box is not up")
	}
	crashOnce(t, p, crash, job.Violation)
	stats := eventually(t, p, "the third box took over", func(s pool.Stats) bool {
		if !s.Ready {
			t.Error("the pool is not ready in between")
		}
		if result, err := p.Do(t.Context(), haml("%p hii"), soon(), unwatched{}); err != nil || result.Output != "<p>hii</p>\n" {
			t.Errorf("in between: %q, %v", result.Output, err)
		}
		return s.Retired == 1
	})
	if stats.Generations != 4 || stats.Lost != 2 {
		t.Errorf("%+v, want four boxes, two of them lost", stats)
	}
	said.mu.Lock()
	defer said.mu.Unlock()
	if got := strings.Join(said.errors, ", "); got != "box not started, box not started" {
		t.Errorf("errors logged: %s, want one for each barren box", got)
	}
}

// A box whose cells begin to die before they have parked, while none lives, is
// replaced; the reason is logged once.
func TestBoxTurnsBarren(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	main := len(starter.Command) - 1
	starter.Command = append(slices.Clone(starter.Command[:main]), "-e", `
		module Barren
			def _fork
				$forks = $forks.to_i + 1
				pid = super
				pid == 0 && $forks > 12 ? exit!(9) : pid
			end
		end
		Process.singleton_class.prepend(Barren)
		load "/fumehood/zygote.rb"`)
	said := &records{}
	p := pool.New(config(t), starter, slog.New(said))
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- p.Run(ctx, started) }()
	<-started
	eventually(t, p, "the box is replaced", func(s pool.Stats) bool {
		if _, err := p.Do(t.Context(), haml("%p"), soon(), unwatched{}); err != nil {
			t.Fatal(err)
		}
		return s.Lost > 0
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	said.mu.Lock()
	defer said.mu.Unlock()
	if len(said.errors) == 0 || said.errors[0] != "box parks no cell, starting another" || uint64(len(said.errors)) > p.Stats().Lost {
		t.Errorf("errors logged: %q, want one for each of %d boxes", said.errors, p.Stats().Lost)
	}
}
