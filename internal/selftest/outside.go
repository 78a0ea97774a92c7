package selftest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/job"
)

// A view collects what is seen of one box.
type view struct {
	zygote, cell process
	findings     []Finding
}

// expect notes a finding unless got is want.
func (v *view) expect(wall, where, got, want string) {
	if got != want {
		v.findings = append(v.findings, Finding{wall, fmt.Sprintf("%s is %q, not %q", where, got, want)})
	}
}

// lookFromOutside compares what the kernel says of a zygote and its only cell
// with what they must be. It returns the cell's own memory as well.
func (i *Inspector) lookFromOutside(b *box.Box) ([]Finding, job.Bytes, error) {
	zygote, cell, err := family(b.ID)
	if err != nil {
		return nil, 0, err
	}
	v := &view{zygote: zygote, cell: cell}
	v.identity()
	for _, look := range []func() error{
		v.namespaces, v.descriptors, func() error { return v.limits(i) }, v.mounts, v.network, v.oomScore,
		func() error { return v.cgroups(i.Memory, i.Tasks) },
	} {
		if err := look(); err != nil {
			return nil, 0, err
		}
	}
	own, err := cell.ownMemory()
	return v.findings, own, err
}

const (
	noCapabilities = "0000000000000000"
	// zygoteCapabilities are SYS_ADMIN, SETUID, SETGID, SETPCAP, KILL and SYS_NICE, as a
	// set of linux/capability.h's numbers: internal/box's Spec grants them.
	zygoteCapabilities = "0000000000a001e0"
)

// identity looks at every thread: no_new_privs, filters and credentials are
// the thread's own.
func (v *view) identity() {
	root, _, _ := strings.Cut(v.zygote.status("Uid"), "\t")
	id, err := strconv.Atoi(root)
	if err != nil || id == 0 {
		v.findings = append(v.findings, Finding{"user namespace", "the box's root is uid " + root + " of this machine"})
	}
	four := func(id int) string { return strings.TrimSuffix(strings.Repeat(strconv.Itoa(id)+"\t", 4), "\t") }
	for _, subject := range []struct {
		name         string
		process      process
		uid          int
		capabilities string
		filters      string
	}{
		{"the zygote's", v.zygote, id, zygoteCapabilities, "1"},
		{"the cell's", v.cell, id + firstUID + slot, noCapabilities, "2"},
	} {
		for n, thread := range subject.process.threads {
			where := func(line string) string { return fmt.Sprintf("%s %s (thread %d)", subject.name, line, n) }
			v.expect("uid", where("Uid"), thread["Uid"], four(subject.uid))
			v.expect("uid", where("Gid"), thread["Gid"], four(subject.uid))
			v.expect("uid", where("Groups"), thread["Groups"], "")
			for _, set := range []string{"CapPrm", "CapEff", "CapBnd"} {
				v.expect("capabilities", where(set), thread[set], subject.capabilities)
			}
			for _, set := range []string{"CapInh", "CapAmb"} {
				v.expect("capabilities", where(set), thread[set], noCapabilities)
			}
			v.expect("no_new_privs", where("NoNewPrivs"), thread["NoNewPrivs"], "1")
			v.expect("seccomp", where("Seccomp"), thread["Seccomp"], "2")
			// Kernels before 5.9 do not count them.
			if filters, counted := thread["Seccomp_filters"]; counted {
				v.expect("seccomp", where("Seccomp_filters"), filters, subject.filters)
			}
		}
	}
	if int(v.cell.owner) == id+firstUID+slot {
		v.findings = append(v.findings, Finding{"dumpable", "what /proc has of the cell belongs to the cell"})
	}
}

// namespaces: the box shares none with this machine, a cell all but one with
// its zygote.
func (v *view) namespaces() error {
	own := process{pid: os.Getpid()}
	for _, n := range []struct{ kind, wall string }{
		{"user", "user namespace"}, {"pid", "pid namespace"}, {"net", "network namespace"},
		{"mnt", "box namespaces"}, {"ipc", "box namespaces"}, {"uts", "box namespaces"}, {"cgroup", "box namespaces"},
	} {
		var seen [3]string
		for at, p := range []process{own, v.zygote, v.cell} {
			var err error
			if seen[at], err = p.namespace(n.kind); err != nil {
				return err
			}
		}
		if seen[1] == seen[0] {
			v.findings = append(v.findings, Finding{n.wall, "the zygote is in this machine's " + n.kind + " namespace"})
		}
		if same := seen[2] == seen[1]; same != (n.kind != "pid") {
			v.findings = append(v.findings, Finding{n.wall, fmt.Sprintf("the cell's %s namespace is %s, the zygote's %s", n.kind, seen[2], seen[1])})
		}
	}
	return nil
}

