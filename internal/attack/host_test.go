package attack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const rest = " 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 12 0 100 1000 10"
	for text, want := range map[string]process{
		"42 (ruby) S" + rest:          {pid: 42, parent: 7, threads: 12, state: 'S'},
		"42 (a) R 1 (b) Z" + rest:     {pid: 42, parent: 7, threads: 12, state: 'Z'},
		"42 (with space \n) R" + rest: {pid: 42, parent: 7, threads: 12, state: 'R'},
		"42 (ruby) S 7":               {},
		"":                            {},
	} {
		got, ok := parseStat(text)
		if ok != (want.pid > 0) {
			t.Errorf("%q: ok = %t", text, ok)
		}
		if ok && got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// Anything that grows is told; the daemon may hold fewer files than before.
func TestHostChanged(t *testing.T) {
	t.Parallel()
	rest := func() host {
		return host{
			processes: map[string]int{"a": 3}, files: map[string]int{"a": 9}, threads: 4, namespaces: 5, mounts: 6, boxMounts: 7,
			cgroups: 8, runtime: 1, daemonFiles: 20,
		}
	}
	for name, test := range map[string]struct {
		alter func(*host)
		want  string
	}{
		"nothing":              {func(*host) {}, ""},
		"a process":            {func(h *host) { h.processes["a"]++ }, "processes by box: map[a:4], before map[a:3]"},
		"a file in a box":      {func(h *host) { h.files["a"]++ }, "open files by box: map[a:10], before map[a:9]"},
		"a zombie":             {func(h *host) { h.zombies++ }, "1 zombies, before 0"},
		"a thread":             {func(h *host) { h.threads++ }, "5 threads in the boxes, before 4"},
		"a namespace":          {func(h *host) { h.namespaces++ }, "6 namespaces of the boxes, before 5"},
		"a mount":              {func(h *host) { h.mounts++ }, "7 mounts, before 6"},
		"a mount in a box":     {func(h *host) { h.boxMounts++ }, "8 mounts in the boxes, before 7"},
		"a cgroup":             {func(h *host) { h.cgroups++ }, "9 cgroups of boxes, before 8"},
		"a container":          {func(h *host) { h.runtime++ }, "2 containers of the runtime, before 1"},
		"a file of the daemon": {func(h *host) { h.daemonFiles++ }, "21 open files of the daemon, before 20"},
		"one that it closed":   {func(h *host) { h.daemonFiles-- }, ""},
	} {
		now := rest()
		test.alter(&now)
		if got := now.changed(rest()); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestKernelTrouble(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]bool{
		"4,1,2,-;BUG: kernel NULL pointer dereference, address: 0000000000000008\n":                      true,
		"4,1,2,-;general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP\n":   true,
		"3,1,2,-;INFO: task ruby3.1:42 blocked for more than 120 seconds.\n":                             true,
		"0,1,2,-;Kernel panic - not syncing: Fatal exception\n":                                          true,
		"6,1,2,-;ruby3.1[42]: segfault at 0 ip 00007f sp 00007f error 4 in libc.so.6\n":                  false,
		"6,1,2,-;traps: node[42] general protection fault ip:7f sp:7f error:0 in node[400000+1000]\n":    false,
		`5,1,2,-;audit: type=1326 audit(1.2:3): pid=4 comm="BUG: " exe="/usr/bin/ruby3.1" sig=31` + "\n": false,
		"6,1,2,-;Memory cgroup out of memory: Killed process 42 (ruby3.1)\n":                             false,
		"6,1,2,-;all is well\n SUBSYSTEM=BUG: \n":                                                        false,
	} {
		if got := tellsOfTrouble(lineOf(record)); got != want {
			t.Errorf("%q: %t, want %t", record, got, want)
		}
	}
}

// A leak shows however it is spread; the rhythm of a collector does not.
func TestGrowth(t *testing.T) {
	t.Parallel()
	looks := func(kib ...int64) (all []Memory) {
		for _, n := range kib {
			all = append(all, Memory{Daemon: n, Boxes: map[string]int64{"a": n}})
		}
		return all
	}
	for name, test := range map[string]struct {
		looks []Memory
		want  []Growth
	}{
		"too few": {looks(1, 2), nil},
		"up and down": {looks(40_000, 60_000, 50_000, 40_000, 60_000, 50_000), []Growth{
			{"daemon", 60_000, 60_000, true}, {"a", 60_000, 60_000, true},
		}},
		"within the bound": {looks(100_000, 105_000, 105_000+8<<10-5_000), []Growth{
			{"daemon", 100_000, 108_192, true}, {"a", 100_000, 108_192, true},
		}},
		"steadily": {looks(100_000, 110_000, 120_000), []Growth{
			{"daemon", 100_000, 120_000, false}, {"a", 100_000, 120_000, false},
		}},
	} {
		if diff := cmp.Diff(test.want, growth(test.looks)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
