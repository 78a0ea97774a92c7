package box

import (
	_ "embed"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/seccomp"
)

// The paths at which a box finds its parts; the image has them.
const (
	initPath = "/fumehood/init"
)

//go:embed outer.policy
var outerPolicy string

// SpecConfig is all that an OCI configuration depends on.
type SpecConfig struct {
	// ID names the box; it is the cgroup's name too.
	ID string
	// RootFS is the image's tree. Every directory above it must be open to
	// all (x), as the box's root is an unprivileged uid outside.
	RootFS string
	// Command starts the interpreter; pid 1 of the box runs it.
	Command []string
	// Environment is set for the interpreter on top of every box's own.
	Environment []string
	// FirstUID is the host uid of the box's root; UIDs of them belong to it.
	FirstUID, UIDs uint32
	// Memory bounds the whole box, zygote and cells; swap is off.
	Memory job.Bytes
	// Tasks bounds processes and threads of the whole box.
	Tasks int64
	// OpenFiles bounds the descriptors of each process of the box.
	OpenFiles uint64
	// MilliCPUs bounds the whole box, in thousandths of a processor; 0 does not.
	MilliCPUs int64
}

// zygoteCapabilities are what forking a cell into its own pid namespace under
// its own uid takes, and lowering the priority of another uid's process. They
// count in the box's user namespace only.
var zygoteCapabilities = []string{"CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_SYS_NICE"}

// Spec is the outer wall. It is a function of its argument alone, and it is
// tested as data.
func Spec(c SpecConfig) (*specs.Spec, error) {
	filter, err := outerFilter()
	if err != nil {
		return nil, err
	}
	noSwap := int64(c.Memory)
	memory := int64(c.Memory)
	tasks := c.Tasks
	period := uint64(100_000)
	var cpu *specs.LinuxCPU
	if c.MilliCPUs > 0 {
		quota := c.MilliCPUs * int64(period) / 1000
		cpu = &specs.LinuxCPU{Quota: &quota, Period: &period}
	}
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: c.FirstUID, Size: c.UIDs}}
	return &specs.Spec{
		Version:  specs.Version,
		Hostname: "box",
		Root:     &specs.Root{Path: c.RootFS, Readonly: true},
		Process: &specs.Process{
			Args: append([]string{initPath}, c.Command...),
			Cwd:  "/",
			// One arena keeps the C heap dense, which pages.c relies on.
			Env: append([]string{"LANG=C.UTF-8", "TZ=UTC", "MALLOC_ARENA_MAX=1"}, c.Environment...),
			Capabilities: &specs.LinuxCapabilities{
				Bounding: zygoteCapabilities, Effective: zygoteCapabilities, Permitted: zygoteCapabilities,
			},
			NoNewPrivileges: true,
			Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_CORE", Soft: 1, Hard: 1}, {Type: "RLIMIT_NOFILE", Soft: c.OpenFiles, Hard: c.OpenFiles}},
		},
		Mounts: mounts(c.RootFS),
		Linux: &specs.Linux{
			CgroupsPath: "/" + c.ID,
			UIDMappings: ids, GIDMappings: ids,
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.UserNamespace}, {Type: specs.PIDNamespace}, {Type: specs.MountNamespace},
				{Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.CgroupNamespace},
				// A network namespace with nothing in it but a loopback of its own.
				{Type: specs.NetworkNamespace},
			},
			Resources: &specs.LinuxResources{
				Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}},
				Memory:  &specs.LinuxMemory{Limit: &memory, Swap: &noSwap},
				Pids:    &specs.LinuxPids{Limit: &tasks},
				CPU:     cpu,
			},
			Seccomp:           filter,
			RootfsPropagation: "private",
		},
	}, nil
}

// mounts: three devices, bound over empty files of the image's own /dev, and
// /proc, which the runtime insists on and the zygote unmounts before it
// serves. Binding /dev itself keeps the runtime from filling it.
func mounts(rootfs string) []specs.Mount {
	all := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "bind", Source: filepath.Join(rootfs, "dev"), Options: []string{"bind", "ro", "nosuid", "noexec"}},
	}
	for _, name := range []string{"null", "zero", "urandom"} {
		path := "/dev/" + name
		all = append(all, specs.Mount{
			Destination: path, Type: "bind", Source: path, Options: []string{"bind", "nosuid", "noexec"},
		})
	}
	return all
}

func outerFilter() (*specs.LinuxSeccomp, error) {
	policy, err := seccomp.Parse(outerPolicy)
	if err != nil {
		return nil, err
	}
	arch, err := seccomp.OCIArchitecture()
	if err != nil {
		return nil, err
	}
	filter := &specs.LinuxSeccomp{
		DefaultAction: specs.ActErrno,
		Architectures: []specs.Arch{arch},
		// Speculation is to be mitigated for hostile code: no SPEC_ALLOW.
		Flags: []specs.LinuxSeccompFlag{},
	}
	for _, rule := range policy.Rules {
		s := specs.LinuxSyscall{Names: rule.Names, Action: specs.ActAllow}
		if rule.Verdict == seccomp.Deny {
			errno := rule.ErrnoNumber()
			s.Action, s.ErrnoRet = specs.ActErrno, &errno
		}
		filter.Syscalls = append(filter.Syscalls, s)
	}
	return filter, nil
}
