package seccomp_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// From include/uapi/linux/futex.h and asm-generic/ioctls.h.
const (
	futexWait, futexWake, futexRequeue, futexCmpRequeue = 0, 1, 3, 4
	futexWakeOp, futexWaitBitset, futexWakeBitset       = 5, 9, 10
	futexPrivate, futexClockRealtime                    = 128, 256

	fionbio, fionread, fionclex, fioclex = 0x5421, 0x541b, 0x5450, 0x5451
)

// pthreadCreate is what glibc's pthread_create gives to clone(2).
const pthreadCreate = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD |
	unix.CLONE_SYSVSEM | unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID

// conditional says, by the kernel's names and not the policy's numbers, which
// values of an argument the ruby policy lets pass.
var conditional = []struct {
	call     string
	argument int
	pass     []uint32
	errno    unix.Errno
}{
	{"fcntl", 1, []uint32{unix.F_DUPFD, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL, unix.F_DUPFD_CLOEXEC}, unix.EPERM},
	{"ioctl", 1, []uint32{fionclex, fioclex, fionbio, fionread}, unix.ENOTTY},
	{"newfstatat", 3, []uint32{unix.AT_EMPTY_PATH}, unix.EACCES},
	{"madvise", 2, []uint32{
		unix.MADV_NORMAL, unix.MADV_WILLNEED, unix.MADV_DONTNEED, unix.MADV_FREE, unix.MADV_POPULATE_WRITE,
	}, unix.EINVAL},
	{"clone", 0, []uint32{pthreadCreate}, unix.EPERM},
	{"futex", 1, []uint32{
		futexWait, futexWake, futexRequeue, futexCmpRequeue, futexWakeOp, futexWaitBitset, futexWakeBitset,
		futexWait | futexPrivate, futexWake | futexPrivate, futexRequeue | futexPrivate, futexCmpRequeue | futexPrivate,
		futexWakeOp | futexPrivate, futexWaitBitset | futexPrivate, futexWakeBitset | futexPrivate,
		futexWaitBitset | futexClockRealtime, futexWaitBitset | futexPrivate | futexClockRealtime,
	}, unix.ENOSYS},
	{"kill", 0, []uint32{1}, unix.EPERM},
	{"tgkill", 0, []uint32{1}, unix.EPERM},
	{"timer_create", 0, []uint32{unix.CLOCK_MONOTONIC}, unix.EPERM},
	{"prlimit64", 0, []uint32{0}, unix.EPERM},
	{"prctl", 0, []uint32{
		unix.PR_GET_DUMPABLE, unix.PR_SET_NAME, unix.PR_GET_NAME, unix.PR_GET_SECCOMP, unix.PR_GET_NO_NEW_PRIVS, unix.PR_SET_VMA,
	}, unix.EPERM},
}

// withoutBits are the calls that pass unless a bit is set.
var withoutBits = []struct {
	call     string
	argument int
	bits     uint32
	errno    unix.Errno
}{
	{"mmap", 2, unix.PROT_EXEC, unix.EPERM},
	{"mmap", 3, unix.MAP_SHARED, unix.EPERM},
	{"mprotect", 2, unix.PROT_EXEC, unix.EPERM},
}

// The high word of an argument is no part of what the kernel compares either.
var highWords = []uint64{0, 1 << 32, 0xffffffff << 32}

func TestRubyConditions(t *testing.T) {
	t.Parallel()
	for _, m := range machines {
		f := mustLoad(t, policyOf(t, "ruby"), m)
		for _, test := range conditional {
			if _, ok := m.calls.SyscallNames[test.call]; !ok {
				continue
			}
			t.Run(test.call+" on "+m.goarch, func(t *testing.T) {
				t.Parallel()
				values := slices.Concat(test.pass, mutations(test.pass))
				for _, value := range values {
					want := uint32(allowed)
					if !slices.Contains(test.pass, value) {
						want = refused | uint32(test.errno)
					}
					for _, high := range highWords {
						c := m.with(test.call, test.argument, high|uint64(value))
						if got := f.run(t, c); got != want {
							t.Errorf("argument %d of %#x: got %#x, want %#x", test.argument, c.args[test.argument], got, want)
						}
					}
				}
			})
		}
	}
}

// mutations are the values one bit or one step away from those given.
func mutations(values []uint32) []uint32 {
	var mutated []uint32
	for _, value := range values {
		mutated = append(mutated, value-1, value+1, ^value)
		for bit := range 32 {
			mutated = append(mutated, value^1<<bit)
		}
	}
	return mutated
}

func TestRubyBits(t *testing.T) {
	t.Parallel()
	for _, m := range machines {
		f := mustLoad(t, policyOf(t, "ruby"), m)
		for _, test := range withoutBits {
			t.Run(test.call+" on "+m.goarch, func(t *testing.T) {
				t.Parallel()
				for _, value := range mutations([]uint32{0, 1, 2, 3, test.bits}) {
					want := uint32(allowed)
					if value&test.bits != 0 {
						want = refused | uint32(test.errno)
					}
					for _, high := range highWords {
						c := m.with(test.call, test.argument, high|uint64(value))
						if got := f.run(t, c); got != want {
							t.Errorf("argument %d of %#x: got %#x, want %#x", test.argument, c.args[test.argument], got, want)
						}
					}
				}
			})
		}
	}
}

// A condition that is new in the policy needs its line above.
func TestRubyConditionsAreAllHere(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, rule := range policyOf(t, "ruby").Rules {
		if len(rule.Conditions) > 0 {
			got = append(got, rule.Names...)
		}
	}
	for _, test := range conditional {
		want = append(want, test.call)
	}
	for _, test := range withoutBits {
		want = append(want, test.call)
	}
	slices.Sort(got)
	slices.Sort(want)
	want = slices.Compact(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls with conditions (-tested +in the policy):\n%s", diff)
	}
}
