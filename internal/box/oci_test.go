package box_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
)

func TestBoxReportsItsEngines(t *testing.T) {
	t.Parallel()
	b := boxtest.Start(t, 0)
	if diff := cmp.Diff(boxtest.Kind(t, "ruby").Engines, b.Engines); diff != "" {
		t.Errorf("engines (-want +got):\n%s", diff)
	}
	if b.Ready.LandlockABI < 1 {
		t.Errorf("Landlock ABI = %d, want at least 1", b.Ready.LandlockABI)
	}
}

// A box that cannot start says why, and leaves nothing.
func TestStartFailureIsExplained(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	starter.Command = []string{"/usr/bin/ruby3.1", "--disable=gems", "-e", "abort 'no engine today'"}
	start := time.Now()
	_, err := starter.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no engine today") {
		t.Errorf("Start = %v, want an error with the zygote's last words", err)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("Start failed after %v, want at once", took)
	}
	assertNoBoxes(t, starter.State)
}

func TestStartWithoutRuntime(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	starter.Runtime = "/nowhere/runc"
	_, err := starter.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "/nowhere/runc") {
		t.Errorf("Start = %v, want an error that names the runtime", err)
	}
}

// Nothing of a closed box is left: no process, mount, cgroup or directory.
func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	b, err := starter.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	assertNoBoxes(t, starter.State)
	if left := processesOf(t, b.ID); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if left := cgroupsOf(t, b.ID); len(left) > 0 {
		t.Errorf("cgroups %v are left", left)
	}
}

// The daemon's death takes its boxes with it; should the runtime have died
// too, the next daemon removes what is left.
func TestSweepAfterCrash(t *testing.T) {
	t.Parallel()
	root := boxtest.StateDir(t)
	runtime := boxtest.Runtime(t)
	crashed, err := box.OpenState(t.Context(), root, runtime, boxtest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	starter := boxtest.Starter(t, 0)
	starter.State = crashed
	b, err := starter.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range processesOf(t, b.ID) {
		// The end of the box's first process takes the rest along, so a later
		// one may be gone before its turn.
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	<-b.Down()
	if err := crashed.Abandon(); err != nil {
		t.Fatal(err)
	}
	assertSwept(t, root, runtime, crashed)
	if left := cgroupsOf(t, b.ID); len(left) > 0 {
		t.Errorf("cgroups %v are left", left)
	}
}

// A daemon that died before its first box is swept up too.
func TestSweepWithoutBoxes(t *testing.T) {
	t.Parallel()
	root := boxtest.StateDir(t)
	runtime := boxtest.Runtime(t)
	crashed, err := box.OpenState(t.Context(), root, runtime, boxtest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := crashed.Abandon(); err != nil {
		t.Fatal(err)
	}
	assertSwept(t, root, runtime, crashed)
}

// assertSwept starts the next daemon and looks for what the crashed one left.
func assertSwept(t *testing.T, root, runtime string, crashed *box.State) {
	t.Helper()
	next, err := box.OpenState(t.Context(), root, runtime, boxtest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if _, err := os.Stat(crashed.Dir()); !os.IsNotExist(err) {
		t.Errorf("the dead daemon's directory is still there: %v", err)
	}
}

// A hang-up on control, which is what the daemon's death looks like, ends the
// box without anybody's help.
func TestBoxEndsWithItsDaemon(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	b, err := starter.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.HangUp()
	for len(processesOf(t, b.ID)) > 0 {
		if ctx.Err() != nil {
			t.Fatalf("processes %v outlive the hang-up", processesOf(t, b.ID))
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func assertNoBoxes(t *testing.T, s *box.State) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(s.Dir(), "boxes", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("box directories %v, %v, want none", left, err)
	}
}

// processesOf lists the processes whose cgroup or command line names the box.
func processesOf(t *testing.T, id string) []int {
	t.Helper()
	return boxtest.Processes(t, func(p boxtest.Process) bool {
		return strings.Contains(p.Cgroup, id) || strings.Contains(p.Command, id)
	})
}

func cgroupsOf(t *testing.T, id string) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"/sys/fs/cgroup/" + id, "/sys/fs/cgroup/*/" + id} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}
