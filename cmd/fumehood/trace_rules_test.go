package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// traceRules are what strace may have seen of a daemon. Its log, made with
// -f -y, has lines such as
//
//	12 openat(AT_FDCWD</>, "/etc/localtime", O_RDONLY) = 3</usr/share/zoneinfo/UTC>
//	12 execve("/usr/sbin/runc", ["runc", "run"], 0x7f /* 7 vars */ <unfinished ...>
type traceRules struct {
	// open is what each path that the daemon opens must look like, as it was
	// given and as it was found. run is that of the programs that anybody may
	// become; nil if the daemon is to start no process at all.
	open, run *regexp.Regexp
	// daemon are threads that others were started from; none if all of the log
	// is the daemon's.
	daemon []string
}

var (
	tracedCall    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	tracedReturn  = regexp.MustCompile(`^(\d+) +<\.\.\. clone3? resumed>.*= (\d+)$`)
	tracedRefusal = regexp.MustCompile(`^(\d+) +<\.\.\. execve(?:at)? resumed>.*= -1 `)
	tracedPath    = regexp.MustCompile(`^(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"`)
	tracedFound   = regexp.MustCompile(`= \d+<([^>]*)>$`)
	tracedChild   = regexp.MustCompile(`= (\d+)$`)
)

// judge tells what in a log is against the rules.
func (r traceRules) judge(log string) []string {
	var wrong []string
	threads, starting := make(map[string]bool), make(map[string]bool)
	running := make(map[string]string)
	for _, thread := range r.daemon {
		threads[thread] = true
	}
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		if m := tracedReturn.FindStringSubmatch(line); m != nil && starting[m[1]] {
			threads[m[2]] = true
		}
		if m := tracedRefusal.FindStringSubmatch(line); m != nil {
			delete(running, m[1])
		}
		m := tracedCall.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		thread, call, rest := m[1], m[2], m[3]
		own := len(r.daemon) == 0 || threads[thread]
		switch {
		case strings.HasPrefix(call, "clone"), strings.HasSuffix(call, "fork"):
			isThread := strings.Contains(rest, "CLONE_THREAD")
			if own && r.run == nil && !isThread {
				wrong = append(wrong, "a process is started: "+line)
			}
			starting[thread] = own && isThread
			if child := tracedChild.FindStringSubmatch(rest); child != nil && own && isThread {
				threads[child[1]] = true
			}
		case strings.HasPrefix(call, "exec"):
			if !own && strings.Contains(rest, ") = -1 ") {
				break // a cell of a new box has tried, in vain
			}
			if path := tracedPath.FindStringSubmatch(rest); path == nil || r.run == nil || !r.run.MatchString(path[2]) || strings.Contains(rest, `"exec"`) {
				if !own && strings.HasSuffix(rest, "<unfinished ...>") {
					running[thread] = line
					break
				}
				wrong = append(wrong, "a program is run: "+line)
			}
		case own && !r.mayOpen(rest):
			wrong = append(wrong, "a file is opened: "+line)
		}
	}
	for _, line := range running {
		wrong = append(wrong, "a program is run: "+line)
	}
	return wrong
}

func (r traceRules) mayOpen(arguments string) bool {
	path := tracedPath.FindStringSubmatch(arguments)
	if path == nil {
		return false
	}
	name := path[2]
	if !filepath.IsAbs(name) {
		name = filepath.Join(path[1], name)
	}
	if found := tracedFound.FindStringSubmatch(arguments); found != nil && !r.open.MatchString(found[1]) {
		return false
	}
	return r.open.MatchString(name) && name == filepath.Clean(name)
}