// descriptors: a cell has its connection alone; of a zygote only the kinds are
// looked at, as which sockets and pipes it needs is the interpreter's affair. The
// "/" among them is the /proc that was unmounted. That the set stays what it was
// is the zygote's own check (descriptors.c).
func (v *view) descriptors() error {
	for _, subject := range []struct {
		name    string
		process process
		most    int
		kinds   []string
	}{
		{"the cell's", v.cell, 1, []string{"socket:"}},
		{"the zygote's", v.zygote, 1 << 10, []string{"socket:", "pipe:", "pid:", "anon_inode:", "/dev/null", "/dev/urandom", "/proc", "/"}},
	} {
		dir := filepath.Join(subject.process.dir(), "fd")
		open, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		if len(open) > subject.most {
			v.findings = append(v.findings, Finding{"closed descriptors", fmt.Sprintf("%s descriptors are %d, not %d", subject.name, len(open), subject.most)})
		}
		for _, fd := range open {
			target, err := os.Readlink(filepath.Join(dir, fd.Name()))
			if err != nil {
				return err
			}
			kind, _, _ := strings.Cut(target, ":")
			if !slices.Contains(subject.kinds, kind+":") && !slices.Contains(subject.kinds, target) {
				v.findings = append(v.findings, Finding{"closed descriptors", fmt.Sprintf("%s descriptor %s is of %s", subject.name, fd.Name(), target)})
			}
		}
	}
	return nil
}

// limits compares /proc/PID/limits, soft and hard alike.
func (v *view) limits(i *Inspector) error {
	text, err := v.cell.read("limits")
	if err != nil {
		return err
	}
	cpu := uint64((i.Limits.CPU.Milliseconds()+999)/1000) + 1
	for _, l := range []struct {
		line, wall string
		most       uint64
	}{
		{"Max cpu time", "cpu limit", cpu},
		{"Max file size", "file size limit", 0},
		{"Max data size", "data limit", v.grown("VmData", i.Limits.Memory)},
		{"Max address space", "address space limit", v.grown("VmSize", addressesPerMemory*i.Limits.Memory)},
		{"Max stack size", "stack limit", uint64(i.Policy.StackKiB) << 10},
		{"Max core file size", "core limit", 1},
		{"Max processes", "thread limit", uint64(i.Policy.Threads)},
		{"Max pending signals", "thread limit", uint64(i.Policy.PendingSignals)},
		{"Max open files", "open files limit", uint64(i.Policy.OpenFiles)},
		{"Max locked memory", "data limit", 0},
		{"Max msgqueue size", "data limit", 0},
	} {
		soft, hard, err := limitOf(text, l.line)
		if err != nil {
			return err
		}
		if soft > l.most || hard > l.most {
			v.findings = append(v.findings, Finding{l.wall, fmt.Sprintf("the cell's %q is %s, not %d", l.line, said(hard), l.most)})
		}
	}
	return nil
}

// unlimited is how a limit that is none is counted.
const unlimited = ^uint64(0)

func said(limit uint64) string {
	if limit == unlimited {
		return "unlimited"
	}
	return strconv.FormatUint(limit, 10)
}

// limitOf reads a line of /proc/PID/limits: a name, a soft limit, a hard one.
func limitOf(text, name string) (soft, hard uint64, err error) {
	_, rest, found := strings.Cut(text, name)
	words := strings.Fields(rest)
	if !found || len(words) < 2 {
		return 0, 0, fmt.Errorf("/proc/PID/limits has no %q", name)
	}
	for at, into := range []*uint64{&soft, &hard} {
		if *into = unlimited; words[at] != "unlimited" {
			if *into, err = strconv.ParseUint(words[at], 10, 64); err != nil {
				return 0, 0, fmt.Errorf("/proc/PID/limits: %w", err)
			}
		}
	}
	return soft, hard, nil
}

// grown is a size of the zygote's as it is now and what a cell may have on top,
// with room for what the zygote has given back since it measured itself.
func (v *view) grown(line string, by job.Bytes) uint64 {
	// A size that cannot be read is none: then any limit is too much.
	kib, _ := strconv.ParseUint(strings.TrimSuffix(v.zygote.status(line), " kB"), 10, 64)
	return kib<<10 + uint64(by+beyond)
}

// mounts: the image's tree, and over it its own /dev with three devices.
func (v *view) mounts() error {
	text, err := v.cell.read("mountinfo")
	if err != nil {
		return err
	}
	var places []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 6 {
			return fmt.Errorf("mountinfo has the line %q", line)
		}
		place, options := words[4], strings.Split(words[5], ",")
		places = append(places, place)
		if strings.HasPrefix(place, "/proc") {
			v.findings = append(v.findings, Finding{"no /proc", "there is a mount at " + place})
			continue
		}
		if device := strings.HasPrefix(place, "/dev/"); !device && !slices.Contains(options, "ro") {
			v.findings = append(v.findings, Finding{"read-only rootfs", "the mount at " + place + " is " + words[5]})
		} else if device && !(slices.Contains(options, "nosuid") && slices.Contains(options, "noexec")) {
			v.findings = append(v.findings, Finding{"read-only rootfs", "the mount at " + place + " is " + words[5]})
		}
	}
	places = slices.DeleteFunc(places, func(place string) bool { return strings.HasPrefix(place, "/proc") })
	slices.Sort(places)
	v.expect("read-only rootfs", "the list of mounts", strings.Join(places, " "), "/ /dev /dev/null /dev/urandom /dev/zero")
	return nil
}

// network: nothing but a loopback of its own.
func (v *view) network() error {
	text, err := v.cell.read("net/dev")
	if err != nil {
		return err
	}
	var names []string
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	v.expect("network namespace", "the list of network interfaces", strings.Join(names, " "), "lo")
	return nil
}

func (v *view) oomScore() error {
	score, err := v.cell.read("oom_score_adj")
	v.expect("oom score", "the cell's oom_score_adj", strings.TrimSpace(score), "1000")
	return err
}
