package selftest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// Language is what the shim knows a list of system calls by (probe.h).
const Language = "fumehood-probe"

// Call is a line of such a list.
func Call(number int, arguments ...any) string {
	line := "native " + strconv.Itoa(number)
	for _, a := range arguments {
		line += fmt.Sprintf(" %v", a)
	}
	return line + "\n"
}

// page is the argument that stands for the address of a page of zeros.
const page = "@"

// lookFromInside has calls made in cells: those that are refused all in the
// one that is parked, and each that kills in a cell of its own.
func (i *Inspector) lookFromInside(ctx context.Context, b *box.Box, c *cell.Conn) ([]Finding, error) {
	findings, err := i.refusals(ctx, c)
	if err != nil {
		return nil, err
	}
	// The daemon's own walls take a wait, in which the others are tried.
	own := make(chan finding)
	go func() {
		findings, err := i.daemonsOwn(ctx, b)
		own <- finding{findings, err}
	}()
	killing, err := i.killings(ctx, b)
	daemons := <-own
	return slices.Concat(findings, killing, daemons.findings), errors.Join(err, daemons.err)
}

// finding is what a goroutine has found.
type finding struct {
	findings []Finding
	err      error
}

func (i *Inspector) killings(ctx context.Context, b *box.Box) ([]Finding, error) {
	var findings []Finding
	for _, p := range killed {
		result, err := i.run(ctx, b, slot, p.calls, i.Limits)
		if err != nil {
			return nil, err
		}
		if result.Outcome == job.Timeout {
			return nil, fmt.Errorf("%s: the cell did not end in time", p.name)
		}
		// Where the kernel has no table of 32-bit programs, entering it is a fault.
		if result.Outcome != job.Violation && !(p.faults && result.Outcome == job.Crashed) {
			findings = append(findings, Finding{"seccomp", fmt.Sprintf("%s ended with %s, not killed: %s", p.name, result.Outcome, strings.TrimSpace(result.Output))})
		}
	}
	return findings, nil
}

func (i *Inspector) refusals(ctx context.Context, c *cell.Conn) ([]Finding, error) {
	var source strings.Builder
	all := i.refused()
	for _, p := range all {
		source.WriteString(p.calls)
	}
	result, err := runIn(ctx, c, source.String(), i.Limits)
	if err != nil {
		return nil, err
	}
	answers := strings.Fields(result.Output)
	if result.Outcome != job.OK || len(answers) != len(all) {
		return []Finding{{"seccomp", fmt.Sprintf("calls that must be refused ended the cell: %s %v", result.Outcome, result.Diagnostics)}}, nil
	}
	var findings []Finding
	for n, p := range all {
		if answers[n] != p.want {
			findings = append(findings, Finding{p.wall, fmt.Sprintf("in the cell, %s answers %s, not %s", p.name, explain(answers[n]), explain(p.want))})
		}
	}
	return findings, nil
}

// explain gives an error number its name.
func explain(answer string) string {
	n, err := strconv.Atoi(answer)
	if err != nil || n >= 0 {
		return answer
	}
	if name := unix.ErrnoName(unix.Errno(-n)); name != "" {
		return name
	}
	return answer
}

// daemonsOwn are the walls that the daemon keeps by itself: what comes back is
// cut off at its limits.
func (i *Inspector) daemonsOwn(ctx context.Context, b *box.Box) ([]Finding, error) {
	var findings []Finding
	brief := i.Limits
	brief.Wall = 20 * time.Millisecond
	// The cell waits for a word from the daemon that never comes.
	endless, err := i.run(ctx, b, slot+1, Call(unix.SYS_READ, 3, page, 1), brief)
	if err != nil {
		return nil, err
	}
	if endless.Outcome != job.Timeout {
		findings = append(findings, Finding{"wall timer", "a cell that waits for ever ended with " + string(endless.Outcome)})
	}
	short := i.Limits
	short.Output = 1
	flood, err := i.run(ctx, b, slot+1, Call(unix.SYS_GETPID), short)
	if err != nil {
		return nil, err
	}
	if flood.Outcome != job.OutputTooLarge {
		findings = append(findings, Finding{"output cap", "output that is too long ended with " + string(flood.Outcome)})
	}
	return findings, nil
}

// Cells is how many cells an inspection takes: one for what is refused, one for
// each call that kills, one for each of the daemon's own walls.
func Cells() int { return 1 + len(killed) + 2 }

// run has calls made in a cell of their own.
func (i *Inspector) run(ctx context.Context, b *box.Box, slot uint16, calls string, limits job.Limits) (job.Result, error) {
	c, err := cell.Park(ctx, b, slot, limits)
	if err != nil {
		return job.Result{}, err
	}
	return runIn(ctx, c, calls, limits)
}

func runIn(ctx context.Context, c *cell.Conn, calls string, limits job.Limits) (job.Result, error) {
	result, err := c.Run(ctx, job.Job{Language: Language, Options: []byte("{}"), Locals: []byte("{}"), Source: calls, Limits: limits})
	if _, released := c.Release(); err == nil {
		err = released
	}
	return result, err
}
