package selftest

import (
	"fmt"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/job"
)

// A probe is a call that a cell makes, and the kernel's only right answer.
type probe struct {
	wall, name, calls, want string
	// faults: instead of being killed by the filter it may be a fault.
	faults bool
}

func errno(e unix.Errno) string { return strconv.Itoa(-int(e)) }

// refused are calls that the walls answer and the cell survives. Each would be
// answered otherwise without its wall: the arguments are those of an honest
// attempt.
func (i *Inspector) refused() []probe {
	eperm, eacces := errno(unix.EPERM), errno(unix.EACCES)
	all := []probe{
		{wall: "pid namespace", name: "getpid", calls: Call(unix.SYS_GETPID), want: "1"},
		{wall: "pid namespace", name: "getppid", calls: Call(unix.SYS_GETPPID), want: "0"},
		{wall: "uid", name: "getuid", calls: Call(unix.SYS_GETUID), want: strconv.Itoa(firstUID + slot)},
		{wall: "uid", name: "getgid", calls: Call(unix.SYS_GETGID), want: strconv.Itoa(firstUID + slot)},
		{wall: "uid", name: "getgroups", calls: Call(unix.SYS_GETGROUPS, 0, 0), want: "0"},
		{wall: "no_new_privs", name: "prctl(PR_GET_NO_NEW_PRIVS)", calls: Call(unix.SYS_PRCTL, unix.PR_GET_NO_NEW_PRIVS), want: "1"},
		{wall: "dumpable", name: "prctl(PR_GET_DUMPABLE)", calls: Call(unix.SYS_PRCTL, unix.PR_GET_DUMPABLE), want: "0"},
		{wall: "seccomp", name: "prctl(PR_GET_SECCOMP)", calls: Call(unix.SYS_PRCTL, unix.PR_GET_SECCOMP), want: strconv.Itoa(unix.SECCOMP_MODE_FILTER)},

		{wall: "data limit", name: "mmap of more than the limit", calls: Call(unix.SYS_MMAP, 0, int64(i.Limits.Memory+beyond), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0), want: errno(unix.ENOMEM)},
		{wall: "address space limit", name: "mmap of more addresses than the limit", calls: Call(unix.SYS_MMAP, 0, int64(addressesPerMemory*i.Limits.Memory+beyond), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0), want: errno(unix.ENOMEM)},

		{wall: "seccomp", name: "clone of a process", calls: Call(unix.SYS_CLONE, int(unix.SIGCHLD)), want: eperm},
		{wall: "seccomp", name: "clone3", calls: Call(unix.SYS_CLONE3, page, 88), want: errno(unix.ENOSYS)},
		{wall: "seccomp", name: "execve", calls: Call(unix.SYS_EXECVE, "'/fumehood/none", 0, 0), want: eperm},
		{wall: "seccomp", name: "execveat", calls: Call(unix.SYS_EXECVEAT, unix.AT_FDCWD, "'/fumehood/none", 0, 0, 0), want: eperm},
		{wall: "seccomp", name: "openat", calls: Call(unix.SYS_OPENAT, unix.AT_FDCWD, "'/", unix.O_RDONLY), want: eacces},
		{wall: "seccomp", name: "openat2", calls: Call(unix.SYS_OPENAT2, unix.AT_FDCWD, "'/", page, 24), want: errno(unix.ENOSYS)},
		{wall: "seccomp", name: "mkdirat", calls: Call(unix.SYS_MKDIRAT, unix.AT_FDCWD, "'/new", 0o700), want: eacces},
		{wall: "seccomp", name: "unlinkat", calls: Call(unix.SYS_UNLINKAT, unix.AT_FDCWD, "'/fumehood/init", 0), want: eacces},
		{wall: "seccomp", name: "fchmodat", calls: Call(unix.SYS_FCHMODAT, unix.AT_FDCWD, "'/fumehood/init", 0o4777), want: eacces},
		{wall: "seccomp", name: "memfd_create", calls: Call(unix.SYS_MEMFD_CREATE, "'probe", 0), want: eperm},
		{wall: "seccomp", name: "mmap of executable memory", calls: Call(unix.SYS_MMAP, 0, pageSize, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0), want: eperm},
		{wall: "seccomp", name: "mmap of shared memory", calls: Call(unix.SYS_MMAP, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS, -1, 0), want: eperm},
		{wall: "seccomp", name: "mprotect to executable", calls: Call(unix.SYS_MPROTECT, page, pageSize, unix.PROT_READ|unix.PROT_EXEC), want: eperm},
		{wall: "seccomp", name: "mlockall", calls: Call(unix.SYS_MLOCKALL, unix.MCL_CURRENT), want: eperm},
		{wall: "seccomp", name: "sendfile", calls: Call(unix.SYS_SENDFILE, 3, 3, 0, 1), want: eperm},
		{wall: "seccomp", name: "copy_file_range", calls: Call(unix.SYS_COPY_FILE_RANGE, 3, 0, 3, 0, 1, 0), want: eperm},
		{wall: "seccomp", name: "setresuid", calls: Call(unix.SYS_SETRESUID, 0, 0, 0), want: eperm},
		{wall: "seccomp", name: "capset", calls: Call(unix.SYS_CAPSET, page, page), want: eperm},
		{wall: "seccomp", name: "prctl(PR_SET_DUMPABLE)", calls: Call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1), want: eperm},
		{wall: "seccomp", name: "prctl(PR_SET_PDEATHSIG)", calls: Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, 0), want: eperm},
		{wall: "seccomp", name: "kill of another", calls: Call(unix.SYS_KILL, 2, 0), want: eperm},
		{wall: "seccomp", name: "kill of everybody", calls: Call(unix.SYS_KILL, -1, 0), want: eperm},
		{wall: "seccomp", name: "tkill", calls: Call(unix.SYS_TKILL, 2, 0), want: eperm},
		{wall: "seccomp", name: "prlimit64 of another", calls: Call(unix.SYS_PRLIMIT64, 2, unix.RLIMIT_CPU, 0, page), want: eperm},
		{wall: "seccomp", name: "ioctl(TIOCSTI)", calls: Call(unix.SYS_IOCTL, 3, unix.TIOCSTI, page), want: errno(unix.ENOTTY)},
		{wall: "seccomp", name: "fcntl(F_SETLEASE)", calls: Call(unix.SYS_FCNTL, 3, unix.F_SETLEASE, 0), want: eperm},
		{wall: "seccomp", name: "flock", calls: Call(unix.SYS_FLOCK, 3, unix.LOCK_SH), want: eacces},
		{wall: "seccomp", name: "personality", calls: Call(unix.SYS_PERSONALITY, 0xffffffff), want: eperm},
		{wall: "seccomp", name: "inotify_init1", calls: Call(unix.SYS_INOTIFY_INIT1, 0), want: eperm},
		{wall: "seccomp", name: "pidfd_open", calls: Call(unix.SYS_PIDFD_OPEN, 1, 0), want: eperm},
		{wall: "seccomp", name: "timerfd_create", calls: Call(unix.SYS_TIMERFD_CREATE, 0, 0), want: eperm},
		{wall: "seccomp", name: "socketpair", calls: Call(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, page), want: eperm},
	}
	for _, family := range []int{
		unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_PACKET, unix.AF_CAN, unix.AF_BLUETOOTH,
		unix.AF_RXRPC, unix.AF_ALG, unix.AF_VSOCK, unix.AF_XDP,
	} {
		all = append(all, probe{wall: "seccomp", name: fmt.Sprintf("socket of family %d", family), calls: Call(unix.SYS_SOCKET, family, unix.SOCK_DGRAM, 0), want: eperm})
	}
	for fd := range maxFD {
		if fd != connection {
			all = append(all, probe{wall: "closed descriptors", name: fmt.Sprintf("fcntl of descriptor %d", fd), calls: Call(unix.SYS_FCNTL, fd, unix.F_GETFD), want: errno(unix.EBADF)})
		}
	}
	return all
}

// What the shim does with slots, memory and descriptors (walls.c, fumehood.h).
const (
	firstUID           = 1000
	addressesPerMemory = 4
	connection         = 3
	maxFD              = 12

	pageSize = 4096
	// beyond is more than what an interpreter gives back between its measuring
	// and a cell's walls.
	beyond = 256 * job.MiB
)

// killed are calls that no compile makes: each ends its cell. They are few, as
// each takes a cell of its own and a box waits for them: with the answers above
// they show that the filter is there and which it is.
var killed = func() []probe {
	all := []probe{
		{name: "ptrace", calls: Call(unix.SYS_PTRACE, unix.PTRACE_TRACEME)},
		{name: "bpf", calls: Call(unix.SYS_BPF, 0, page, 72)},
	}
	if runtime.GOARCH == "amd64" {
		all = append(all,
			probe{name: "getpid by the table of 32-bit programs", calls: "i386 20\n", faults: true},
			probe{name: "getpid by the x32 table", calls: Call(0x40000000 + unix.SYS_GETPID)})
	}
	return all
}()
