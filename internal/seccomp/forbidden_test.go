package seccomp_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// forbidden is never to be allowed to a cell, whatever its arguments: it
// starts programs or processes, reaches the network, the file system, other
// processes or other namespaces, or enters parts of the kernel that a compile
// has no use for. Whoever has to shorten this list has left the threat model.
var forbidden = []string{
	"execve", "execveat", "fork", "vfork", "clone3",
	"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "recvmsg",
	"open", "openat", "openat2", "creat", "memfd_create", "memfd_secret", "name_to_handle_at", "open_by_handle_at",
	"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "kcmp",
	"io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit",
	"bpf", "perf_event_open", "userfaultfd", "seccomp", "keyctl", "add_key", "request_key",
	"unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "mount_setattr",
	"splice", "vmsplice", "tee", "sendfile", "copy_file_range",
	"setuid", "setgid", "setresuid", "setresgid", "setgroups", "capset", "personality",
	"tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "setsid", "setpgid",
	"kexec_load", "init_module", "finit_module", "reboot", "swapon", "modify_ldt", "iopl", "ioperm",
	"shmget", "shmat", "msgget", "semget", "mq_open", "pkey_mprotect", "remap_file_pages",
}

// amd64Only are those that arm64, being younger, never had.
var amd64Only = []string{"creat", "fork", "ioperm", "iopl", "modify_ldt", "open", "vfork"}

func TestNoPolicyAllows(t *testing.T) {
	t.Parallel()
	for _, name := range images {
		for _, m := range machines {
			neverAllows(t, name, m)
		}
	}
}

func neverAllows(t *testing.T, image string, m machine) {
	t.Helper()
	p := policyOf(t, image)
	f := mustLoad(t, p, m)
	for _, name := range forbidden {
		number, ok := m.calls.SyscallNames[name]
		if !ok {
			continue
		}
		t.Run(image+" "+name+" on "+m.goarch, func(t *testing.T) {
			t.Parallel()
			for _, value := range telling(p) {
				if f.run(t, m.every(uint32(number), value)) == allowed {
					t.Errorf("allowed with %#x for its arguments", value)
				}
			}
		})
	}
}

// A name that a table lacks is passed over above; a misspelt one must not be.
func TestForbiddenNamesExist(t *testing.T) {
	t.Parallel()
	want := map[string][]string{"amd64": nil, "arm64": amd64Only}
	got := make(map[string][]string)
	for _, m := range machines {
		got[m.goarch] = nil
		for _, name := range forbidden {
			if _, ok := m.calls.SyscallNames[name]; !ok {
				got[m.goarch] = append(got[m.goarch], name)
			}
		}
		slices.Sort(got[m.goarch])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names without a number (-want +got):\n%s", diff)
	}
}

// What depends on an argument is allowed in the one form, never in the others.
func TestNoPolicyAllowsWith(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, call string
		argument   int
		values     []uint64
	}{
		{"a signal to another process", "kill", 0, []uint64{0, 2, 3, 1000, math.MaxInt32}},
		{"a signal to every process", "kill", 0, []uint64{math.MaxUint32, math.MaxUint64}},
		{"a signal to another's thread", "tgkill", 0, []uint64{0, 2, 1000, math.MaxUint32, math.MaxUint64}},
		{"executable memory", "mmap", 2, []uint64{4, 5, 6, 7, 0xc, math.MaxUint32, math.MaxUint64, 1<<32 | 4}},
		{"memory made executable", "mprotect", 2, []uint64{4, 5, 6, 7, 0xc, math.MaxUint32, math.MaxUint64, 1<<32 | 4}},
		{"a process by clone", "clone", 0, []uint64{0, uint64(unix.SIGCHLD), unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD)}},
		{"a thread in a new namespace", "clone", 0, []uint64{
			pthreadCreate | unix.CLONE_NEWUSER, pthreadCreate | unix.CLONE_NEWNS, pthreadCreate | unix.CLONE_NEWPID,
			pthreadCreate | unix.CLONE_NEWNET, pthreadCreate | unix.CLONE_NEWIPC, pthreadCreate | unix.CLONE_NEWUTS,
			pthreadCreate | unix.CLONE_NEWCGROUP,
		}},
		{"a thread that is traced, or has a pidfd", "clone", 0, []uint64{
			pthreadCreate | unix.CLONE_PTRACE, pthreadCreate | unix.CLONE_PIDFD, pthreadCreate | unix.CLONE_PARENT,
		}},
		{"a thread without its own thread's flags", "clone", 0, []uint64{
			pthreadCreate &^ unix.CLONE_VM, pthreadCreate &^ unix.CLONE_THREAD, pthreadCreate &^ unix.CLONE_SIGHAND,
			pthreadCreate &^ unix.CLONE_FS, pthreadCreate &^ unix.CLONE_FILES,
		}},
		{"a terminal's input", "ioctl", 1, []uint64{unix.TIOCSTI, unix.TIOCLINUX, unix.TIOCSCTTY}},
		{"another's limits", "prlimit64", 0, []uint64{1, 2, 1000, math.MaxUint32}},
		{"a wall lowered", "prctl", 0, []uint64{
			unix.PR_SET_DUMPABLE, unix.PR_SET_PTRACER, unix.PR_SET_SECCOMP, unix.PR_SET_MM, unix.PR_SET_PDEATHSIG,
			unix.PR_SET_CHILD_SUBREAPER, unix.PR_SET_SECUREBITS, unix.PR_CAP_AMBIENT,
		}},
		{"a clock that runs on in suspend", "timer_create", 0, []uint64{unix.CLOCK_REALTIME, unix.CLOCK_BOOTTIME_ALARM}},
		{"a lease or an owner of a descriptor", "fcntl", 1, []uint64{unix.F_SETOWN, unix.F_SETLEASE, unix.F_NOTIFY, unix.F_ADD_SEALS}},
	} {
		for _, image := range images {
			for _, m := range machines {
				t.Run(image+" "+test.name+" on "+m.goarch, func(t *testing.T) {
					t.Parallel()
					f := mustLoad(t, policyOf(t, image), m)
					for _, value := range test.values {
						if f.run(t, m.with(test.call, test.argument, value)) == allowed {
							t.Errorf("%s allowed with %#x for argument %d", test.call, value, test.argument)
						}
					}
				})
			}
		}
	}
}
