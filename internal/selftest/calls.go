package selftest

import (
	"fmt"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/job"
)

// A probe is a call that a cell makes, and the kernel's only right answer.
type probe struct{ wall, name, calls, want string }

func errno(e unix.Errno) string { return strconv.Itoa(-int(e)) }

// refused are calls that the walls answer and the cell survives. Each would be
// answered otherwise without its wall: the arguments are those of an honest
// attempt.
func (i *Inspector) refused() []probe {
	eperm, eacces := errno(unix.EPERM), errno(unix.EACCES)
	all := []probe{
		{"pid namespace", "getpid", Call(unix.SYS_GETPID), "1"},
		{"pid namespace", "getppid", Call(unix.SYS_GETPPID), "0"},
		{"uid", "getuid", Call(unix.SYS_GETUID), strconv.Itoa(firstUID + slot)},
		{"uid", "getgid", Call(unix.SYS_GETGID), strconv.Itoa(firstUID + slot)},
		{"uid", "getgroups", Call(unix.SYS_GETGROUPS, 0, 0), "0"},
		{"no_new_privs", "prctl(PR_GET_NO_NEW_PRIVS)", Call(unix.SYS_PRCTL, unix.PR_GET_NO_NEW_PRIVS), "1"},
		{"dumpable", "prctl(PR_GET_DUMPABLE)", Call(unix.SYS_PRCTL, unix.PR_GET_DUMPABLE), "0"},
		{"seccomp", "prctl(PR_GET_SECCOMP)", Call(unix.SYS_PRCTL, unix.PR_GET_SECCOMP), strconv.Itoa(unix.SECCOMP_MODE_FILTER)},

		{"data limit", "mmap of more than the limit", Call(unix.SYS_MMAP, 0, int64(i.Limits.Memory+beyond), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0), errno(unix.ENOMEM)},
		{"address space limit", "mmap of more addresses than the limit", Call(unix.SYS_MMAP, 0, int64(addressesPerMemory*i.Limits.Memory+beyond), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0), errno(unix.ENOMEM)},

		{"seccomp", "clone of a process", Call(unix.SYS_CLONE, int(unix.SIGCHLD)), eperm},
		{"seccomp", "clone3", Call(unix.SYS_CLONE3, page, 88), errno(unix.ENOSYS)},
		{"seccomp", "execve", Call(unix.SYS_EXECVE, "'/fumehood/none", 0, 0), eperm},
		{"seccomp", "execveat", Call(unix.SYS_EXECVEAT, unix.AT_FDCWD, "'/fumehood/none", 0, 0, 0), eperm},
		{"seccomp", "openat", Call(unix.SYS_OPENAT, unix.AT_FDCWD, "'/", unix.O_RDONLY), eacces},
		{"seccomp", "openat2", Call(unix.SYS_OPENAT2, unix.AT_FDCWD, "'/", page, 24), errno(unix.ENOSYS)},
		{"seccomp", "mkdirat", Call(unix.SYS_MKDIRAT, unix.AT_FDCWD, "'/new", 0o700), eacces},
		{"seccomp", "unlinkat", Call(unix.SYS_UNLINKAT, unix.AT_FDCWD, "'/fumehood/init", 0), eacces},
		{"seccomp", "fchmodat", Call(unix.SYS_FCHMODAT, unix.AT_FDCWD, "'/fumehood/init", 0o4777), eacces},
		{"seccomp", "memfd_create", Call(unix.SYS_MEMFD_CREATE, "'probe", 0), eperm},
		{"seccomp", "mmap of executable memory", Call(unix.SYS_MMAP, 0, pageSize, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0), eperm},
		{"seccomp", "mmap of shared memory", Call(unix.SYS_MMAP, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS, -1, 0), eperm},
		{"seccomp", "mprotect to executable", Call(unix.SYS_MPROTECT, page, pageSize, unix.PROT_READ|unix.PROT_EXEC), eperm},
		{"seccomp", "mlockall", Call(unix.SYS_MLOCKALL, unix.MCL_CURRENT), eperm},
		{"seccomp", "sendfile", Call(unix.SYS_SENDFILE, 3, 3, 0, 1), eperm},
		{"seccomp", "copy_file_range", Call(unix.SYS_COPY_FILE_RANGE, 3, 0, 3, 0, 1, 0), eperm},
		{"seccomp", "setresuid", Call(unix.SYS_SETRESUID, 0, 0, 0), eperm},
		{"seccomp", "capset", Call(unix.SYS_CAPSET, page, page), eperm},
		{"seccomp", "prctl(PR_SET_DUMPABLE)", Call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1), eperm},
		{"seccomp", "prctl(PR_SET_PDEATHSIG)", Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, 0), eperm},
		{"seccomp", "kill of another", Call(unix.SYS_KILL, 2, 0), eperm},
		{"seccomp", "kill of everybody", Call(unix.SYS_KILL, -1, 0), eperm},
		{"seccomp", "tkill", Call(unix.SYS_TKILL, 2, 0), eperm},
		{"seccomp", "prlimit64 of another", Call(unix.SYS_PRLIMIT64, 2, unix.RLIMIT_CPU, 0, page), eperm},
		{"seccomp", "ioctl(TIOCSTI)", Call(unix.SYS_IOCTL, 3, unix.TIOCSTI, page), errno(unix.ENOTTY)},
		{"seccomp", "fcntl(F_SETLEASE)", Call(unix.SYS_FCNTL, 3, unix.F_SETLEASE, 0), eperm},
		{"seccomp", "flock", Call(unix.SYS_FLOCK, 3, unix.LOCK_SH), eacces},
		{"seccomp", "personality", Call(unix.SYS_PERSONALITY, 0xffffffff), eperm},
		{"seccomp", "inotify_init1", Call(unix.SYS_INOTIFY_INIT1, 0), eperm},
		{"seccomp", "pidfd_open", Call(unix.SYS_PIDFD_OPEN, 1, 0), eperm},
		{"seccomp", "timerfd_create", Call(unix.SYS_TIMERFD_CREATE, 0, 0), eperm},
		{"seccomp", "socketpair", Call(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, page), eperm},
	}
	for _, family := range []int{
		unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_PACKET, unix.AF_CAN, unix.AF_BLUETOOTH,
		unix.AF_RXRPC, unix.AF_ALG, unix.AF_VSOCK, unix.AF_XDP,
	} {
		all = append(all, probe{"seccomp", fmt.Sprintf("socket of family %d", family), Call(unix.SYS_SOCKET, family, unix.SOCK_DGRAM, 0), eperm})
	}
	for fd := range maxFD {
		if fd != connection {
			all = append(all, probe{"closed descriptors", fmt.Sprintf("fcntl of descriptor %d", fd), Call(unix.SYS_FCNTL, fd, unix.F_GETFD), errno(unix.EBADF)})
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
			probe{name: "getpid by the table of 32-bit programs", calls: "i386 20\n"},
			probe{name: "getpid by the x32 table", calls: Call(0x40000000 + unix.SYS_GETPID)})
	}
	return all
}()
