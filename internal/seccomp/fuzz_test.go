package seccomp_test

import (
	"io/fs"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/seccomp"
)

// What parses names each call once and either assembles, and then decides the
// calls that it names as its rules say, or names a call that there is not.
func FuzzParse(f *testing.F) {
	for _, image := range images {
		text, err := fs.ReadFile(boxes.Files, image+"/cell.policy")
		if err != nil {
			f.Fatal(err)
		}
		// A rule at a time: a whole policy takes too long to be varied much.
		for line := range strings.Lines(string(text)) {
			f.Add(line)
		}
	}
	for _, text := range []string{
		"", "# nothing\n", "allow read", "deny EPERM open\nkill bpf\n", "allow raed", "allow a when arg0 is",
		"allow kill tgkill when arg0 is 1,0x2,4294967295 else EPERM",
		"allow mmap when arg2 lacks 0x4 and arg3 is 1 else EACCES",
		"allow read read", "deny open", "allow\x00read", "allow read \xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := seccomp.Parse(text)
		if err != nil {
			return
		}
		seen := make(map[string]bool)
		for _, rule := range p.Rules {
			for _, name := range rule.Names {
				if seen[name] || name == "" || strings.ContainsAny(name, " \t\n#") {
					t.Errorf("got %q for the name of a call, want a word, once", name)
				}
				seen[name] = true
			}
		}
		for _, m := range machines {
			loaded, err := load(p, m)
			if err != nil {
				if unknown(seen) == "" {
					t.Errorf("%s: got %v, want a filter: every name is known", m.goarch, err)
				}
				continue
			}
			decides(t, p, m, loaded)
		}
	})
}

// Whatever the architecture, the number and the arguments, the filters of the
// real policies answer as the rules say.
func FuzzFilter(f *testing.F) {
	for _, m := range machines {
		for _, name := range []string{"read", "mmap", "clone", "futex", "ptrace"} {
			number := uint32(m.calls.SyscallNames[name])
			f.Add(m.audit, number, uint64(0), uint64(1), uint64(7), uint64(0x22), uint64(1)<<32, ^uint64(0))
			f.Add(m.audit, number|0x40000000, uint64(0), uint64(0), uint64(0), uint64(0), uint64(0), uint64(0))
		}
	}
	f.Add(uint32(0), uint32(0), uint64(0), uint64(0), uint64(0), uint64(0), uint64(0), uint64(0))
	f.Add(uint32(unix.AUDIT_ARCH_I386), uint32(11), uint64(1), uint64(1), uint64(1), uint64(1), uint64(1), uint64(1))
	f.Add(uint32(unix.AUDIT_ARCH_ARM), ^uint32(0), uint64(1), uint64(1), uint64(1), uint64(1), uint64(1), uint64(1))
	type loaded struct {
		image  string
		m      machine
		policy *seccomp.Policy
		filter *filter
	}
	var filters []loaded
	for _, image := range images {
		for _, m := range machines {
			p := policyOf(f, image)
			filters = append(filters, loaded{image, m, p, mustLoad(f, p, m)})
		}
	}
	f.Fuzz(func(t *testing.T, audit, number uint32, a0, a1, a2, a3, a4, a5 uint64) {
		c := call{number: number, audit: audit, args: [6]uint64{a0, a1, a2, a3, a4, a5}}
		for _, l := range filters {
			if got, want := l.filter.run(t, c), verdict(l.policy, l.m, c); got != want {
				t.Errorf("%s on %s: %+v: got %#x, want %#x", l.image, l.m.goarch, c, got, want)
			}
		}
	})
}

func decides(t *testing.T, p *seccomp.Policy, m machine, f *filter) {
	t.Helper()
	values := telling(p)
	for _, rule := range p.Rules {
		for _, name := range rule.Names {
			number := uint32(m.calls.SyscallNames[name])
			for _, number := range []uint32{number, number + 1} {
				for _, value := range values[:min(len(values), 20)] {
					c := m.every(number, value)
					if got, want := f.run(t, c), verdict(p, m, c); got != want {
						t.Fatalf("%s: call %d with %#x: got %#x, want %#x", m.goarch, number, value, got, want)
					}
				}
			}
		}
	}
}

// unknown is a name of names that no machine has, or nothing.
func unknown(names map[string]bool) string {
	for name := range names {
		found := false
		for _, m := range machines {
			_, ok := m.calls.SyscallNames[name]
			found = found || ok
		}
		if !found {
			return name
		}
	}
	return ""
}
