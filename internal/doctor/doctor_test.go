package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/doctor"
)

func TestGoodHostPasses(t *testing.T) {
	t.Parallel()
	checks := doctor.Examine(t.Context(), hostOf(goodFiles))
	if diff := cmp.Diff([]string(nil), findings(checks)); diff != "" {
		t.Error(diff)
	}
	if got := doctor.Worst(checks); got != doctor.Pass {
		t.Errorf("Worst() = %s", got)
	}
	whole(t, checks)
}

// A host that shows nothing is neither praised nor condemned for it.
func TestBareHostCannotTell(t *testing.T) {
	t.Parallel()
	nothing := errors.New("nothing")
	checks := doctor.Examine(t.Context(), doctor.Host{
		Files:        files{}.fs(),
		DataDir:      "/srv/fumehood",
		Uname:        func() (string, string, error) { return "", "", nothing },
		Landlock:     func() (int, error) { return 0, unix.EPERM },
		Synchronised: func() (bool, error) { return false, nothing },
		Space:        func(string) (doctor.Space, error) { return doctor.Space{}, nothing },
		Runtime:      runtimeOf(""),
	})
	for _, c := range checks {
		if c.Status != doctor.Caution || !strings.HasPrefix(c.Found, "cannot tell") {
			t.Errorf("%s = %s %q, want a caution that cannot tell", c.ID, c.Status, c.Found)
		}
	}
	whole(t, checks)
}

// The machine that runs the tests, whatever it is.
func TestThisHost(t *testing.T) {
	t.Parallel()
	whole(t, doctor.Examine(t.Context(), doctor.New(t.TempDir(), "/nowhere/runc")))
}

// whole tests what holds for the checks of every host.
func whole(t *testing.T, checks []doctor.Check) {
	t.Helper()
	seen := make(map[string]bool)
	for _, c := range checks {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		if c.ID == "" || c.Looked == "" || c.Found == "" || c.Why == "" || !c.Status.Valid() {
			t.Errorf("check with a part missing: %+v", c)
		}
		if (c.Remedy == "") != (c.Status == doctor.Pass) {
			t.Errorf("%s is %s with remedy %q", c.ID, c.Status, c.Remedy)
		}
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	for want, statuses := range map[doctor.Status][]doctor.Status{
		doctor.Pass:    {},
		doctor.Caution: {doctor.Pass, doctor.Caution, doctor.Pass},
		doctor.Fail:    {doctor.Caution, doctor.Fail, doctor.Caution},
	} {
		var checks []doctor.Check
		for _, s := range statuses {
			checks = append(checks, doctor.Check{Status: s})
		}
		if got := doctor.Worst(checks); got != want {
			t.Errorf("Worst(%v) = %s, want %s", statuses, got, want)
		}
	}
}

// One thing wrong at a time, and nothing else may be said.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change files
		want   string
		remedy string
	}{
		{"inner namespace", files{"proc/self/uid_map": "0 100000 65536\n"},
			"caution root: root of a user namespace that maps 0 100000 65536", "root of the host"},
		{"user namespaces off", files{"proc/sys/user/max_user_namespaces": "0\n"},
			"fail user-namespaces: user.max_user_namespaces = 0", "user.max_user_namespaces = 1024"},
		{"kernel without user namespaces", files{"proc/self/ns/user": absent},
			"fail user-namespaces: the kernel has no user namespaces", "CONFIG_USER_NS"},
		{"namespaces unreadable", files{"proc/sys/user/max_user_namespaces": "many"},
			`caution user-namespaces: cannot tell: user.max_user_namespaces is "many"`, "as root"},
		{"no seccomp filters", files{"proc/sys/kernel/seccomp/actions_avail": "kill_thread trap errno trace allow"},
			"fail seccomp: no kill_process", "CONFIG_SECCOMP_FILTER"},
		{"core piped", files{"proc/sys/kernel/core_pattern": "|/usr/share/apport/apport -p%p -s%s"},
			"caution kernel.core_pattern: piped to /usr/share/apport/apport", "kernel.core_pattern = core"},
		{"core piped nowhere", files{"proc/sys/kernel/core_pattern": "|"},
			"caution kernel.core_pattern: piped to nothing", "kernel.core_pattern = core"},
		{"plain swap", files{"proc/swaps": "Filename Type Size\n/dev/sda2 partition 99\n/swapfile file 9\n"},
			"caution swap: on /dev/sda2, /swapfile, not known to be encrypted", "swapoff -a"},
		{"zram that writes back", files{"proc/swaps": "Filename\n/dev/zram0 partition 9\n", "sys/block/zram0/backing_dev": "/dev/sda3"},
			"caution swap: on /dev/zram0, not known to be encrypted", "swapoff -a"},
		{"swap unreadable", files{"proc/swaps": absent},
			"caution swap: cannot tell: /proc/swaps is not there", "as root"},
		{"swap without end", files{"proc/swaps": strings.Repeat("x", 1<<20+1)},
			"caution swap: cannot tell: /proc/swaps: more than 1048576 bytes", "as root"},
		{"open processor", files{"sys/devices/system/cpu/vulnerabilities/retbleed": "Vulnerable\n"},
			"caution processor: retbleed (Vulnerable)", "amd64-microcode"},
		{"one part open", files{
			"sys/devices/system/cpu/vulnerabilities/spectre_v2": "Mitigation: Retpolines; BHI: Vulnerable, KVM: SW loop\n",
			"proc/cpuinfo": "vendor_id\t: GenuineIntel\n",
		}, "caution processor: spectre_v2 (BHI: Vulnerable, KVM: SW loop)", "intel-microcode"},
		{"mitigations off", files{
			"sys/devices/system/cpu/vulnerabilities/meltdown": "Vulnerable\n", "proc/cmdline": "quiet mitigations=off\n",
		}, "caution processor: meltdown (Vulnerable)", "take mitigations=off off"},
		{"two threads a core", files{"sys/devices/system/cpu/smt/active": "1\n"},
			"caution smt: on", "nosmt"},
		{"no huge pages", files{"sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n"},
			"caution huge-pages: never", "echo madvise"},
		{"huge pages garbled", files{"sys/kernel/mm/transparent_hugepage/enabled": "always"},
			"caution huge-pages: cannot tell: /sys/kernel/mm/transparent_hugepage/enabled: no choice is marked", "as root"},
		{"slow clock", files{"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n"},
			"caution clock-source: hpet", "echo tsc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			only(t, doctor.Examine(t.Context(), hostOf(goodFiles.with(c.change))), c.want, c.remedy)
		})
	}
}

