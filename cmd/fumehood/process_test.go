package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// The thread that is told to watch less is Go's monitor: the only one that
// sleeps by nanosleep(2), and the only one that never waits for anything else
// than time and its own note.
func TestTheMonitorIsTheFirstThread(t *testing.T) {
	ids := threads()
	if len(ids) < 2 || ids[0] != os.Getpid() {
		t.Fatalf("threads %v of %d", ids, os.Getpid())
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for tick := time.Tick(100 * time.Microsecond); ; {
			select {
			case <-ended:
				return
			case <-tick:
			}
		}
	}()
	asleep := 0
	for range 2000 {
		switch call := callOf(t, ids[1]); call {
		case unix.SYS_NANOSLEEP:
			asleep++
		case unix.SYS_FUTEX, running:
		default:
			t.Fatalf("the first thread is in system call %d", call)
		}
	}
	if asleep == 0 {
		t.Error("the first thread was never seen to sleep")
	}
}

// running stands for the system call of a thread that is in none.
const running = -1

// callOf is the system call that a thread of this process is in.
func callOf(t *testing.T, id int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", id))
	if err != nil {
		boxtest.Missing(t, "oci", err.Error())
	}
	number, _, _ := bytes.Cut(text, []byte(" "))
	call, err := strconv.Atoi(string(number))
	if err != nil {
		return running
	}
	return call
}

// A daemon is served before others, with all of its threads, and its monitor
// watches less.
func TestServeSetsItsProcessUp(t *testing.T) {
	p := startProgram(t, "--boxes", "ruby")
	nices := make(map[string]int)
	dirs, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.Process.Pid))
	if err != nil || len(dirs) < 2 {
		t.Fatalf("%d threads, %v", len(dirs), err)
	}
	first := 0
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, behind, _ := strings.Cut(string(stat), ") ")
		nices[strings.Fields(behind)[16]]++
		if id, _ := strconv.Atoi(filepath.Base(dir)); id > p.Process.Pid && (first == 0 || id < first) {
			first = id
		}
	}
	if len(nices) != 1 || nices[strconv.Itoa(daemonNice)] == 0 {
		t.Errorf("threads by their priority: %v", nices)
	}
	slack, err := os.ReadFile(fmt.Sprintf("/proc/%d/timerslack_ns", first))
	if err != nil || strings.TrimSpace(string(slack)) != strconv.FormatInt(monitorSlack.Nanoseconds(), 10) {
		t.Errorf("the monitor's slack is %s, %v", slack, err)
	}
}
