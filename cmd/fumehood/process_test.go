package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// The thread that is told to watch less is Go's monitor: the only one that
// sleeps by nanosleep(2) nearly all the time.
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
		case unix.SYS_READ, unix.SYS_WRITE, unix.SYS_ACCEPT4:
			t.Fatalf("the first thread is in system call %d", call)
		}
	}
	if asleep < 1000 {
		t.Errorf("the first thread was seen to sleep %d times of 2000", asleep)
	}
}

// callOf is the system call that a thread of this process is in, -1 for none.
func callOf(t *testing.T, id int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", id))
	if err != nil {
		boxtest.Missing(t, "oci", err.Error())
	}
	number, _, _ := bytes.Cut(text, []byte(" "))
	call, err := strconv.Atoi(string(number))
	if err != nil {
		return -1
	}
	return call
}

// usualSlack is what the kernel gives every process.
const usualSlack = 50 * time.Microsecond

// A daemon is served before others, with all of its threads, and its monitor
// watches less. The timers of its boxes are as exact as anybody's, even if the
// thread that starts them has more slack.
func TestServeSetsItsProcessUp(t *testing.T) {
	const slack = 7 * time.Millisecond
	runtime.LockOSThread() // and it ends with the test
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack.Nanoseconds()), 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	p := startProgram(t, "--boxes", "ruby")
	nices, slacks := make(map[string]int), make(map[time.Duration]int)
	dirs, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, behind, _ := strings.Cut(string(stat), ") ")
		nices[strings.Fields(behind)[16]]++
		slacks[slackOf(t, filepath.Base(dir))]++
	}
	if len(nices) != 1 || nices[strconv.Itoa(daemonNice)] == 0 {
		t.Errorf("threads by their priority: %v", nices)
	}
	if slacks[monitorSlack] == 0 || slacks[slack] == 0 {
		t.Errorf("threads by their slack: %v", slacks)
	}
	ofBoxes := boxtest.Processes(t, func(q boxtest.Process) bool { return p.owns(q) && !strings.Contains(q.Command, "/fumehood/init") })
	if len(ofBoxes) < 2 {
		t.Errorf("%d processes in the box", len(ofBoxes))
	}
	for _, pid := range ofBoxes {
		if got := slackOf(t, strconv.Itoa(pid)); got != usualSlack {
			t.Errorf("a process of the box has a slack of %v", got)
		}
	}
}

func slackOf(t *testing.T, id string) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/" + id + "/timerslack_ns")
	if os.IsNotExist(err) {
		return usualSlack // it has ended
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n)
}
