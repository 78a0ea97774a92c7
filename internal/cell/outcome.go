package cell

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unicode/utf16"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/wire"
)

// Exit statuses of a cell without a result, as the shim has them (fumehood.h).
const (
	exitWalls  = 111
	exitMemory = 112
)

// judge names the outcome of a cell that ended without a result.
//
// In its namespace a cell is pid 1: nothing it does to itself is a SIGKILL. One
// that the zygote did not send came from the kernel, and is either the hard
// CPU limit's or the memory cgroup's. The zygote sends one when the connection
// ends, which the daemon has not ended here.
//
// zygote is the resident size that the cell shares with its zygote.
func judge(e wire.Exited, limits job.Limits, zygote job.Bytes) (job.Outcome, string) {
	status := syscall.WaitStatus(e.Status)
	cpu := e.User + e.System
	switch {
	case status.Signaled() && status.Signal() == unix.SIGSYS:
		return job.Violation, "the compile made a system call that no compile needs"
	case e.Killed:
		return job.Violation, closedItself
	case status.Signaled() && status.Signal() == unix.SIGKILL && cpu >= limits.CPU:
		return job.Timeout, fmt.Sprintf("the compile used more than %v of processor time", limits.CPU)
	case status.Signaled() && status.Signal() == unix.SIGKILL,
		status.Exited() && status.ExitStatus() == exitMemory,
		// An interpreter that cannot even allocate its error gives up, with
		// some of what it mapped never touched.
		!cleanExit(status) && job.Bytes(e.MaxRSSKiB)*job.KiB > zygote+limits.Memory*3/4:
		return job.OutOfMemory, fmt.Sprintf("the compile needed more than %v of memory", limits.Memory)
	case status.Exited():
		return job.Crashed, fmt.Sprintf("the compile ended its process without a result (status %d)", status.ExitStatus())
	}
	return job.Crashed, fmt.Sprintf("the compile crashed with %s", signalName(status))
}

const closedItself = "the compile closed its connection and went on"

func cleanExit(status syscall.WaitStatus) bool {
	return status.Exited() && status.ExitStatus() == 0
}

func signalName(status syscall.WaitStatus) string {
	if name := unix.SignalName(status.Signal()); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(status.Signal()))
}

func describe(e wire.Exited) string {
	status := syscall.WaitStatus(e.Status)
	switch {
	case status.Exited() && status.ExitStatus() == exitWalls:
		return "a wall that did not come up"
	case status.Exited():
		return fmt.Sprintf("status %d", status.ExitStatus())
	default:
		return signalName(status)
	}
}

func isHangUp(err error) bool {
	return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE)
}

func remark(text string) []job.Diagnostic {
	return []job.Diagnostic{{Severity: job.Error, Message: text}}
}

// maxDiagnostics is the most that an answer carries; the rest says nothing
// more to a reader.
const maxDiagnostics = 100

// diagnostics turns what a cell said into something safe to show: known
// severities, valid text without control characters, files that the job has,
// positions that exist in them.
func diagnostics(j job.Job, said []wire.Diagnostic) []job.Diagnostic {
	if len(said) == 0 {
		return nil
	}
	lines := map[string][]string{"": strings.Split(j.Source, "\n")}
	clean := make([]job.Diagnostic, 0, min(len(said), maxDiagnostics))
	for _, d := range said[:min(len(said), maxDiagnostics)] {
		c := job.Diagnostic{Severity: job.Error, Message: printable(d.Message), Code: printable(d.Code)}
		switch d.Severity {
		case 1:
			c.Severity = job.Warning
		case 2:
			c.Severity = job.Info
		}
		text, known := lines[d.File]
		if !known {
			source, _ := j.Text(d.File)
			text = strings.Split(source, "\n")
			lines[d.File] = text
		}
		if _, has := j.Text(d.File); has {
			c.File = d.File
			c.Line, c.Column = clamp(text, d.Line, d.Column)
			c.EndLine, c.EndColumn = clamp(text, d.EndLine, d.EndColumn)
		}
		if c.Line == 0 || c.EndLine < c.Line || c.EndLine == c.Line && c.EndColumn < c.Column {
			c.EndLine, c.EndColumn = 0, 0
		}
		clean = append(clean, c)
	}
	return clean
}

// clamp moves a position to the nearest one in the source: engines count
// lines of what they generated. The end of a line is a position, and so is the
// empty line behind a final newline: engines find the end of the source there.
func clamp(lines []string, line, column uint32) (int, int) {
	if line == 0 {
		return 0, 0
	}
	if int64(line) > int64(len(lines)) {
		return len(lines), 0
	}
	if column == 0 {
		return int(line), 0
	}
	width := utf16Length(strings.TrimSuffix(lines[line-1], "\r"))
	return int(line), int(min(int64(column), int64(width)+1))
}

func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// printable makes one line of s, without what could deceive a terminal or a
// log.
func printable(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\n", " ")
	return strings.Map(func(r rune) rune {
		if job.Deceives(r) {
			return -1
		}
		return r
	}, s)
}
