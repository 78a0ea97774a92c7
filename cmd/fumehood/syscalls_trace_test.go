package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// rawCall is a system call as its caller made it.
type rawCall struct {
	name      string
	arguments []uint64
}

// tracer follows what strace writes of a zygote and its cells, one line a
// call. What a cell calls counts from the frame that says it is parked: what
// comes before is the walls', the trusted code's own.
//
//	zygote  ─ clone ─► task  … seccomp … write │ read … write … exit
//	                                     parked ┘ counts
//	                           └─ clone ─► task  … exit
//
// A task which ends without having asked for a filter is a thread: its cell
// gave it one. Only one cell may have a job at a time, and what ends while a
// cell without threads has it is another one that never got its walls.
//
// A cell that has shut its side of the connection down may be killed at once.
// From there on strace may show another process's call for its own, and does
// not always tell its end: nothing more counts, and the zygote's wait4 ends it.
type tracer[C comparable] struct {
	// reduce makes of a call what is to be told apart.
	reduce func(rawCall) C
	// ended is told what a cell called, once it is gone.
	ended func(map[C]bool)
	tasks map[int]*task[C]
	// ofThreads waits for the cell whose threads made the calls.
	ofThreads map[C]bool
}

type task[C comparable] struct {
	calls map[C]bool
	state taskState
	// threads says that it asked for one.
	threads bool
}

type taskState int

const (
	unfiltered taskState = iota
	filtered
	parked
	exiting
)

// follow reads until strace ends.
func (tr *tracer[C]) follow(from io.Reader) error {
	tr.tasks, tr.ofThreads = make(map[int]*task[C]), make(map[C]bool)
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		pid, rest, ok := strings.Cut(lines.Text(), " ")
		id, err := strconv.Atoi(pid)
		if !ok || err != nil {
			continue
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "+++ ") {
			tr.end(id)
		} else if call, ok := parseCall(rest); ok {
			tr.call(id, call)
		}
	}
	return lines.Err()
}

func (tr *tracer[C]) call(id int, call rawCall) {
	t := tr.tasks[id]
	if t == nil {
		t = &task[C]{calls: make(map[C]bool)}
		tr.tasks[id] = t
	}
	switch {
	case t.state == unfiltered && call.name == "seccomp":
		clear(t.calls)
		t.state = filtered
		return
	case t.state == filtered && call.name == "write":
		t.state = parked
		return
	case t.state == filtered || t.state == exiting:
		return
	case t.state == unfiltered && call.name == "wait4":
		for other, t := range tr.tasks {
			if t.state == exiting {
				tr.end(other)
			}
		}
	case t.state == parked && call.name == "shutdown":
		t.state = exiting
	}
	t.threads = t.threads || call.name == "clone"
	t.calls[tr.reduce(call)] = true
}

func (tr *tracer[C]) end(id int) {
	t := tr.tasks[id]
	if t == nil {
		return
	}
	delete(tr.tasks, id)
	if t.state == unfiltered {
		for c := range t.calls {
			tr.ofThreads[c] = true
		}
		return
	}
	for c := range tr.ofThreads {
		if t.threads {
			t.calls[c] = true
		}
	}
	clear(tr.ofThreads)
	tr.ended(t.calls)
}

// parseCall reads "NAME(0x1, 0, …" and reports false for what does not begin a
// call: its end, a signal, a name that strace could not read any more.
func parseCall(line string) (rawCall, bool) {
	name, rest, ok := strings.Cut(line, "(")
	if !ok || name == "" || strings.ContainsAny(name, " <+-?") {
		return rawCall{}, false
	}
	end := strings.IndexAny(rest, ")<")
	if end < 0 {
		return rawCall{}, false
	}
	call := rawCall{name: name}
	for word := range strings.SplitSeq(rest[:end], ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		value, err := strconv.ParseUint(word, 0, 64)
		if err != nil {
			return rawCall{}, false
		}
		call.arguments = append(call.arguments, value)
	}
	return call, true
}

// startTrace lets strace follow a zygote until the test ends, and returns
// where the calls of each cell come out.
func startTrace[C comparable](t *testing.T, zygote int, reduce func(rawCall) C) <-chan map[C]bool {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		boxtest.Missing(t, "oci", "strace is not installed: run 'scripts/deps test'")
	}
	var said bytes.Buffer
	// Raw arguments: nothing is read from a cell's memory. To a pipe of its own
	// making strace writes line by line, to a file when it sees fit.
	c := exec.Command(strace, "-f", "-q", "-e", "raw=all", "-e", "signal=none", "-o", "|exec cat", "-p", strconv.Itoa(zygote))
	c.Stderr = &said
	read, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	cells, done := make(chan map[C]bool, 16), make(chan error, 1)
	tr := tracer[C]{reduce: reduce, ended: func(calls map[C]bool) { cells <- calls }}
	go func() {
		done <- tr.follow(read)
		close(cells)
	}()
	t.Cleanup(func() {
		// Told to end, strace lets go of what it follows.
		c.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(10*time.Second, func() { c.Process.Kill() })
		for range cells {
		}
		if err := <-done; err != nil {
			t.Errorf("read what strace writes: %v", err)
		}
		c.Wait()
		kill.Stop()
		if t.Failed() {
			t.Logf("strace said: %s", said.String())
		}
	})
	eventually(t, "strace follows the zygote", func() bool { return traced(zygote) })
	return cells
}
