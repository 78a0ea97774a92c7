package seccomp_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/seccomp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       []seccomp.Rule
	}{
		{"nothing", "", nil},
		{"only comments and white space", "# allow read\n\n \t # x\n", nil},
		{"allow", "allow read write", []seccomp.Rule{
			{Verdict: seccomp.Allow, Names: []string{"read", "write"}},
		}},
		{"deny", "deny ENOSYS clone3", []seccomp.Rule{
			{Verdict: seccomp.Deny, Errno: "ENOSYS", Names: []string{"clone3"}},
		}},
		{"kill", "kill bpf", []seccomp.Rule{
			{Verdict: seccomp.Kill, Names: []string{"bpf"}},
		}},
		{"is", "allow kill tgkill when arg0 is 1 else EPERM", []seccomp.Rule{{
			Verdict: seccomp.Allow, Errno: "EPERM", Names: []string{"kill", "tgkill"},
			Conditions: []seccomp.Condition{{Argument: 0, Operator: seccomp.Is, Values: []uint32{1}}},
		}}},
		{"is one of many, in each base", "allow fcntl when arg5 is 10,0x10,0o10,0b10,1_0,0xffffffff else EINVAL", []seccomp.Rule{{
			Verdict: seccomp.Allow, Errno: "EINVAL", Names: []string{"fcntl"},
			Conditions: []seccomp.Condition{{Argument: 5, Operator: seccomp.Is, Values: []uint32{10, 16, 8, 2, 10, 0xffffffff}}},
		}}},
		{"lacks", "allow mmap when arg2 lacks 0x4 else EACCES", []seccomp.Rule{{
			Verdict: seccomp.Allow, Errno: "EACCES", Names: []string{"mmap"},
			Conditions: []seccomp.Condition{{Argument: 2, Operator: seccomp.Lacks, Values: []uint32{4}}},
		}}},
		{"two conditions", "allow mmap when arg2 lacks 4 and arg3 is 1,2 else EPERM", []seccomp.Rule{{
			Verdict: seccomp.Allow, Errno: "EPERM", Names: []string{"mmap"},
			Conditions: []seccomp.Condition{
				{Argument: 2, Operator: seccomp.Lacks, Values: []uint32{4}},
				{Argument: 3, Operator: seccomp.Is, Values: []uint32{1, 2}},
			},
		}}},
		{"many lines", "\nallow read # most of all\r\n\tdeny EPERM  open\nkill bpf", []seccomp.Rule{
			{Verdict: seccomp.Allow, Names: []string{"read"}},
			{Verdict: seccomp.Deny, Errno: "EPERM", Names: []string{"open"}},
			{Verdict: seccomp.Kill, Names: []string{"bpf"}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := seccomp.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&seccomp.Policy{Rules: test.want}, got); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"unknown verdict", "permit read", `line 1: "permit" is none of allow, deny, kill`},
		{"verdict in capitals", "allow read\nAllow write", `line 2: "Allow" is none of allow, deny, kill`},
		{"comments and blank lines count", "# one\n\n  \nlog read", `line 4: "log" is none of allow, deny, kill`},
		{"allow without a name", "allow", "line 1: allow needs the name of a system call"},
		{"kill without a name", "allow read\nkill # nothing", "line 2: kill needs the name of a system call"},
		{"conditions without a name", "allow when arg0 is 1 else EPERM", "line 1: allow needs the name of a system call"},
		{"deny without an error name", "deny", "line 1: deny needs an error name"},
		{"deny without a name", "deny EPERM", "line 1: deny needs the name of a system call"},
		{"unknown error name", "deny EWHAT read", `line 1: unknown error name "EWHAT"`},
		{"error name left out", "deny open openat", `line 1: unknown error name "open"`},
		{"unknown error name behind else", "allow kill when arg0 is 1 else EWHAT", `line 1: unknown error name "EWHAT"`},
		{"named twice", "allow read\nallow write\ndeny EPERM close read", "line 3: read has a rule on line 1 already"},
		{"named twice on one line", "\nallow read read", "line 2: read has a rule on line 2 already"},
		{"named twice, killed", "kill bpf\nkill bpf", "line 2: bpf has a rule on line 1 already"},
		{"deny with conditions", "deny EPERM kill when arg0 is 1 else EPERM", "line 1: only allow takes conditions"},
		{"kill with conditions", "kill kill when arg0 is 1 else EPERM", "line 1: only allow takes conditions"},
		{"when without a condition", "allow kill when", "line 1: conditions end with: else ERRNO"},
		{"no else", "allow kill when arg0 is 1", "line 1: conditions end with: else ERRNO"},
		{"no error name behind else", "allow kill when arg0 is 1 else", "line 1: conditions end with: else ERRNO"},
		{"only else", "allow kill when else EPERM", "line 1: conditions end with: else ERRNO"},
		{"a word too many", "allow kill when arg0 is 1 or else EPERM", `line 1: "or" where and was due`},
		{"half a second condition", "allow kill when arg0 is 1 and arg1 is else EPERM", `line 1: cannot read condition "arg1 is"`},
		{"no such argument", "allow kill when arg6 is 1 else EPERM", `line 1: "arg6" is none of arg0 to arg5`},
		{"argument below 0", "allow kill when arg-1 is 1 else EPERM", `line 1: "arg-1" is none of arg0 to arg5`},
		{"argument without a number", "allow kill when arg is 1 else EPERM", `line 1: "arg" is none of arg0 to arg5`},
		{"argument by another name", "allow kill when pid0 is 1 else EPERM", `line 1: "pid0" is none of arg0 to arg5`},
		{"value over 32 bits", "allow kill when arg0 is 0x100000000 else EPERM", `line 1: "0x100000000" is no 32-bit number`},
		{"value below 0", "allow kill when arg0 is -1 else EPERM", `line 1: "-1" is no 32-bit number`},
		{"value by name", "allow kill when arg0 is SELF else EPERM", `line 1: "SELF" is no 32-bit number`},
		{"empty value", "allow kill when arg0 is 1,,2 else EPERM", `line 1: "" is no 32-bit number`},
		{
			"unknown operator", "allow kill when arg0 has 1 else EPERM",
			`line 1: condition "has" "1" is neither: is VALUE[,VALUE], nor: lacks MASK`,
		},
		{
			"lacks with two masks", "allow mmap when arg2 lacks 4,8 else EPERM",
			`line 1: condition "lacks" "4,8" is neither: is VALUE[,VALUE], nor: lacks MASK`,
		},
		{"mistake in the second condition", "allow kill when arg0 is 1 and arg9 is 1 else EPERM", `line 1: "arg9" is none of arg0 to arg5`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			policy, err := seccomp.Parse(test.text)
			if err == nil {
				t.Fatalf("got %+v, want the error %q", policy, test.want)
			}
			if got := err.Error(); policy != nil || got != test.want {
				t.Errorf("got %v and %q, want nil and %q", policy, got, test.want)
			}
		})
	}
}

// A line longer than a scanner's buffer must not end the policy early.
func TestParseLongLine(t *testing.T) {
	t.Parallel()
	text := "allow read\n# " + strings.Repeat("x", 1<<20) + "\nkill bpf\n"
	if got, err := seccomp.Parse(text); err == nil && len(got.Rules) != 2 {
		t.Errorf("got %d rules and no error, want 2 rules or an error", len(got.Rules))
	}
}

func TestRuleErrnoNumber(t *testing.T) {
	t.Parallel()
	// As in include/uapi/asm-generic/errno-base.h and errno.h.
	want := map[string]uint{"": 0, "EPERM": 1, "EACCES": 13, "EINVAL": 22, "ENOTTY": 25, "ENOSYS": 38}
	got := make(map[string]uint)
	for name := range want {
		got[name] = seccomp.Rule{Errno: name}.ErrnoNumber()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}
