package doctor_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/doctor"
)

func TestSysctls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		remedy      string
	}{
		{"kernel.unprivileged_bpf_disabled", "0", "kernel.unprivileged_bpf_disabled = 2"},
		{"kernel.io_uring_disabled", "1", "kernel.io_uring_disabled = 2"},
		{"vm.unprivileged_userfaultfd", "1", "vm.unprivileged_userfaultfd = 0"},
		{"kernel.perf_event_paranoid", "-1", "kernel.perf_event_paranoid = 2"},
		{"kernel.yama.ptrace_scope", "0", "kernel.yama.ptrace_scope = 1"},
		{"kernel.kptr_restrict", "1", "kernel.kptr_restrict = 2"},
		{"kernel.dmesg_restrict", "0", "kernel.dmesg_restrict = 1"},
		{"kernel.randomize_va_space", "1", "kernel.randomize_va_space = 2"},
		{"fs.suid_dumpable", "2", "fs.suid_dumpable = 0"},
		{"fs.protected_symlinks", "0", "fs.protected_symlinks = 1"},
		{"fs.protected_hardlinks", "0", "fs.protected_hardlinks = 1"},
		{"fs.protected_fifos", "0", "fs.protected_fifos = 2"},
		{"fs.protected_regular", "0", "fs.protected_regular = 2"},
		{"vm.overcommit_memory", "2", "vm.overcommit_memory = 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := "proc/sys/" + strings.ReplaceAll(c.name, ".", "/")
			checks := doctor.Examine(t.Context(), hostOf(goodFiles.with(files{path: c.value + "\n"})))
			only(t, checks, "caution "+c.name+": "+c.value, "echo '"+c.remedy+"' >> /etc/sysctl.d/")

			checks = doctor.Examine(t.Context(), hostOf(goodFiles.with(files{path: "\x1b[2J"})))
			only(t, checks, "caution "+c.name+`: cannot tell: it is "\x1b[2J"`, c.remedy)
		})
	}
}

// A setting that is not there may have nothing to set.
func TestAbsentSysctls(t *testing.T) {
	t.Parallel()
	const ioUring, yama = "proc/sys/kernel/io_uring_disabled", "proc/sys/kernel/yama/ptrace_scope"
	for _, c := range []struct {
		name   string
		id     string
		change files
		want   doctor.Status
		found  string
	}{
		{"feature built in", "kernel.io_uring_disabled", files{ioUring: absent, "boot/config-6.18.30": "CONFIG_IO_URING=y\n"},
			doctor.Caution, "cannot tell: this kernel has no such setting"},
		{"feature left out", "kernel.io_uring_disabled", files{ioUring: absent, "boot/config-6.18.30": "CONFIG_SECCOMP=y\n"},
			doctor.Pass, "nothing to close: the kernel is built without CONFIG_IO_URING"},
		{"configuration unknown", "kernel.io_uring_disabled", files{ioUring: absent, "boot/config-6.18.30": absent},
			doctor.Caution, "cannot tell: this kernel has no such setting"},
		{"no Yama", "kernel.yama.ptrace_scope", files{yama: absent},
			doctor.Caution, "cannot tell: the kernel has no Yama, or does not use it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := find(t, doctor.Examine(t.Context(), hostOf(goodFiles.with(c.change))), c.id)
			if got.Status != c.want || got.Found != c.found {
				t.Errorf("%s = %s %q, want %s %q", c.id, got.Status, got.Found, c.want, c.found)
			}
		})
	}
}
