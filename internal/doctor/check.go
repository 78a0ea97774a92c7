package doctor

import (
	"context"
	"fmt"
)

// Status is how a check went, from best to worst.
type Status string

// The statuses there are. A host with a Fail should not take strangers'
// sources, or cannot; a Caution is for its operator to weigh.
const (
	Pass    Status = "pass"
	Caution Status = "caution"
	Fail    Status = "fail"
)

// Statuses lists every Status, from best to worst.
var Statuses = []Status{Pass, Caution, Fail}

// Valid reports whether s is one of Statuses.
func (s Status) Valid() bool { return s.rank() >= 0 }

func (s Status) rank() int {
	for i, known := range Statuses {
		if s == known {
			return i
		}
	}
	return -1
}

// Check is one thing that was looked at.
type Check struct {
	// ID is stable, for scripts: lower-case words joined by hyphens, or a
	// sysctl's own name.
	ID string `json:"id"`
	// Looked is where the answer came from: a path, a system call, a command.
	Looked string `json:"looked_at"`
	Status Status `json:"status"`
	// Found is what was seen there.
	Found string `json:"found"`
	// Why is what follows for boxes when it is not as it should be.
	Why string `json:"why"`
	// Remedy is the command or setting that helps, empty for Pass.
	Remedy string `json:"remedy"`
}

// Worst is the worst status in checks, Pass if there are none.
func Worst(checks []Check) Status {
	worst := Pass
	for _, c := range checks {
		if c.Status.rank() > worst.rank() {
			worst = c.Status
		}
	}
	return worst
}

// Examine makes every check of h, in an order that does not change. It takes
// as long as one call of the runtime's --version, five seconds at most.
func Examine(ctx context.Context, h Host) []Check {
	built := readKernelConfig(h)
	checks := []Check{checkRoot(h), checkKernel(h)}
	checks = append(checks, checkKernelBugs(h, built)...)
	checks = append(checks, checkRuntime(ctx, h)...)
	checks = append(checks,
		checkUserNamespaces(h), checkCgroup(h), checkLandlock(h), checkSeccomp(h),
		checkCorePattern(h), checkSwap(h))
	checks = append(checks, checkSysctls(h, built)...)
	return append(checks,
		checkProcessor(h), checkSMT(h), checkHugePages(h), checkDisk(h), checkClock(h), checkClockSource(h))
}

// question is a Check that lacks its answer.
type question struct{ id, looked, why string }

func (q question) answer(s Status, found, remedy string) Check {
	return Check{ID: q.id, Looked: q.looked, Status: s, Found: found, Why: q.why, Remedy: remedy}
}

func (q question) pass(found string) Check            { return q.answer(Pass, found, "") }
func (q question) caution(found, remedy string) Check { return q.answer(Caution, found, remedy) }
func (q question) fail(found, remedy string) Check    { return q.answer(Fail, found, remedy) }

// cannotTell is the answer when there was nothing to look at.
func (q question) cannotTell(err error) Check {
	return q.caution(fmt.Sprintf("cannot tell: %v", err),
		"run 'fumehood doctor' as root on the host itself, not in a container, with /proc and /sys mounted")
}
