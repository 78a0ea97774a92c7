package cell

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/wire"
)

// exited and signalled are wait statuses, as wait4(2) encodes them.
func exited(status uint32) uint32 { return status << 8 }

func signalled(signal unix.Signal) uint32 { return uint32(signal) }

const dumped = 0x80

func TestJudge(t *testing.T) {
	t.Parallel()
	limits := job.Limits{CPU: 2 * time.Second, Memory: 256 * job.MiB}
	const (
		zygote    = 20 * job.MiB
		muchRSS   = (192+20)<<10 + 1
		violation = "the compile made a system call that no compile needs"
		tooLong   = "the compile used more than 2s of processor time"
		tooBig    = "the compile needed more than 256MiB of memory"
	)
	noResult := func(status int) string {
		return fmt.Sprintf("the compile ended its process without a result (status %d)", status)
	}
	for _, test := range []struct {
		name   string
		exited wire.Exited
		want   job.Outcome
		text   string
	}{
		{"SIGSYS", wire.Exited{Status: signalled(unix.SIGSYS)}, job.Violation, violation},
		{"SIGSYS with a core", wire.Exited{Status: signalled(unix.SIGSYS) | dumped}, job.Violation, violation},
		{
			"SIGSYS, whatever it used", wire.Exited{Status: signalled(unix.SIGSYS), User: time.Minute, MaxRSSKiB: muchRSS},
			job.Violation, violation,
		},

		{"SIGKILL at the CPU limit, user", wire.Exited{Status: signalled(unix.SIGKILL), User: 2 * time.Second}, job.Timeout, tooLong},
		{"SIGKILL at the CPU limit, system", wire.Exited{Status: signalled(unix.SIGKILL), System: 2 * time.Second}, job.Timeout, tooLong},
		{
			"SIGKILL at the CPU limit, both", wire.Exited{Status: signalled(unix.SIGKILL), User: time.Second, System: time.Second},
			job.Timeout, tooLong,
		},
		{
			"SIGKILL over the CPU limit with much memory",
			wire.Exited{Status: signalled(unix.SIGKILL), User: 3 * time.Second, MaxRSSKiB: muchRSS}, job.Timeout, tooLong,
		},
		{
			"SIGKILL just below the CPU limit",
			wire.Exited{Status: signalled(unix.SIGKILL), User: 2*time.Second - time.Microsecond}, job.OutOfMemory, tooBig,
		},
		{"SIGKILL by the zygote", wire.Exited{Status: signalled(unix.SIGKILL), Killed: true}, job.Violation, closedItself},
		{"SIGKILL that nobody here sent", wire.Exited{Status: signalled(unix.SIGKILL)}, job.OutOfMemory, tooBig},

		{"the interpreter ran out of memory", wire.Exited{Status: exited(112)}, job.OutOfMemory, tooBig},
		{"the interpreter ran out of memory, late", wire.Exited{Status: exited(112), User: time.Minute}, job.OutOfMemory, tooBig},
		{"SIGABRT with much memory", wire.Exited{Status: signalled(unix.SIGABRT), MaxRSSKiB: muchRSS}, job.OutOfMemory, tooBig},
		{"status 1 with much memory", wire.Exited{Status: exited(1), MaxRSSKiB: muchRSS}, job.OutOfMemory, tooBig},
		{"status 1 with as much as allowed", wire.Exited{Status: exited(1), MaxRSSKiB: muchRSS - 1}, job.Crashed, noResult(1)},
		{"status 0 with much memory", wire.Exited{Status: exited(0), MaxRSSKiB: muchRSS}, job.Crashed, noResult(0)},

		{"a page that ends like a cell without walls", wire.Exited{Status: exited(111)}, job.Crashed, noResult(111)},
		{"no result in the interpreter", wire.Exited{Status: exited(113)}, job.Crashed, noResult(113)},
		{"the daemon's side was wrong", wire.Exited{Status: exited(114)}, job.Crashed, noResult(114)},
		{"status 0", wire.Exited{Status: exited(0)}, job.Crashed, noResult(0)},
		{"status 1", wire.Exited{Status: exited(1)}, job.Crashed, noResult(1)},
		{"status 255", wire.Exited{Status: exited(255)}, job.Crashed, noResult(255)},
		{"status 9 is no SIGKILL", wire.Exited{Status: exited(9), User: time.Minute}, job.Crashed, noResult(9)},

		{"SIGSEGV", wire.Exited{Status: signalled(unix.SIGSEGV)}, job.Crashed, "the compile crashed with SIGSEGV"},
		{"SIGABRT with a core", wire.Exited{Status: signalled(unix.SIGABRT) | dumped}, job.Crashed, "the compile crashed with SIGABRT"},
		{"SIGSEGV after much time", wire.Exited{Status: signalled(unix.SIGSEGV), User: time.Minute}, job.Crashed, "the compile crashed with SIGSEGV"},
		{"a signal without a name", wire.Exited{Status: signalled(42)}, job.Crashed, "the compile crashed with signal 42"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, text := judge(test.exited, limits, zygote)
			if got != test.want || text != test.text {
				t.Errorf("got %s, %q, want %s, %q", got, text, test.want, test.text)
			}
		})
	}
}

// What cells that end without a result say of it, by the shim's own names. A
// status that is new in the shim fails here until it has an outcome.
func TestOutcomeOfTheShimsStatuses(t *testing.T) {
	t.Parallel()
	want := map[string]job.Outcome{
		"FH_EXIT_WALLS":     job.Crashed,
		"FH_EXIT_MEMORY":    job.OutOfMemory,
		"FH_EXIT_NO_RESULT": job.Crashed,
		"FH_EXIT_PROTOCOL":  job.Crashed,
	}
	got := make(map[string]job.Outcome)
	const zygote = 20 * job.MiB
	for name, status := range shimStatuses(t) {
		got[name], _ = judge(wire.Exited{Status: exited(status)}, job.Limits{CPU: time.Second, Memory: job.MiB}, zygote)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestOutcomeStatusesAreTheShims(t *testing.T) {
	t.Parallel()
	statuses := shimStatuses(t)
	want := map[string]uint32{"FH_EXIT_WALLS": exitWalls, "FH_EXIT_MEMORY": exitMemory}
	got := make(map[string]uint32)
	for name := range want {
		got[name] = statuses[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses (-Go +C):\n%s", diff)
	}
}

var exitStatus = regexp.MustCompile(`\b(FH_EXIT_[A-Z_]+)\s*=\s*([0-9]+)\b`)

func shimStatuses(t *testing.T) map[string]uint32 {
	t.Helper()
	text, err := fs.ReadFile(boxes.Files, "shim/fumehood.h")
	if err != nil {
		t.Fatal(err)
	}
	statuses := make(map[string]uint32)
	for _, match := range exitStatus.FindAllStringSubmatch(string(text), -1) {
		number, err := strconv.ParseUint(match[2], 10, 8)
		if err != nil {
			t.Fatal(err)
		}
		statuses[match[1]] = uint32(number)
	}
	return statuses
}

func TestOutcomeDescribe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status uint32
		want   string
	}{
		{"a wall", exited(111), "a wall that did not come up"},
		{"a status", exited(114), "status 114"},
		{"a signal", signalled(unix.SIGKILL), "SIGKILL"},
		{"a signal without a name", signalled(42), "signal 42"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := describe(wire.Exited{Status: test.status}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