// only tests that one thing was found, with such a remedy.
func only(t *testing.T, checks []doctor.Check, want, remedy string) {
	t.Helper()
	if diff := cmp.Diff([]string{want}, findings(checks)); diff != "" {
		t.Error(diff)
	}
	for _, got := range checks {
		if got.Status != doctor.Pass && !strings.Contains(got.Remedy, remedy) {
			t.Errorf("remedy of %s is %q, want %q in it", got.ID, got.Remedy, remedy)
		}
	}
	whole(t, checks)
}

func TestBadMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*doctor.Host)
		want   string
		remedy string
	}{
		{"not root", func(h *doctor.Host) { h.UID = 1000 }, "fail root: uid 1000", "sudo"},
		{"no Landlock", landlock(0, unix.ENOSYS), "fail landlock: the kernel has no Landlock", "CONFIG_SECURITY_LANDLOCK"},
		{"Landlock off", landlock(0, unix.EOPNOTSUPP), "fail landlock: Landlock is switched off", "lsm="},
		{"Landlock hidden", landlock(0, unix.EPERM),
			"caution landlock: cannot tell: landlock_create_ruleset: operation not permitted", "as root"},
		{"old Landlock", landlock(4, nil),
			"caution landlock: ABI 4, cannot refuse device ioctls, signals and abstract sockets", "6.12"},
		{"clock adrift", func(h *doctor.Host) { h.Synchronised = func() (bool, error) { return false, nil } },
			"caution clock: not synchronised", "timedatectl set-ntp true"},
		{"disk full", space(doctor.Space{FreeBytes: 1 << 28}), "fail disk: 0.2 GiB free at /srv/fumehood", "--data-dir"},
		{"disk filling", space(doctor.Space{FreeBytes: 1 << 30}), "caution disk: 1.0 GiB free at /srv/fumehood", "--data-dir"},
		{"no inodes", space(doctor.Space{FreeBytes: 1 << 40, FreeFiles: 99}),
			"fail disk: 1024.0 GiB free at /srv/fumehood, and room for 99 files", "make room"},
		{"noexec", space(doctor.Space{FreeBytes: 1 << 40, NoExec: true}), "fail disk: /srv/fumehood is mounted noexec", "remount,exec"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := hostOf(goodFiles)
			c.change(&h)
			only(t, doctor.Examine(t.Context(), h), c.want, c.remedy)
		})
	}
}

func landlock(abi int, err error) func(*doctor.Host) {
	return func(h *doctor.Host) { h.Landlock = func() (int, error) { return abi, err } }
}

func space(s doctor.Space) func(*doctor.Host) {
	return func(h *doctor.Host) { h.Space = func(string) (doctor.Space, error) { return s, nil } }
}

// Before the first build there is no data directory.
func TestDiskOfTheNearestDirectory(t *testing.T) {
	t.Parallel()
	h := hostOf(goodFiles)
	h.DataDir = "/srv/fumehood/not/yet"
	h.Space = func(dir string) (doctor.Space, error) {
		if dir != "/srv/fumehood" {
			t.Errorf("looked at %s", dir)
		}
		return doctor.Space{FreeBytes: 1 << 40}, nil
	}
	doctor.Examine(t.Context(), h)
}

func TestSwapThatIsNoCaution(t *testing.T) {
	t.Parallel()
	got := find(t, doctor.Examine(t.Context(), hostOf(goodFiles.with(files{
		"proc/swaps":             "Filename\n/dev/dm-1 partition 9\n/dev/zram0 partition 9\n",
		"sys/block/dm-1/dm/uuid": "CRYPT-PLAIN-swap\n", "sys/block/zram0/backing_dev": "none\n",
	}))), "swap")
	if got.Status != doctor.Pass || got.Found != "on /dev/dm-1, /dev/zram0, encrypted or in memory" {
		t.Errorf("swap = %s %q", got.Status, got.Found)
	}
}

// A runtime that hangs ends with its context; Examine passes the context on.
func TestRuntimeSeesTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := hostOf(goodFiles)
	h.Runtime = func(ctx context.Context) (string, string, error) { return "/usr/bin/runc", "", ctx.Err() }
	got := find(t, doctor.Examine(ctx, h), "runtime")
	if got.Status != doctor.Fail || got.Found != "/usr/bin/runc: context canceled" {
		t.Errorf("runtime = %s %q", got.Status, got.Found)
	}
}
