package boxtest

import (
	"context"
	"testing"
	"time"

	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/seccomp"
)

// Limits are the default configuration's.
var Limits = job.Limits{
	Wall: 3 * time.Second, CPU: 3 * time.Second, Memory: 128 * job.MiB, Source: 256 * job.KiB,
	Options: 16 * job.KiB, Output: 2 * job.MiB, Diagnostics: 64 * job.KiB,
}

// Starter starts real ruby boxes whose cells lack the given walls; 0 lacks
// none. What it leaves is removed when the test ends.
func Starter(t testing.TB, without box.Wall) *box.OCI {
	t.Helper()
	return StarterOf(t, "ruby", without)
}

// StarterOf starts boxes of any kind.
func StarterOf(t testing.TB, kind string, without box.Wall) *box.OCI {
	t.Helper()
	runtime := Runtime(t)
	b, i := find(t, kind)
	state, err := box.OpenState(context.Background(), StateDir(t), runtime, Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	text, err := boxes.Files.ReadFile(i.Name + "/cell.policy")
	if err != nil {
		t.Fatal(err)
	}
	filter, err := seccomp.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	policy := box.NewPolicy(filter)
	policy.Without = without
	return &box.OCI{
		Runtime: runtime, State: state, Kind: kind, RootFS: i.RootFS(), Environment: i.Environment, Command: i.CommandOf(b), Policy: policy,
		Memory: 1024 * job.MiB, Tasks: 256, Log: Log(t),
	}
}

// Start starts a ruby box and ends it with the test.
func Start(t testing.TB, without box.Wall) *box.Box {
	t.Helper()
	return StartOf(t, "ruby", without)
}

// StartOf starts a box of any kind and ends it with the test.
func StartOf(t testing.TB, kind string, without box.Wall) *box.Box {
	t.Helper()
	return Begin(t, StarterOf(t, kind, without))
}

// Begin starts a box and ends it with the test.
func Begin(t testing.TB, starter *box.OCI) *box.Box {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b, err := starter.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}
