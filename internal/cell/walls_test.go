package cell_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

const slot = 7

// compile runs one Haml page in a fresh cell of b.
func compile(t *testing.T, b *box.Box, source string) job.Result {
	t.Helper()
	return run(t, b, hamlJob(source))
}

// run runs one job in a fresh cell of b.
func run(t *testing.T, b *box.Box, j job.Job) job.Result {
	t.Helper()
	c, err := cell.Park(t.Context(), b, slot, j.Limits)
	if err != nil {
		t.Fatal(err)
	}
	result, err := c.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Release(); err != nil {
		t.Fatal(err)
	}
	return result
}

func hamlJob(source string) job.Job {
	return job.Job{Language: "haml", Options: []byte("{}"), Locals: []byte("{}"), Source: source, Limits: boxtest.Limits}
}

// Each row attempts a forbidden act behind all walls, and again with the
// walls that forbid it left out, where it must succeed: so it is these walls
// which refuse, and the attempt is a real one.
func TestWallsRefuse(t *testing.T) {
	t.Parallel()
	boxes := make(map[box.Wall]func() *box.Box)
	for _, without := range []box.Wall{
		0, box.Seccomp, box.Landlock | box.Seccomp, box.RLimits, box.RLimits | box.Seccomp, box.PIDNamespace, box.Identity,
		box.PIDNamespace | box.Identity | box.Landlock | box.Seccomp,
	} {
		boxes[without] = sync.OnceValue(func() *box.Box { return boxtest.Start(t, without) })
	}
	tests := []struct {
		name    string
		source  string
		refused job.Outcome
		// message is part of the refusal's.
		message string
		// without are the walls to leave out; the act then prints succeeds.
		without  box.Wall
		succeeds string
	}{
		{"fork", "= fork { exit! }.positive?", job.SourceError, "not permitted", box.Seccomp, "true"},
		{"socket", "= syscall(41, 1, 1, 0) >= 0", job.SourceError, "not permitted", box.Seccomp, "true"},
		{"executable memory", "= syscall(9, 0, 4096, 7, 0x22, -1, 0).positive?", job.SourceError, "not permitted", box.Seccomp, "true"},
		{"memfd", "= syscall(319, 'x', 0) >= 0", job.SourceError, "not permitted", box.Landlock | box.Seccomp, "refused outside"},
		{"ptrace", "= syscall(101, 0, 0, 0, 0)", job.Violation, "system call", box.Seccomp, "refused outside"},
		{"unshare", "= syscall(272, 0x10000000)", job.Violation, "system call", box.Seccomp, "refused outside"},
		{"read a file", "= File.read('/fumehood/zygote.rb').empty?", job.SourceError, "Permission denied", box.Landlock | box.Seccomp, "false"},
		{"list a directory", "= Dir.children('/').include?('fumehood')", job.SourceError, "Permission denied", box.Landlock | box.Seccomp, "true"},
		{"run a program", "= system('/usr/bin/ruby3.1', '--disable=gems', '-e', 'exit! 7').inspect + $?.exitstatus.to_s", job.SourceError, "undefined method", box.Landlock | box.Seccomp, "false7"},
		{"map 150 MB", "= ('x' * 150_000_000).size", job.OutOfMemory, "memory", box.RLimits, "150000000"},
		{"many threads", "= (1..20).map { Thread.new { sleep } }.size", job.SourceError, "can't create Thread", box.RLimits, "20"},
		{"raise a limit", "= (Process.setrlimit(:CPU, 100, 100); true)", job.SourceError, "not permitted", box.RLimits | box.Seccomp, "refused outside"},
		{"see the zygote", "= Process.pid == 1", job.OK, "", box.PIDNamespace, "false"},
		{"signal the zygote", "= (2..60).any? { |pid| Process.kill(0, pid) rescue nil }", job.OK, "", box.PIDNamespace | box.Identity | box.Landlock | box.Seccomp, "true"},
		{"be root of the box", "= Process.uid", job.OK, "", box.Identity, "0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := compile(t, boxes[0](), test.source)
			if got.Outcome != test.refused {
				t.Errorf("behind all walls: %s %v %q, want %s", got.Outcome, got.Diagnostics, got.Output, test.refused)
			}
			if len(got.Diagnostics) > 0 && !strings.Contains(got.Diagnostics[0].Message, test.message) {
				t.Errorf("behind all walls: %q, want a message with %q", got.Diagnostics[0].Message, test.message)
			}
			if got.Outcome == job.OK && strings.TrimSpace(got.Output) == test.succeeds {
				t.Errorf("behind all walls the act succeeds: %q", got.Output)
			}
			if test.succeeds == "refused outside" {
				return
			}
			got = compile(t, boxes[test.without](), test.source)
			if got.Outcome != job.OK || strings.TrimSpace(got.Output) != test.succeeds {
				t.Errorf("without walls %#x: %s %v %q, want %q", test.without, got.Outcome, got.Diagnostics, got.Output, test.succeeds)
			}
		})
	}
}

// With seccomp gone Landlock still refuses: two walls, not one twice.
func TestLandlockRefusesAlone(t *testing.T) {
	t.Parallel()
	got := compile(t, boxtest.Start(t, box.Seccomp), "= File.read('/fumehood/zygote.rb').empty?")
	if got.Outcome != job.SourceError || !strings.Contains(got.Diagnostics[0].Message, "Permission denied") {
		t.Errorf("reading a file: %s %v %q, want a refusal", got.Outcome, got.Diagnostics, got.Output)
	}
}

// The outer wall alone refuses what no part of a box needs.
func TestOuterFilterRefusesAlone(t *testing.T) {
	t.Parallel()
	b := boxtest.Start(t, box.Seccomp|box.Landlock)
	for name, source := range map[string]string{
		"ptrace": "= syscall(101, 0, 0, 0, 0)", "bpf": "= syscall(321, 0, 0, 0)", "io_uring": "= syscall(425, 1, 0)",
		"keyctl": "= syscall(250, 0, 0, 0, 0, 0)", "mount": "= syscall(165, 'a', '/dev', 'tmpfs', 0, 0)", "memfd": "= syscall(319, 'x', 0)",
		"connect": "= syscall(42, 0, 0, 0)", "splice": "= syscall(275, 0, 0, 0, 0, 0, 0)",
	} {
		got := compile(t, b, source)
		if got.Outcome != job.SourceError || !strings.Contains(got.Diagnostics[0].Message, "not permitted") {
			t.Errorf("%s: %s %v %q, want a refusal", name, got.Outcome, got.Diagnostics, got.Output)
		}
	}
}

// A wall that cannot come up ends the cell before it reads a byte.
func TestNoCellWithoutItsWalls(t *testing.T) {
	t.Parallel()
	b := boxtest.Start(t, 0)
	// Beyond the box's uids: the change of identity fails.
	_, err := cell.Park(context.Background(), b, 65535, boxtest.Limits)
	if err == nil || !strings.Contains(err.Error(), "wall") {
		t.Errorf("Park = %v, want an error that names the wall", err)
	}
}
