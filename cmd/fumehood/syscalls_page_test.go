package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/seccomp"
)

// imagesOfPage are the columns of docs/SYSCALLS.md.
var imagesOfPage = []string{"ruby", "node"}

// reasons say why honest sources ask for what they do not get, or why calls
// stay allowed that none makes: by call, by name for all values of it.
var reasons = reasonsByCall(map[string]string{
	"clone3":               "the C library falls back to clone",
	"ioctl arg1 is 0x5401": "Ruby asks whether a new pipe is a terminal",
	"openat":               "Asciidoctor looks for what a source includes, and interpreters for files of their own; all go on without",

	"clock_getres clock_gettime clock_nanosleep gettimeofday nanosleep time times": "another way to a clock; the C library answers most of them without the kernel",
	"readv write poll ppoll select lseek fstat newfstatat close":                   "another form of what is used, on descriptors of its own only",
	"fcntl dup dup2 ioctl":                                                     "flags and copies of descriptors of its own; no engine needs them: a candidate",
	"epoll_create1 epoll_ctl epoll_pwait epoll_wait":                           "a template's own event loop; no engine needs it: a candidate",
	"brk madvise mprotect mremap":                                              "memory, as much and as full as it happens to be",
	"futex rseq sched_getaffinity sched_yield set_robust_list set_tid_address": "locks and threads of the C library, when two meet",
	"gettid exit restart_syscall":                                              "a thread's own life, and a wait that a signal has interrupted",
	"kill tgkill":                                                              "abort and raise of the C library, at itself only",
	"rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack":                     "handlers that the interpreters have in place already",
	"rt_sigpending rt_sigsuspend rt_sigtimedwait":                              "waiting for a signal; no engine needs it: a candidate",
	"timer_create timer_delete timer_getoverrun timer_settime":                 "Ruby's timer, when threads wait for each other",
	"getcwd getegid geteuid getgid getgroups getpgid getpgrp getppid getresgid getresuid getsid getuid": "tells a cell what is the same for all",
	"getpriority getrlimit getrusage sysinfo umask uname":                                               "tells a cell of its limits and of the kernel; no engine needs it: a candidate",
	"exit_group": "how a cell ends behind its result, where the recording stops",
	"prctl":      "names of threads and of memory, and questions about its own walls",
})

func reasonsByCall(groups map[string]string) map[string]string {
	byCall := make(map[string]string)
	for calls, why := range groups {
		if strings.Contains(calls, " arg") {
			byCall[calls] = why
			continue
		}
		for _, call := range strings.Fields(calls) {
			byCall[call] = why
		}
	}
	return byCall
}

const unusedHead = "## Allowed, and used by none\n"

const pageHead = `# System calls that compiles make

What honest sources ask of the kernel, from the moment their cell is parked until its result is out: the cases of corpus/LANGUAGE, and
the controls, which are templates that use what an interpreter offers (threads, clocks, encodings ...). strace has
followed the zygotes on amd64; the answers are those of boxes/ruby/cell.policy and boxes/node/cell.policy. None of these
sources asks for a call that kills. Written by

    go test ./cmd/fumehood -run TestCorpusStaysWithinThePolicy -update

which compiles the whole corpus. Without -update the test compiles some cases of every language and all controls, and
fails at a call that is killed, is refused without a reason below, or is not below. Of the calls that depend on memory and
time alone (%s) a new one is no failure.

`

func pagePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(boxtest.Root(t), "docs", "SYSCALLS.md")
}

func (r *record) publish(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(pagePath(t), []byte(r.page(t, r.words())), 0o644); err != nil {
		t.Fatal(err)
	}
}