// The rules see what they are there for.
func TestTraceRules(t *testing.T) {
	t.Parallel()
	const thread = `10 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} => {parent_tid=[11]}, 88) = 11`
	open, run := regexp.MustCompile(`^/(state/.*|usr/share/zoneinfo/UTC|etc/localtime)$`), regexp.MustCompile(`^/bin/runc$`)
	for name, test := range map[string]struct {
		log   string
		start bool
		want  int
	}{
		"its own state":            {log: `10 openat(AT_FDCWD</>, "/state/lock", O_RDWR) = 3</state/lock>`},
		"another file":             {log: `10 openat(AT_FDCWD</>, "/proc/12/root/tmp/x", O_RDONLY) = 3</tmp/x>`, want: 1},
		"one that is not there":    {log: `10 openat(AT_FDCWD</>, "/proc/12/cwd/x", O_RDONLY) = -1 ENOENT (No such file or directory)`, want: 1},
		"half a line":              {log: `10 open("/proc/12/fd/3", O_RDONLY <unfinished ...>`, want: 1},
		"up and out":               {log: `10 openat(AT_FDCWD</>, "/state/../proc/12/mem", O_RDONLY) = 3</proc/12/mem>`, want: 1},
		"a link that leads out":    {log: `10 openat(AT_FDCWD</>, "/state/link", O_RDONLY) = 3</tmp/x>`, want: 1},
		"a link that may":          {log: `10 openat(AT_FDCWD</>, "/etc/localtime", O_RDONLY) = 3</usr/share/zoneinfo/UTC>`},
		"below a directory":        {log: `10 openat(5</state>, "lock", O_RDWR) = 3</state/lock>`},
		"below another":            {log: `10 openat(5</proc/12/root>, "lock", O_RDWR) = 3</lock>`, want: 1},
		"what is no path":          {log: `10 openat2(5, NULL, {flags=O_PATH}, 24) = -1 EFAULT (Bad address)`, want: 1},
		"a thread":                 {log: thread},
		"a process":                {log: `10 clone(child_stack=NULL, flags=CLONE_VM|CLONE_VFORK|SIGCHLD <unfinished ...>`, want: 1},
		"a fork":                   {log: `10 vfork( <unfinished ...>`, want: 1},
		"a program":                {log: `10 execve("/bin/runc", ["runc", "exec"], 0x7f /* 7 vars */) = 0`, want: 1},
		"the runtime at the start": {log: `12 execve("/bin/runc", ["runc", "run"], 0x7f /* 7 vars */) = 0`, start: true},
		"the runtime, into a box":  {log: `12 execve("/bin/runc", ["runc", "exec", "box"], 0x7f /* 7 vars */) = 0`, start: true, want: 1},
		"a shell at the start":     {log: `12 execve("/bin/sh", ["sh"], 0x7f /* 7 vars */) = 0`, start: true, want: 1},
		"a cell, in vain":          {log: `12 execve("/bin/sh", NULL, NULL) = -1 EPERM (Operation not permitted)`, start: true},
		"a cell, in vain at last": {log: `12 execve("/bin/sh", NULL, NULL <unfinished ...>` + "\n" +
			`12 <... execve resumed>) = -1 EPERM (Operation not permitted)`, start: true},
		"a cell":              {log: `12 execve("/bin/sh", NULL, NULL <unfinished ...>` + "\n" + `12 <... execve resumed>) = 0`, start: true, want: 1},
		"the box's own files": {log: `12 openat(AT_FDCWD</>, "/lib/libc.so.6", O_RDONLY) = 3</lib/libc.so.6>`, start: true},
		"a thread's file":     {log: thread + "\n" + `11 openat(AT_FDCWD</>, "/tmp/x", O_RDONLY) = 3</tmp/x>`, start: true, want: 1},
		"a late thread's file": {log: `10 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f} <unfinished ...>` + "\n" +
			`10 <... clone3 resumed> => {parent_tid=[11]}, 88) = 11` + "\n" + `11 open("/tmp/x", O_RDONLY) = 3</tmp/x>`, start: true, want: 1},
	} {
		rules := traceRules{open: open}
		if test.start {
			rules.run, rules.daemon = run, []string{"10"}
		}
		if got := rules.judge(test.log + "\n"); len(got) != test.want {
			t.Errorf("%s: %q, want %d", name, got, test.want)
		}
	}
}

// boxRules let the daemon start boxes, look at their walls from outside, and do
// nothing else: neither at its start nor later, when a box is replaced.
func boxRules(p *program, threads []string, dataDir, runtime string, interpreters []string) traceRules {
	quoted := make([]string, 0, len(interpreters))
	for _, i := range interpreters {
		quoted = append(quoted, regexp.QuoteMeta(i))
	}
	return traceRules{
		daemon: threads,
		open: regexp.MustCompile(`^(` + strings.Join([]string{
			// what the C library, Go's runtime and its race detector look at
			`/etc/ld\.so\.cache`, `/etc/localtime`, `/usr/share/zoneinfo/.*`, `(/usr)?/lib/.*`, `/dev/null`, `/sys/.*`, `/proc/sys/.*`,
			`/proc/(self|\d+)/(maps|cgroup|mountinfo|auxv)`, `/proc/(self|` + strconv.Itoa(p.Process.Pid) + `)/(environ|cmdline)`,
			// how punctual its monitor has to be
			`/proc/\d+/timerslack_ns`,
			// the self-test: what the kernel itself says of a process
			`/proc(/\d+/(task(/\d+(/status)?)?|fd|limits|oom_score_adj|net/dev|status|smaps_rollup))?`,
			// its own
			regexp.QuoteMeta(p.Path), regexp.QuoteMeta(p.state) + `/.*`, `/run/fumehood-uids/\d+`,
			// images, but nothing in their trees
			regexp.QuoteMeta(dataDir) + `/boxes(/\w+(/\w+(/image\.json)?)?)?`,
		}, "|") + `)$`),
		// runc starts itself again, from a copy in memory or by /proc.
		run: regexp.MustCompile(`^(` + regexp.QuoteMeta(p.Path) + `|` + regexp.QuoteMeta(runtime) +
			`|/proc/self/(exe|fd/\d+)|/fumehood/init|` + strings.Join(quoted, "|") + `)$`),
	}
}
