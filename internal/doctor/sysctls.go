package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// sysctl is a number that should lie within bounds. None of them keeps a box
// from starting or a cell from being walled, so none is worth a Fail.
type sysctl struct {
	name        string
	least, most int64
	// advised is what the remedy sets.
	advised string
	why     string
	// closes is the option of the kernel whose feature the setting closes:
	// without the feature there is nothing to close. It may be empty.
	closes string
}

var sysctls = []sysctl{
	{"kernel.unprivileged_bpf_disabled", 1, 2, "2",
		"bpf is refused to cells; to everybody else on the host it is a way into the kernel", "CONFIG_BPF_SYSCALL"},
	{"kernel.io_uring_disabled", 2, 2, "2",
		"io_uring goes past system-call filters; it is refused to cells, and no part of Fumehood uses it", "CONFIG_IO_URING"},
	{"vm.unprivileged_userfaultfd", 0, 0, "0",
		"userfaultfd makes races in the kernel easy to win; it is refused to cells", "CONFIG_USERFAULTFD"},
	{"kernel.perf_event_paranoid", 2, 4, "2",
		"performance counters tell processes about each other, and are a way into the kernel", "CONFIG_PERF_EVENTS"},
	{"kernel.yama.ptrace_scope", 1, 3, "1",
		"a process taken over on the host could read the memory of others of its uid", ""},
	{"kernel.kptr_restrict", 2, 2, "2",
		"the kernel's addresses in /proc help whoever has half a way into the kernel", ""},
	{"kernel.dmesg_restrict", 1, 1, "1",
		"the kernel's log tells everybody its addresses, and what crashed", ""},
	{"kernel.randomize_va_space", 2, 2, "2",
		"addresses in zygotes and the daemon could be known beforehand", ""},
	{"fs.suid_dumpable", 0, 0, "0",
		"memory of privileged programs could be dumped to where others get at it", ""},
	{"fs.protected_symlinks", 1, 1, "1",
		"programs of the host can be led through links that others put into /tmp", ""},
	{"fs.protected_hardlinks", 1, 1, "1",
		"programs of the host can be led to files that others linked", ""},
	{"fs.protected_fifos", 1, 2, "2",
		"programs of the host can be given a pipe of others for a file of their own in /tmp", ""},
	{"fs.protected_regular", 1, 2, "2",
		"programs of the host can be given a file of others for one of their own in /tmp", ""},
	{"vm.overcommit_memory", 0, 1, "0",
		"with strict accounting forks are refused: V8 reserves addresses that it never touches", ""},
}

func checkSysctls(h Host, built kernelConfig) []Check {
	checks := make([]Check, 0, len(sysctls))
	for _, s := range sysctls {
		checks = append(checks, s.check(h, built))
	}
	return checks
}

func (s sysctl) check(h Host, built kernelConfig) Check {
	q := question{s.name, "/" + sysctlPath(s.name), s.why}
	text, err := h.line(sysctlPath(s.name))
	if err != nil {
		return s.absent(q, h, built, err)
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return q.caution(fmt.Sprintf("cannot tell: it is %.40q", text), setSysctl(s.name, s.advised))
	}
	if value < s.least || value > s.most {
		return q.caution(text, setSysctl(s.name, s.advised))
	}
	return q.pass(text)
}

func (s sysctl) absent(q question, h Host, built kernelConfig, err error) Check {
	switch {
	case built.without(s.closes):
		return q.pass("nothing to close: the kernel is built without " + s.closes)
	case !h.exists("proc/sys/kernel"):
		return q.cannotTell(err)
	case s.name == "kernel.yama.ptrace_scope":
		return q.caution("cannot tell: the kernel has no Yama, or does not use it",
			"boot a kernel built with CONFIG_SECURITY_YAMA=y, with yama in lsm= on its command line, then "+setSysctl(s.name, s.advised))
	}
	return q.caution("cannot tell: this kernel has no such setting",
		"boot a newer kernel, then "+setSysctl(s.name, s.advised))
}

// sysctlPath is where a setting lies below the root.
func sysctlPath(name string) string {
	return "proc/sys/" + strings.ReplaceAll(name, ".", "/")
}

// setSysctl is the command that makes a setting hold now and after a reboot.
func setSysctl(name, value string) string {
	return fmt.Sprintf("echo '%s = %s' >> /etc/sysctl.d/99-fumehood.conf && sysctl -p /etc/sysctl.d/99-fumehood.conf", name, value)
}
