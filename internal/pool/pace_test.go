package pool_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/job"
)

// watcher remembers what it was told.
type watcher struct {
	behind bool

	mu    sync.Mutex
	slow  int
	spent time.Duration
}

func (w *watcher) Behind() bool { return w.behind }

func (w *watcher) Slow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow++
}

func (w *watcher) Spent(cpu time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spent += cpu
}

func (w *watcher) told() (int, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slow, w.spent
}

// weight is a box's share of the processors, in the words of its control group.
func weight(t *testing.T, boxID string) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	// Any process of it will do, and the one that was found may be gone.
	var group string
	boxtest.Processes(t, func(p boxtest.Process) bool {
		if strings.Contains(p.Cgroup, boxID) {
			group = p.Cgroup
		}
		return false
	})
	if group == "" {
		t.Fatalf("box %s has no process", boxID)
	}
	dir, unified, err := box.ControlGroup(group, string(mounts), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	shares := "cpu.shares"
	if unified {
		shares = "cpu.weight"
	}
	for _, name := range []string{"cpu.idle", shares} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return name + " " + strings.TrimSpace(string(text))
		}
	}
	t.Fatalf("no share is set in %s", dir)
	return ""
}

// A job that takes long says so, and its box gives way to others until a new
// job comes. What it has used is told behind it.
func TestSlowJobGivesWay(t *testing.T) {
	t.Parallel()
	p := start(t, config(t), boxtest.Starter(t, 0))
	id := p.Stats().Boxes[0].ID
	usual := []string{"cpu.idle 0", "cpu.shares 1024", "cpu.weight 100"}
	least := []string{"cpu.idle 1", "cpu.shares 2", "cpu.weight 1"}
	if got := weight(t, id); !slices.Contains(usual, got) {
		t.Fatalf("a box at rest weighs %s", got)
	}
	quick, slow := &watcher{}, &watcher{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		j := haml("- loop {}")
		j.Limits.Wall = 2 * time.Second
		if result, err := p.Do(t.Context(), j, soon(), slow); err != nil || result.Outcome != job.Timeout {
			t.Errorf("a loop: %s, %v, %+v", result.Outcome, err, result.Timing)
		}
	}()
	await(t, "the loop is slow", func() bool { n, _ := slow.told(); return n > 0 })
	await(t, "its box weighs less", func() bool { return slices.Contains(least, weight(t, id)) })
	if result, err := p.Do(t.Context(), haml("%p hii"), soon(), quick); err != nil || result.Outcome != job.OK {
		t.Errorf("beside a loop: %s, %v", result.Outcome, err)
	}
	<-done
	await(t, "its box weighs as before", func() bool { return slices.Contains(usual, weight(t, id)) })
	await(t, "what they used is told", func() bool {
		_, long := slow.told()
		_, short := quick.told()
		return long > 500*time.Millisecond/4 && short > 0 && short < long
	})
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