// comparePage fails when the page says something else of the policies than
// they do now.
func (r *record) comparePage(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(pagePath(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(text), r.page(t, r.known)); diff != "" {
		t.Errorf("docs/SYSCALLS.md (-page +as it must be; -update writes it):\n%s", diff)
	}
}

func (r *record) page(t *testing.T, u frequency) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, strings.Join(mayOccur, ", "))
	granted, refused := r.rows(u)
	b.WriteString("## Allowed, and used\n\n| Call | Ruby | Node |\n|---|---|---|\n")
	unused := ""
	for _, call := range sortedKeys(granted) {
		ways := granted[call]
		if ways["ruby"] != "" || ways["node"] != "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", call, or(ways["ruby"], "-"), or(ways["node"], "-"))
		}
		var by []string
		for _, image := range imagesOfPage {
			if way, allowed := ways[image]; allowed && way == "" {
				by = append(by, image)
			}
		}
		if len(by) > 0 {
			unused += fmt.Sprintf("| `%s` | %s | %s |\n", call, strings.Join(by, ", "), reasonOf(t, call))
		}
	}
	b.WriteString("\n## Refused, and asked for all the same\n\nWhoever asks has a way around, or the refusal is what its author is told.\n\n")
	b.WriteString("| Call | Answer | Ruby | Node | Why |\n|---|---|---|---|---|\n")
	for _, a := range slices.SortedFunc(maps.Keys(refused), compareAsked) {
		ways := refused[a]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", a.call, a.answer, or(ways["ruby"], "-"), or(ways["node"], "-"), reasonOf(t, a.call))
	}
	b.WriteString("\n" + unusedHead + "\nA call that goes from a policy is tried with this recording and with TestControls.\n\n| Call | Allowed to | Why it stays |\n|---|---|---|\n" + unused)
	return b.String()
}

// rows are the lines of the page: for each call that a policy allows, the
// images it is allowed to, and for each refusal that was met, those that met
// it, with how often.
func (r *record) rows(u frequency) (granted map[string]map[string]string, refused map[asked]map[string]string) {
	granted, refused = make(map[string]map[string]string), make(map[asked]map[string]string)
	for image, p := range r.policies {
		for _, call := range grantedBy(p) {
			if granted[call] == nil {
				granted[call] = make(map[string]string)
			}
			granted[call][image] = u[image][asked{call, "allow"}]
		}
		for a, way := range u[image] {
			if a.answer == "allow" {
				continue
			}
			if refused[a] == nil {
				refused[a] = make(map[string]string)
			}
			refused[a][image] = way
		}
	}
	return granted, refused
}

// grantedBy lists what a policy allows; a call under a condition once for each
// value.
func grantedBy(p *seccomp.Policy) []string {
	var calls []string
	for _, rule := range p.Rules {
		if rule.Verdict != seccomp.Allow {
			continue
		}
		at := slices.IndexFunc(rule.Conditions, func(c seccomp.Condition) bool { return c.Operator == seccomp.Is })
		for _, name := range rule.Names {
			if at < 0 {
				calls = append(calls, name)
				continue
			}
			for _, value := range rule.Conditions[at].Values {
				calls = append(calls, valued(name, rule.Conditions[at].Argument, "is", value))
			}
		}
	}
	return calls
}

func compareAsked(a, b asked) int {
	return cmp.Or(strings.Compare(a.call, b.call), strings.Compare(a.answer, b.answer))
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// reason is that of the very call, or of its name.
func reason(call string) string {
	name, _, _ := strings.Cut(call, " ")
	return or(reasons[call], reasons[name])
}

func reasonOf(t *testing.T, call string) string {
	t.Helper()
	why := reason(call)
	if why == "" {
		t.Errorf("%s has no reason", call)
	}
	return why
}

// readPage reads back what page has written.
func readPage(t *testing.T) frequency {
	t.Helper()
	text, err := os.ReadFile(pagePath(t))
	if err != nil {
		t.Fatal(err)
	}
	u := frequency{"ruby": {}, "node": {}}
	used, _, _ := strings.Cut(string(text), unusedHead)
	for line := range strings.Lines(used) {
		row, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		cells := strings.Split(row, " | ")
		a, ways := asked{strings.TrimSuffix(cells[0], "`"), "allow"}, cells[1:]
		switch len(cells) {
		case 3:
		case 5:
			a.answer, ways = cells[1], cells[2:4]
		default:
			t.Fatalf("docs/SYSCALLS.md: %q is no row", line)
		}
		for i, image := range imagesOfPage {
			if way := strings.TrimSuffix(ways[i], " |\n"); way != "-" {
				u[image][a] = way
			}
		}
	}
	return u
}
