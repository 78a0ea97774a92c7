package cell_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// niceness is nice(2)'s value of each thread of a process.
func niceness(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		// The system call itself answers 20 less it (getpriority(2)).
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, tid)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, 20-raw)
	}
	return all
}

// Every thread of the cell gets a lower priority, and nobody else does.
func TestNice(t *testing.T) {
	t.Parallel()
	b := boxtest.Start(t, 0)
	c, err := cell.Park(t.Context(), b, slot, boxtest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	zygotes, parked := family(t, b)
	other, err := cell.Park(t.Context(), b, slot+1, boxtest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() {
		j := job.Job{Language: "haml", Options: []byte("{}"), Locals: []byte("{}"), Source: "- Thread.new { loop {} }\n- loop {}", Limits: boxtest.Limits}
		j.Limits.Wall = 2 * time.Second
		_, err := c.Run(t.Context(), j)
		ran <- err
	}()
	want := func(pid, threads, nice int) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			got := niceness(t, pid)
			as := len(got) >= threads
			for _, n := range got {
				as = as && n == nice
			}
			if as {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("process %d has %v, want %d threads or more of %d", pid, got, threads, nice)
			}
		}
	}
	want(parked.PID, 2, 0)
	// Not before it has used its time.
	slowed := make(chan time.Duration, 3)
	c.Nice(5, time.Hour, func(used time.Duration) { slowed <- used })
	c.Nice(6, 0, func(used time.Duration) { slowed <- used })
	c.Nice(7, time.Millisecond, func(used time.Duration) { slowed <- used })
	want(parked.PID, 2, 7)
	if used := <-slowed; used < time.Millisecond || used > time.Minute || len(slowed) > 0 {
		t.Errorf("it has used %v", used)
	}
	for _, zygote := range zygotes {
		want(zygote, 1, 0)
	}
	if err := <-ran; err != nil {
		t.Error(err)
	}
	c.Release()
	// Of a cell that is gone, and beyond what there is: nothing happens.
	c.Nice(19, time.Millisecond, func(time.Duration) { t.Error("a cell that is gone is slowed") })
	other.Nice(1<<31, 0, nil)
	if _, err := other.Release(); err != nil {
		t.Error(err)
	}
}
