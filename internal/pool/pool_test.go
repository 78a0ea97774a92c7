package pool_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
)

func config(t *testing.T) pool.Config {
	return pool.Config{
		Kind: "ruby", Least: 4, Most: 4, Budget: pool.NewBudget(0), Window: time.Hour, Boxes: pool.Boxes{Most: 1}, Slots: 16, CellsPerBox: 1 << 30, BoxLifetime: time.Hour, RetireInterval: time.Minute,
		Limits: boxtest.Limits, Engines: boxtest.Kind(t, "ruby").Engines,
		Inspect: func(context.Context, *box.Box) (pool.Inspection, error) { return pool.Inspection{}, nil },
	}
}

// start runs a pool until the test ends.
func start(t *testing.T, c pool.Config, starter box.Starter) *pool.Pool {
	t.Helper()
	p := pool.New(c, starter, boxtest.Log(t))
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- p.Run(ctx, started) }()
	select {
	case <-started:
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if stats := p.Stats(); len(stats.Boxes) > 0 || stats.Parked+stats.Running+stats.Dying > 0 {
			t.Errorf("after Run: %+v", stats)
		}
	})
	return p
}

// unwatched is told how a job goes, and does nothing about it.
type unwatched struct{}

func (unwatched) Behind() bool        { return false }
func (unwatched) Slow()               {}
func (unwatched) Spent(time.Duration) {}

func haml(source string) job.Job {
	return job.Job{Language: "haml", Options: []byte("{}"), Locals: []byte("{}"), Source: source, Limits: boxtest.Limits}
}

// No two living cells share a uid, and every job has a cell of its own.
func TestSlotsAreUnique(t *testing.T) {
	t.Parallel()
	p := start(t, config(t), boxtest.Starter(t, 0))
	var mu sync.Mutex
	living := make(map[string]int)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 20 {
				// Everybody waits until all eight are running at once.
				result, err := p.Do(t.Context(), haml("= (sleep 0.02; Process.uid)"), soon(), unwatched{})
				if err != nil || result.Outcome != job.OK {
					t.Errorf("Do = %s %v, %v", result.Outcome, result.Diagnostics, err)
					return
				}
				mu.Lock()
				living[strings.TrimSpace(result.Output)]++
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	for uid := range living {
		var n int
		if _, err := fmt.Sscan(uid, &n); err != nil || n < 1000 || n >= 1000+config(t).Slots {
			t.Errorf("uid %s is of no slot", uid)
		}
	}
	if len(living) < 8 {
		t.Errorf("eight jobs at once had %d uids: %v", len(living), living)
	}
	if jobs := p.Stats().Jobs; jobs != 160 {
		t.Errorf("%d jobs, want 160", jobs)
	}
}

// With every slot taken a job waits as long as its context allows.
func TestDoWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Least, c.Most, c.Slots = 1, 1, 1
	p := start(t, c, boxtest.Starter(t, 0))
	running := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(running)
		if _, err := p.Do(ctx, haml("= sleep"), soon(), unwatched{}); !errors.Is(err, context.Canceled) {
			t.Errorf("Do of a caller who left = %v, want context.Canceled", err)
		}
	}()
	for p.Stats().Running == 0 {
		runtime.Gosched()
	}
	if _, err := p.Do(t.Context(), haml("%p"), time.Now().Add(50*time.Millisecond), unwatched{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Do without a slot = %v, want context.DeadlineExceeded", err)
	}
	cancel()
	<-running
	if result, err := p.Do(t.Context(), haml("%p hii"), soon(), unwatched{}); err != nil || result.Output != "<p>hii</p>\n" {
		t.Errorf("Do after the slot was freed = %q, %v", result.Output, err)
	}
}

// A daemon that has no descriptors for a while parks cells again when it has:
// its parkers outlive the trouble. It runs alone, the limit is the process's.
func TestDescriptorsRunOut(t *testing.T) {
	c := config(t)
	p := start(t, c, boxtest.Starter(t, 0))
	parked := func(n int) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); p.Stats().Parked != n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d cells are parked, want %d", p.Stats().Parked, n)
			}
		}
	}
	parked(c.Most)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none := before
	none.Cur = 3
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	var err error
	for range c.Most {
		_, failed := p.Do(t.Context(), haml("%p"), soon(), unwatched{})
		err = errors.Join(err, failed)
	}
	// Long enough for every parker to have tried, and failed, more than once.
	time.Sleep(300 * time.Millisecond)
	if restored := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); restored != nil {
		t.Fatal(restored)
	}
	if err != nil {
		t.Fatalf("parked cells without a descriptor to spare: %v", err)
	}
	parked(c.Most)
	if result, err := p.Do(t.Context(), haml("%p hii"), soon(), unwatched{}); err != nil || result.Output != "<p>hii</p>\n" {
		t.Errorf("after the descriptors are back: %q, %v", result.Output, err)
	}
}

// The first start's error is Run's; a box of other engines is refused.
func TestRunReportsTheFirstStart(t *testing.T) {
	t.Parallel()
	broken := boxtest.Starter(t, 0)
	broken.Runtime = "/nowhere/runc"
	other := config(t)
	other.Engines = map[string][]string{"haml": {"0.0.1"}}
	for name, test := range map[string]struct {
		config  pool.Config
		starter *box.OCI
		want    string
	}{
		"no runtime":    {config(t), broken, "/nowhere/runc"},
		"other engines": {other, boxtest.Starter(t, 0), "build it again"},
	} {
		p := pool.New(test.config, test.starter, boxtest.Log(t))
		err := p.Run(t.Context(), make(chan struct{}))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Run = %v, want an error with %q", name, err, test.want)
		}
		if p.Ready() || len(p.Stats().Boxes) > 0 {
			t.Errorf("%s: a box is left: %+v", name, p.Stats())
		}
		if _, err := p.Do(expired(t), haml("%p"), soon(), unwatched{}); !errors.Is(err, pool.ErrDown) {
			t.Errorf("%s: Do = %v, want ErrDown", name, err)
		}
	}
}

func soon() time.Time { return time.Now().Add(10 * time.Second) }

func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
