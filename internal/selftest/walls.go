package selftest

import (
	"fmt"
	"slices"
	"strings"
)

// A Wall is something that a box must have before it serves.
type Wall struct {
	// Name is what an operator accepts its absence by.
	Name string
	// Consequence is what hostile code can do without it, Remedy what brings it
	// back.
	Consequence, Remedy string
}

const ours = "no setting turns it off: this is a fault of the build, or of what was changed in it"

// Walls lists every wall that is looked for.
var Walls = []Wall{
	{"seccomp", "a compile may ask the kernel for anything", "run a kernel with CONFIG_SECCOMP_FILTER"},
	{"landlock", "files are guarded by the filter alone", "run Linux 5.13 or later with landlock in the lsm= of its command line"},
	{"pid namespace", "a compile sees and may signal other compiles", "run a kernel with CONFIG_PID_NS, and let the box keep CAP_SYS_ADMIN in its user namespace"},
	{"uid", "compiles run as the same user, or as the box's root", ours},
	{"capabilities", "a compile may use the zygote's rights", ours},
	{"no_new_privs", "a setuid program could give a compile rights", ours},
	{"dumpable", "a crash may write a compile's memory to a file", ours},
	{"closed descriptors", "a compile may talk to the zygote's sockets and log", ours},
	{"oom score", "out of memory, the kernel may end the zygote in place of a compile", "let the box write its own oom_score_adj"},
	{"no /proc", "a compile may look at the memory layout and the limits of others", ours},
	{"cpu limit", "only the wall timer ends an endless loop", ours},
	{"data limit", "a compile may use all the memory of its box", ours},
	{"address space limit", "a compile may use all the memory of its box", ours},
	{"thread limit", "a compile may start as many threads as its box has room for", ours},
	{"open files limit", "a compile may hold descriptors without number", ours},
	{"stack limit", "a deep recursion may use all the memory of its box", ours},
	{"file size limit", "a descriptor that was left open could be written to", ours},
	{"core limit", "a crash may start the host's core handler on a compile's memory", ours},
	{"wall timer", "a compile may run for ever", ours},
	{"output cap", "a compile may fill the daemon's memory", ours},
	{"user namespace", "root in the box is root of this machine", "run a kernel with user namespaces and set user.max_user_namespaces above 0"},
	{"box namespaces", "a box shares mounts, names or messages with this machine", "run a kernel with CONFIG_NAMESPACES and all kinds of it"},
	{"network namespace", "a compile that passes its filter reaches the network", "run a kernel with CONFIG_NET_NS"},
	{"read-only rootfs", "what one compile writes another one reads", ours},
	{"box memory limit", "a box may use all the memory of this machine", "switch the memory controller on (cgroup_enable=memory on the kernel's command line) and let the daemon make cgroups"},
	{"box task limit", "a box may start processes without number", "switch the pids controller on and let the daemon make cgroups"},
}

// A Finding is one way in which a box is not as it must be.
type Finding struct {
	// Wall is the name of the one that is missing.
	Wall string
	// Evidence says where it was looked for and what was there instead.
	Evidence string
}

// Check returns an error for a name that is no wall's.
func Check(names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(Walls, func(w Wall) bool { return w.Name == name }) {
			return fmt.Errorf("no wall is called %q", name)
		}
	}
	return nil
}

// missing are the walls that the findings name, each once, in the order of
// Walls.
func missing(findings []Finding) []string {
	var names []string
	for _, w := range Walls {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Wall == w.Name }) {
			names = append(names, w.Name)
		}
	}
	return names
}

// MissingError says which walls keep a box from serving.
type MissingError struct {
	Box string
	// Findings are those of walls that nobody has accepted the absence of.
	Findings []Finding
}

func (e *MissingError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "box %s must not serve:", e.Box)
	for _, w := range Walls {
		var evidence []string
		for _, f := range e.Findings {
			if f.Wall == w.Name {
				evidence = append(evidence, f.Evidence)
			}
		}
		if len(evidence) > 0 {
			fmt.Fprintf(&text, " the wall %q is missing (%s), so %s; %s, or accept it with --accept-missing %q.",
				w.Name, strings.Join(evidence, "; "), w.Consequence, w.Remedy, w.Name)
		}
	}
	return text.String()
}
