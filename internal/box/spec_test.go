package box_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
)

var specConfig = box.SpecConfig{
	ID: "fumehood-ruby-x", RootFS: "/images/x/rootfs", Command: []string{"/usr/bin/ruby3.1", "/fumehood/zygote.rb"},
	FirstUID: 1_900_000_000, UIDs: 65536, Memory: 1 << 30, Tasks: 512, OpenFiles: 2048, MilliCPUs: 1500,
}

// The outer wall as data: what this test lists is all there is to it.
func TestSpec(t *testing.T) {
	t.Parallel()
	got, err := box.Spec(specConfig)
	if err != nil {
		t.Fatal(err)
	}
	capabilities := []string{"CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_SYS_NICE"}
	want := specs.Process{
		Args: []string{"/fumehood/init", "/usr/bin/ruby3.1", "/fumehood/zygote.rb"}, Cwd: "/",
		Env:             []string{"LANG=C.UTF-8", "TZ=UTC", "MALLOC_ARENA_MAX=1"},
		Capabilities:    &specs.LinuxCapabilities{Bounding: capabilities, Effective: capabilities, Permitted: capabilities},
		NoNewPrivileges: true,
		Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_CORE", Soft: 1, Hard: 1}, {Type: "RLIMIT_NOFILE", Soft: 2048, Hard: 2048}},
	}
	if diff := cmp.Diff(&want, got.Process); diff != "" {
		t.Errorf("process (-want +got):\n%s", diff)
	}
	if !got.Root.Readonly {
		t.Error("the root file system can be written")
	}
	var namespaces []string
	for _, n := range got.Linux.Namespaces {
		if n.Path != "" {
			t.Errorf("namespace %s joins %s, want one of its own", n.Type, n.Path)
		}
		namespaces = append(namespaces, string(n.Type))
	}
	slices.Sort(namespaces)
	if diff := cmp.Diff([]string{"cgroup", "ipc", "mount", "network", "pid", "user", "uts"}, namespaces); diff != "" {
		t.Errorf("namespaces (-want +got):\n%s", diff)
	}
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1_900_000_000, Size: 65536}}
	if diff := cmp.Diff([][]specs.LinuxIDMapping{ids, ids}, [][]specs.LinuxIDMapping{got.Linux.UIDMappings, got.Linux.GIDMappings}); diff != "" {
		t.Errorf("id mappings (-want +got):\n%s", diff)
	}
	mounts := make(map[string][]string)
	for _, m := range got.Mounts {
		mounts[m.Destination] = append([]string{m.Type, m.Source}, m.Options...)
	}
	if diff := cmp.Diff(map[string][]string{
		"/proc":        {"proc", "proc", "nosuid", "noexec", "nodev"},
		"/dev":         {"bind", "/images/x/rootfs/dev", "bind", "ro", "nosuid", "noexec"},
		"/dev/null":    {"bind", "/dev/null", "bind", "nosuid", "noexec"},
		"/dev/zero":    {"bind", "/dev/zero", "bind", "nosuid", "noexec"},
		"/dev/urandom": {"bind", "/dev/urandom", "bind", "nosuid", "noexec"},
	}, mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
	r := got.Linux.Resources
	if *r.Memory.Limit != 1<<30 || *r.Memory.Swap != 1<<30 || *r.Pids.Limit != 512 || *r.CPU.Quota != 150_000 || *r.CPU.Period != 100_000 {
		t.Errorf("resources = %+v, want 1 GiB without swap, 512 tasks, 1.5 processors", r)
	}
	if len(r.Devices) != 1 || r.Devices[0].Allow || r.Devices[0].Access != "rwm" {
		t.Errorf("devices = %+v, want all denied", r.Devices)
	}
}

// An interpreter's own environment comes behind every box's, and changes
// nothing else.
func TestSpecEnvironment(t *testing.T) {
	t.Parallel()
	plain, err := box.Spec(specConfig)
	if err != nil {
		t.Fatal(err)
	}
	c := specConfig
	c.Environment = []string{"LD_PRELOAD=/fumehood/preload.so", "B=1"}
	got, err := box.Spec(c)
	if err != nil {
		t.Fatal(err)
	}
	plain.Process.Env = append(plain.Process.Env, c.Environment...)
	if diff := cmp.Diff(plain, got); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	if again, err := box.Spec(specConfig); err != nil || len(again.Process.Env) != 3 {
		t.Errorf("the next box has the environment %v, %v, want its own", again.Process.Env, err)
	}
}

func TestOuterFilter(t *testing.T) {
	t.Parallel()
	spec, err := box.Spec(specConfig)
	if err != nil {
		t.Fatal(err)
	}
	filter := spec.Linux.Seccomp
	if filter.DefaultAction != specs.ActErrno || len(filter.Architectures) != 1 || len(filter.Flags) != 0 {
		t.Errorf("default %s, architectures %v, flags %v, want errno, one and none", filter.DefaultAction, filter.Architectures, filter.Flags)
	}
	allowed := make(map[string]bool)
	for _, s := range filter.Syscalls {
		for _, name := range s.Names {
			allowed[name] = s.Action == specs.ActAllow
		}
	}
	for _, name := range []string{
		"mount", "pivot_root", "chroot", "ptrace", "process_vm_readv", "bpf", "perf_event_open", "io_uring_setup",
		"userfaultfd", "keyctl", "add_key", "splice", "vmsplice", "tee", "sendfile", "copy_file_range", "memfd_create",
		"connect", "bind", "listen", "socketpair", "sendmsg", "recvmsg", "init_module", "kexec_load", "open_by_handle_at",
		"clone3", "mknod", "chmod", "chown", "unlink", "rename", "mkdir", "symlink", "link", "setsid", "personality",
	} {
		if allowed[name] {
			t.Errorf("%s is allowed in a box", name)
		}
	}
}

// The version that the daemon insists on is the one that make builds.
func TestPinnedRuncAgrees(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(boxtest.Root(t), "tools", "runc", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`github\.com/opencontainers/runc v(\S+)`).FindSubmatch(text)
	if found == nil || string(found[1]) != box.PinnedRunc {
		t.Errorf("tools/runc/go.mod pins %q, box.PinnedRunc is %q", found, box.PinnedRunc)
	}
}

func TestFindRuntime(t *testing.T) {
	dir := t.TempDir()
	write := func(version string) string {
		path := filepath.Join(dir, "runc")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho runc version "+version+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for version, use := range map[string]bool{
		"1.1.5+ds1": false, "1.5.1": false, "1.5.2-rc.1": false, box.PinnedRunc: true, "1.5.10": true, "2.0.0": true, "nonsense": false,
	} {
		host := write(version)
		got, err := box.FindRuntime(t.Context(), "")
		if (err == nil && got == host) != use {
			t.Errorf("host's runc %s: FindRuntime = %q, %v, want it used: %v", version, got, err, use)
		}
	}
	if got, err := box.FindRuntime(t.Context(), "/nowhere/runc"); err == nil {
		t.Errorf("FindRuntime of a missing file = %q, want an error", got)
	}
}
