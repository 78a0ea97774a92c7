package cell

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/wire"
)

// Death is how a cell's process ended, as its zygote reports it. It is told by
// the process's status alone: what a cell says of itself does not count.
type Death string

const (
	// DeathUnknown: the box went with the cell, or the cell never was.
	DeathUnknown Death = ""
	DeathClean   Death = "clean"
	// DeathStatus is an exit with a status other than 0.
	DeathStatus Death = "status"
	// DeathHungUp is the zygote's own kill, at a hang-up; DeathSIGKILL the
	// kernel's, for processor time or memory.
	DeathHungUp  Death = "hung_up"
	DeathSIGKILL Death = "sigkill"
	DeathSIGSYS  Death = "sigsys"
	DeathSIGSEGV Death = "sigsegv"
	DeathSIGBUS  Death = "sigbus"
	DeathSIGILL  Death = "sigill"
	DeathSIGABRT Death = "sigabrt"
	// DeathSIGTRAP is how V8 ends when it finds its own heap damaged.
	DeathSIGTRAP Death = "sigtrap"
	DeathSignal  Death = "other_signal"
)

// Deaths lists every way to die but DeathUnknown.
var Deaths = []Death{
	DeathClean, DeathStatus, DeathHungUp, DeathSIGKILL, DeathSIGSYS, DeathSIGSEGV, DeathSIGBUS, DeathSIGILL,
	DeathSIGABRT, DeathSIGTRAP, DeathSignal,
}

// Suspect reports whether this is how a process dies that looks for a hole: in
// its interpreter, by memory that it has damaged, or in the kernel, by a call
// that no compile makes.
func (d Death) Suspect() bool {
	switch d {
	case DeathSIGSYS, DeathSIGSEGV, DeathSIGBUS, DeathSIGILL, DeathSIGABRT, DeathSIGTRAP:
		return true
	default:
		return false
	}
}

// DeathOf tells a death from its report.
func DeathOf(e wire.Exited) Death {
	status := syscall.WaitStatus(e.Status)
	switch {
	case status.Exited() && status.ExitStatus() == 0:
		return DeathClean
	case !status.Signaled():
		return DeathStatus
	}
	switch status.Signal() {
	case unix.SIGKILL:
		// A signal that came before the zygote's stands in the status.
		if e.Killed {
			return DeathHungUp
		}
		return DeathSIGKILL
	case unix.SIGSYS:
		return DeathSIGSYS
	case unix.SIGSEGV:
		return DeathSIGSEGV
	case unix.SIGBUS:
		return DeathSIGBUS
	case unix.SIGILL:
		return DeathSIGILL
	case unix.SIGABRT:
		return DeathSIGABRT
	case unix.SIGTRAP:
		return DeathSIGTRAP
	}
	return DeathSignal
}
