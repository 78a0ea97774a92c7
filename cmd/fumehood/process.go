package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// leaveProcessors has the daemon's Go code run on half of the processors, unless
// GOMAXPROCS says otherwise. What it does for a compile is little, and done
// sooner by one thread that goes on than by two that wake each other; the
// compiles have use for the rest (docs/adr/022).
func leaveProcessors() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS((runtime.GOMAXPROCS(0) + 1) / 2)
	}
}

// daemonNice is the priority of the daemon, which has a little to do several times
// in each compile: what waits behind a tenant's compiles is then another's cell,
// and not the daemon too. Boxes inherit it, where it means nothing: their groups
// have weights, and in a group all begin with the same.
const daemonNice = -5

// usualNice is what getpriority(2) itself says of a process at nice 0.
const usualNice = 20

// beServedFirst gives the daemon its priority, unless it was started with another
// than the usual one: to each of the threads that there are, from which all others
// inherit it (setpriority(2) is about one thread). A daemon without the right to
// it has the share of any program.
func beServedFirst() {
	nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil || nice != usualNice {
		return
	}
	// One that was not seen may have been started by one that was not yet set.
	for seen, before := threads(), []int(nil); !slices.Equal(seen, before); seen, before = threads(), seen {
		for _, id := range seen {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, daemonNice)
		}
	}
}

// monitorSlack is how much later than it asked for Go's monitor is woken.
const monitorSlack = time.Millisecond

// watchLess has Go's monitor (runtime.sysmon) sleep a millisecond where it means to
// sleep 20 us. It is awake whenever anything is, and in a process that is woken a
// few thousand times a second to do a little each time it takes a quarter of all
// that the process uses (docs/adr/027). What it is there for can wait that long: a
// thread in a system call that blocks is missed a millisecond later.
//
// The monitor is the first thread that the runtime starts. Threads that it starts
// inherit its slack, and have their timers a millisecond late; boxes do not (init
// takes the usual one). It can be set with CAP_SYS_NICE (proc_pid_timerslack_ns(5)),
// and else stays as it is.
func watchLess() {
	if ids := threads(); len(ids) > 1 {
		_ = os.WriteFile(filepath.Join("/proc", strconv.Itoa(ids[1]), "timerslack_ns"), strconv.AppendInt(nil, monitorSlack.Nanoseconds(), 10), 0)
	}
}

// threads are the ids of this process's threads in the order in which they were
// started, as the kernel lists them; none if /proc does not say.
func threads() []int {
	dir, err := os.Open(filepath.Join("/proc", strconv.Itoa(os.Getpid()), "task"))
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var ids []int
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// ballast is memory that nobody touches, and that the kernel therefore never
// gives. The collector counts it as in use, and waits for as much garbage before
// it runs: else a daemon with little in it would collect 40 times a second while
// it answers from its cache, of which each time some callers wait for it.
func ballast() []byte {
	return make([]byte, 32<<20)
}
