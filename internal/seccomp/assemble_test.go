package seccomp_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/seccomp"
)

// Each policy, on each machine, decides every call as its rules say.
func TestAssemble(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text string }{
		{"no rule", ""},
		{"one call", "allow write"},
		{"the first number", "allow read io_setup"},
		{"the last numbers", "allow statmount listmount mseal"},
		{"neighbours that differ", "allow read\ndeny EPERM write\nkill open\nallow close"},
		{"neighbours that agree", "allow read write\nallow open close"},
		{"kill rules change nothing", "kill read\nallow write\nkill open"},
		{"is", "allow kill when arg0 is 1 else EPERM"},
		{"is one of many", "allow fcntl when arg1 is 0,1,2,3,4,1030 else EINVAL"},
		{"lacks", "allow mmap mprotect when arg2 lacks 0x6 else EACCES"},
		{"two conditions", "allow clone when arg0 is 1,2 and arg1 lacks 1 else EPERM"},
		{"three conditions on one argument", "allow clone when arg0 lacks 1 and arg0 lacks 2 and arg0 is 4,5,6 else ENOTTY"},
		{"neighbours with conditions of their own", "allow kill when arg0 is 1 else EPERM\nallow uname when arg0 is 1 else ENOSYS"},
		{"a half that no short jump crosses", long()},
	} {
		for _, m := range machines {
			t.Run(test.name+" on "+m.goarch, func(t *testing.T) {
				t.Parallel()
				p := parse(t, test.text)
				compare(t, p, m, mustLoad(t, p, m))
			})
		}
	}
}

// long is a policy of which each half has more than 255 instructions.
func long() string {
	values := make([]string, 250)
	for i := range values {
		values[i] = fmt.Sprint(2 * i)
	}
	var text strings.Builder
	for _, name := range []string{"write", "fcntl", "ioctl", "mmap", "setns", "getrandom", "statx"} {
		fmt.Fprintf(&text, "allow %s when arg%d is %s else EPERM\n", name, len(name)%6, strings.Join(values, ","))
	}
	return text.String()
}

// The real policies, over all their numbers and values.
func TestAssembleImages(t *testing.T) {
	t.Parallel()
	for _, image := range images {
		for _, m := range machines {
			t.Run(image+" on "+m.goarch, func(t *testing.T) {
				t.Parallel()
				p := policyOf(t, image)
				f := mustLoad(t, p, m)
				compare(t, p, m, f)
				// BPF_MAXINSNS; the kernel takes no longer filter.
				if got, want := f.instructions, 4096; got > want {
					t.Errorf("got %d instructions, want at most %d", got, want)
				}
			})
		}
	}
}

// compare asks filter and rules about every number there may be, with every
// value that a condition speaks of, and the values beside it.
func compare(t *testing.T, p *seccomp.Policy, m machine, f *filter) {
	t.Helper()
	const numbers = 1024
	for number := range uint32(numbers) {
		for _, value := range telling(p) {
			c := m.every(number, value)
			if got, want := f.run(t, c), verdict(p, m, c); got != want {
				t.Fatalf("call %d (%s) with %#x: got %#x, want %#x", number, m.calls.SyscallNumbers[int(number)], value, got, want)
			}
		}
		// No rule reaches across the tables of system calls.
		for _, c := range foreign(m, number) {
			if got := f.run(t, c); got != killed {
				t.Fatalf("call %#x of architecture %#x: got %#x, want %#x", c.number, c.audit, got, uint32(killed))
			}
		}
	}
}

// telling lists the values that may change a verdict, and for each the one
// whose high word differs: conditions look at the low word alone.
func telling(p *seccomp.Policy) []uint64 {
	values := []uint64{0, 1, math.MaxUint32}
	for _, rule := range p.Rules {
		for _, condition := range rule.Conditions {
			for _, value := range condition.Values {
				values = append(values, uint64(value-1), uint64(value), uint64(value+1))
			}
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	for _, value := range values[:len(values):len(values)] {
		values = append(values, value|0x5a5a5a5a<<32)
	}
	return values
}

// foreign lists the same number as other tables have it: the 32-bit ones, the
// other machine's, x32 (amd64 with bit 30), and numbers with other high bits.
func foreign(m machine, number uint32) []call {
	var calls []call
	for _, audit := range []uint32{
		0, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_ARM, unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_AARCH64,
		unix.AUDIT_ARCH_RISCV64, m.audit &^ 0x40000000, m.audit + 1, math.MaxUint32,
	} {
		if audit != m.audit {
			calls = append(calls, call{number: number, audit: audit})
		}
	}
	for _, high := range []uint32{0x40000000, 0x80000000, 0xc0000000, 0x00010000} {
		calls = append(calls, call{number: number | high, audit: m.audit})
	}
	return append(calls, call{number: math.MaxUint32 - number, audit: m.audit})
}

// Two boxes of one policy must get one filter, though rules pass through maps.
func TestAssembleIsDeterministic(t *testing.T) {
	t.Parallel()
	for _, m := range machines {
		first, err := policyOf(t, "ruby").Assemble(m.goarch)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			again, err := policyOf(t, "ruby").Assemble(m.goarch)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, again); diff != "" {
				t.Fatalf("%s (-first +again):\n%s", m.goarch, diff)
			}
		}
	}
}

func TestAssembleErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, goarch, want string }{
		{"no table", "allow read", "riscv64", "no system call table for riscv64"},
		{"no architecture", "allow read", "", "no system call table for "},
		{"no such call", "allow read raed", "amd64", `no system call is named "raed"`},
		{"no such call to kill", "kill raed", "arm64", `no system call is named "raed"`},
		{"a call in capitals", "allow READ", "amd64", `no system call is named "READ"`},
		{"a 32-bit call", "allow socketcall", "amd64", `no system call is named "socketcall"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			program, err := parse(t, test.text).Assemble(test.goarch)
			if err == nil || program != nil || err.Error() != test.want {
				t.Errorf("got %v and %v, want nil and %s", program, err, test.want)
			}
		})
	}
}
