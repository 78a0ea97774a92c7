package cell

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/wire"
)

func TestDeath(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		exited  wire.Exited
		want    Death
		suspect bool
	}{
		{"status 0", wire.Exited{Status: 0}, DeathClean, false},
		{"status 112", wire.Exited{Status: 112 << 8}, DeathStatus, false},
		{"killed at a hang-up", wire.Exited{Status: uint32(unix.SIGKILL), Killed: true}, DeathHungUp, false},
		{"killed by the kernel", wire.Exited{Status: uint32(unix.SIGKILL)}, DeathSIGKILL, false},
		{"SIGSYS", wire.Exited{Status: uint32(unix.SIGSYS)}, DeathSIGSYS, true},
		{"SIGSYS with a core, then a hang-up", wire.Exited{Status: uint32(unix.SIGSYS) | 0x80, Killed: true}, DeathSIGSYS, true},
		{"SIGSEGV", wire.Exited{Status: uint32(unix.SIGSEGV)}, DeathSIGSEGV, true},
		{"SIGBUS", wire.Exited{Status: uint32(unix.SIGBUS)}, DeathSIGBUS, true},
		{"SIGILL", wire.Exited{Status: uint32(unix.SIGILL)}, DeathSIGILL, true},
		{"SIGABRT", wire.Exited{Status: uint32(unix.SIGABRT)}, DeathSIGABRT, true},
		{"SIGTRAP", wire.Exited{Status: uint32(unix.SIGTRAP)}, DeathSIGTRAP, true},
		{"SIGALRM", wire.Exited{Status: uint32(unix.SIGALRM)}, DeathSignal, false},
	} {
		got := DeathOf(test.exited)
		if got != test.want || got.Suspect() != test.suspect {
			t.Errorf("%s: %q, suspect %v; want %q, %v", test.name, got, got.Suspect(), test.want, test.suspect)
		}
		if !slices.Contains(Deaths, got) {
			t.Errorf("%s: %q is not in the list", test.name, got)
		}
	}
}
