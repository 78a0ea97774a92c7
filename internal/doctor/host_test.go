package doctor_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/doctor"
)

// files is a host's root directory: contents by path.
type files map[string]string

// absent, as a content, takes a file away.
const absent = "\x00absent"

func (f files) fs() fstest.MapFS {
	m := make(fstest.MapFS)
	for name, content := range f {
		if content != absent {
			m[name] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	return m
}

// with returns f with some files changed.
func (f files) with(changes files) files {
	all := maps.Clone(f)
	maps.Copy(all, changes)
	return all
}

const mountinfoV2 = "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n" +
	"30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

// goodFiles is a host that passes every check.
var goodFiles = files{
	"proc/self/uid_map":   "         0          0 4294967295\n",
	"proc/self/ns/user":   "",
	"proc/self/mountinfo": mountinfoV2,
	"proc/swaps":          "Filename\tType\tSize\tUsed\tPriority\n",
	"proc/cmdline":        "root=/dev/sda1 quiet\n",
	"proc/cpuinfo":        "vendor_id\t: AuthenticAMD\n",

	"proc/sys/user/max_user_namespaces":         "96365\n",
	"proc/sys/kernel/seccomp/actions_avail":     "kill_process kill_thread trap errno user_notif trace log allow\n",
	"proc/sys/kernel/core_pattern":              "core\n",
	"proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
	"proc/sys/kernel/io_uring_disabled":         "2\n",
	"proc/sys/vm/unprivileged_userfaultfd":      "0\n",
	"proc/sys/kernel/perf_event_paranoid":       "3\n",
	"proc/sys/kernel/yama/ptrace_scope":         "1\n",
	"proc/sys/kernel/kptr_restrict":             "2\n",
	"proc/sys/kernel/dmesg_restrict":            "1\n",
	"proc/sys/kernel/randomize_va_space":        "2\n",
	"proc/sys/fs/suid_dumpable":                 "0\n",
	"proc/sys/fs/protected_symlinks":            "1\n",
	"proc/sys/fs/protected_hardlinks":           "1\n",
	"proc/sys/fs/protected_fifos":               "1\n",
	"proc/sys/fs/protected_regular":             "2\n",
	"proc/sys/vm/overcommit_memory":             "0\n",

	"sys/fs/cgroup/cgroup.controllers":                                "cpuset cpu io memory pids\n",
	"sys/devices/system/cpu/vulnerabilities/meltdown":                 "Not affected\n",
	"sys/devices/system/cpu/vulnerabilities/spectre_v2":               "Mitigation: Retpolines; BHI: Not affected\n",
	"sys/devices/system/cpu/smt/active":                               "0\n",
	"sys/kernel/mm/transparent_hugepage/enabled":                      "always [madvise] never\n",
	"sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock\n",

	"boot/config-6.18.30":          "CONFIG_SECCOMP=y\nCONFIG_INET_ESP=m\n# CONFIG_AF_RXRPC is not set\n",
	"etc/modprobe.d/fumehood.conf": "install esp4 /bin/false\n",
	"srv/fumehood/images/README":   "",
}

// hostOf is a good machine but for its files.
func hostOf(f files) doctor.Host {
	return doctor.Host{
		Files:        f.fs(),
		DataDir:      "/srv/fumehood",
		Uname:        kernel("6.18.30", "#1 SMP"),
		Landlock:     func() (int, error) { return 7, nil },
		Synchronised: func() (bool, error) { return true, nil },
		Space: func(string) (doctor.Space, error) {
			return doctor.Space{FreeBytes: 10 << 30, FreeFiles: 1e6}, nil
		},
		Runtime: runtimeOf(box.PinnedRunc),
	}
}

func kernel(release, version string) func() (string, string, error) {
	return func() (string, string, error) { return release, version, nil }
}

func runtimeOf(version string) func(context.Context) (string, string, error) {
	return func(context.Context) (string, string, error) { return "/usr/bin/runc", version, nil }
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// findings are what tests compare of checks that did not pass: status, name
// and what was found.
func findings(checks []doctor.Check) []string {
	var all []string
	for _, c := range checks {
		if c.Status != doctor.Pass {
			all = append(all, string(c.Status)+" "+c.ID+": "+c.Found)
		}
	}
	return all
}

// find returns the check of that name.
func find(t *testing.T, checks []doctor.Check, id string) doctor.Check {
	t.Helper()
	for _, c := range checks {
		if c.ID == id {
			return c
		}
	}
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.ID)
	}
	t.Fatalf("no check is called %s, of %s", id, strings.Join(ids, " "))
	return doctor.Check{}
}
