package selftest_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/seccomp"
	"github.com/fumehood/fumehood/internal/selftest"
)

// lastCall is above every number that a kernel knows.
const lastCall = 600

// unfiltered are two calls of amd64 that newer kernels let pass by every filter
// of every process, so that a filter cannot break a probe of the kernel's own
// (__secure_computing in kernel/seccomp.c: uretprobe since Linux 6.14, uprobe
// since 6.18). From anywhere but the trampoline that the kernel itself has put
// into the process, the one is a crash and the other ENXIO.
var unfiltered = map[int]func(job.Result) bool{
	335: func(r job.Result) bool { return r.Outcome == job.Crashed },
	336: func(r job.Result) bool { return r.Output == strconv.Itoa(-int(unix.ENXIO))+"\n" },
}

// Every system call, made in a cell of each class with nonsense for arguments,
// is answered as the policy's table says: the filter that the kernel runs is
// the one that was written down, and nothing before it or behind it answers in
// its place.
func TestSweep(t *testing.T) {
	t.Parallel()
	calls, err := arch.GetInfo(runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ruby", "node-templates"} {
		starter := boxtest.StarterOf(t, kind, 0)
		b := boxtest.Begin(t, starter)
		for _, argument := range []int64{-1, 0} {
			t.Run(fmt.Sprintf("%s with %d", kind, argument), func(t *testing.T) {
				t.Parallel()
				sweep(t, b, starter.Policy.Filter, calls, argument)
			})
		}
	}
}

func sweep(t *testing.T, b *box.Box, policy *seccomp.Policy, calls *arch.Info, argument int64) {
	numbers := make(chan int)
	var mu sync.Mutex
	counts := make(map[string]int)
	var sweepers sync.WaitGroup
	// The two sweeps of a box share its slots.
	for n := range 3 {
		slot := uint16(1 + n + 3*int(argument+1))
		sweepers.Go(func() {
			for number := range numbers {
				name := calls.SyscallNumbers[number]
				got := callIn(t, b, slot, number, argument)
				v, errno := policy.Answer(name, [6]uint64{
					uint64(argument), uint64(argument), uint64(argument), uint64(argument), uint64(argument), uint64(argument),
				})
				if harmless := unfiltered[number]; runtime.GOARCH == "amd64" && harmless != nil && harmless(got) {
					continue
				}
				if problem := compare(got, v, errno); problem != "" {
					t.Errorf("%d %s: %s, the policy says %s %s", number, name, problem, v, errno)
				}
				mu.Lock()
				counts[string(v)]++
				mu.Unlock()
			}
		})
	}
	for number := range lastCall + 1 {
		numbers <- number
	}
	close(numbers)
	sweepers.Wait()
	t.Logf("%v", counts)
	for _, v := range []seccomp.Verdict{seccomp.Allow, seccomp.Deny, seccomp.Kill} {
		if counts[string(v)] < 20 {
			t.Errorf("the policy's table answers only %d calls with %s: not the policy of a cell", counts[string(v)], v)
		}
	}
}

// callIn makes one call in a cell of its own.
func callIn(t *testing.T, b *box.Box, slot uint16, number int, argument int64) job.Result {
	t.Helper()
	limits := boxtest.Limits
	// Some wait for ever, which only shows that they may.
	limits.Wall = 300 * time.Millisecond
	c, err := cell.Park(t.Context(), b, slot, limits)
	if err != nil {
		t.Fatal(err)
	}
	result, err := c.Run(t.Context(), job.Job{
		Language: selftest.Language, Options: []byte("{}"), Locals: []byte("{}"), Limits: limits,
		Source: selftest.Call(number, argument, argument, argument, argument, argument, argument),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Release(); err != nil {
		t.Fatal(err)
	}
	return result
}

// compare tells what is wrong with an answer, or "".
func compare(got job.Result, v seccomp.Verdict, errno string) string {
	said := fmt.Sprint(got.Outcome, " ", strings.TrimSpace(got.Output))
	switch v {
	case seccomp.Kill:
		if got.Outcome != job.Violation {
			return said + ", not killed"
		}
	case seccomp.Deny:
		if n, err := strconv.Atoi(strings.TrimSpace(got.Output)); got.Outcome != job.OK || err != nil || unix.ErrnoName(unix.Errno(-n)) != errno {
			return said + ", not refused"
		}
	case seccomp.Allow:
		// Ending, crashing and waiting are what some calls are for. What the
		// kernel itself says to nonsense is none of what a policy says.
		for _, refusal := range []unix.Errno{unix.EPERM, unix.EACCES, unix.ENOSYS} {
			if got.Output == strconv.Itoa(-int(refusal))+"\n" {
				return said + ", not allowed"
			}
		}
		if got.Outcome == job.Violation {
			return said + ", not allowed"
		}
	}
	return ""
}
