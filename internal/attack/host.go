package attack

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// host is what can be seen on this host of the boxes and their daemon. It is
// empty where the daemon is elsewhere.
type host struct {
	// processes and files are those of the boxes, by kind; threads are all of
	// theirs. Zombies are dead children that boxes, runtimes or the daemon have
	// not waited for.
	processes, files map[string]int
	threads, zombies int
	// namespaces are those that a process of a box is in. mounts are this
	// host's, boxMounts those of all mount namespaces of the boxes.
	namespaces, mounts, boxMounts int
	// cgroups are directories with a box's name or below one, runtime what the
	// OCI runtime keeps of containers. They count boxes that are gone too.
	cgroups, runtime int
	// daemon is the daemon's pid, daemonFiles are its open files.
	daemon, daemonFiles int
}

// process is a line of /proc/PID/stat, and the cgroups.
type process struct {
	pid, parent, threads int
	state                byte
	cgroup               string
}

// lookAtHost looks at the processes of the boxes, whose kinds boxes has by their
// names. known are all boxes that
// there ever were.
func lookAtHost(boxes map[string]string, known []string) (h host, err error) {
	h.processes, h.files = make(map[string]int), make(map[string]int)
	all, err := processes()
	if err != nil {
		return h, err
	}
	namespaces, mounts := make(map[string]bool), make(map[string]bool)
	inside := make(map[int]bool)
	for _, p := range all {
		kind := ""
		for id, of := range boxes {
			if strings.Contains(p.cgroup, id) {
				kind = of
			}
		}
		if kind == "" {
			continue
		}
		inside[p.pid] = true
		h.processes[kind]++
		h.threads += p.threads
		dir := filepath.Join("/proc", strconv.Itoa(p.pid))
		h.files[kind] += entries(filepath.Join(dir, "fd"))
		h.lookAtNamespaces(dir, namespaces, mounts)
	}
	h.namespaces = len(namespaces)
	runtimes := h.lookAtParents(all, inside)
	for _, p := range all {
		if p.state == 'Z' && (p.parent == h.daemon || inside[p.parent] || runtimes[p.parent]) {
			h.zombies++
		}
	}
	for _, id := range known {
		h.cgroups += cgroupsOf(id)
	}
	text, err := os.ReadFile("/proc/self/mountinfo")
	h.mounts = bytes.Count(text, []byte("\n"))
	return h, err
}

// namespaceLinks are those of /proc/PID/ns that boxes have their own of. A
// process that waits to be forked into another namespace is in it as well.
var namespaceLinks = []string{"cgroup", "ipc", "mnt", "net", "pid_for_children", "user", "uts"}

// What a parked cell takes: a process of one thread in a pid namespace of its
// own, with its connection, which the zygote holds too, beside what it knows the
// process by, and whose other end is the daemon's.
const (
	threadsOfCell    = 1
	namespacesOfCell = 1
	filesOfCell      = 3
	daemonFilesOfOne = 1
)

// withoutParked takes off what cells that are parked take, by kind: their number
// follows the demand, and is looked at by itself.
func (h *host) withoutParked(parked map[string]int) {
	for kind, n := range parked {
		h.processes[kind] -= n
		h.files[kind] -= filesOfCell * n
		h.threads -= threadsOfCell * n
		h.namespaces -= namespacesOfCell * n
		h.daemonFiles -= daemonFilesOfOne * n
	}
}

// lookAtNamespaces adds those of one process to what was seen.
func (h *host) lookAtNamespaces(dir string, namespaces, mounts map[string]bool) {
	for _, link := range namespaceLinks {
		name, err := os.Readlink(dir + "/ns/" + link)
		if err != nil {
			return // it has ended
		}
		namespaces[name] = true
		if link != "mnt" || mounts[name] {
			continue
		}
		if text, err := os.ReadFile(filepath.Join(dir, "mountinfo")); err == nil {
			mounts[name] = true
			h.boxMounts += bytes.Count(text, []byte("\n"))
		}
	}
}

// lookAtParents finds the runtimes, which are the parents of the boxes' first
// processes, and the daemon, which is theirs.
func (h *host) lookAtParents(all map[int]process, inside map[int]bool) (runtimes map[int]bool) {
	runtimes = make(map[int]bool)
	roots := make(map[string]bool)
	for pid := range inside {
		runtime := all[pid].parent
		if inside[runtime] || runtime <= 1 {
			continue
		}
		runtimes[runtime] = true
		h.daemon = all[runtime].parent
		roots[rootOf(runtime)] = true
	}
	for root := range roots {
		h.runtime += entries(root)
	}
	if h.daemon > 1 {
		h.daemonFiles = entries(filepath.Join("/proc", strconv.Itoa(h.daemon), "fd"))
	}
	return runtimes
}

// rootOf is where a runtime keeps its state, by its own arguments.
func rootOf(runtime int) string {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(runtime), "cmdline"))
	if err != nil {
		return ""
	}
	words := strings.Split(string(line), "\x00")
	if at := slices.Index(words, "--root"); at >= 0 && at+1 < len(words) {
		return words[at+1]
	}
	return ""
}

// processes reads all of /proc.
func processes() (map[int]process, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := make(map[int]process)
	for _, dir := range dirs {
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it has ended
		}
		cgroup, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
		if p, ok := parseStat(string(stat)); ok {
			p.cgroup = string(cgroup)
			all[p.pid] = p
		}
	}
	return all, nil
}

// parseStat reads /proc/PID/stat. The name in brackets is the process's own to
// choose.
func parseStat(text string) (p process, ok bool) {
	pid, _, _ := strings.Cut(text, " ")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 18 {
		return p, false
	}
	p.pid, _ = strconv.Atoi(pid)
	p.state = fields[0][0]
	p.parent, _ = strconv.Atoi(fields[1])
	p.threads, _ = strconv.Atoi(fields[17])
	return p, p.pid > 0
}

func entries(dir string) int {
	all, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	return len(all)
}

// cgroupsOf counts the cgroups of a box: its own, in each hierarchy, and those
// below.
func cgroupsOf(id string) int {
	n := 0
	for _, pattern := range []string{"/sys/fs/cgroup/" + id, "/sys/fs/cgroup/*/" + id} {
		found, _ := filepath.Glob(pattern)
		for _, dir := range found {
			// A directory of cgroupfs has a link for itself, one from its parent
			// and one from each child.
			if info, err := os.Stat(dir); err == nil {
				n += int(info.Sys().(*syscall.Stat_t).Nlink) - 1
			}
		}
	}
	return n
}

// changed tells what is no more as it was, or "". The daemon may close files
// that it held for others.
func (h host) changed(before host) string {
	switch {
	case !maps.Equal(h.processes, before.processes):
		return fmt.Sprintf("processes by box: %v, before %v", h.processes, before.processes)
	case !maps.Equal(h.files, before.files):
		return fmt.Sprintf("open files by box: %v, before %v", h.files, before.files)
	case h.daemonFiles > before.daemonFiles:
		return fmt.Sprintf("%d open files of the daemon, before %d", h.daemonFiles, before.daemonFiles)
	}
	for _, n := range []struct {
		what        string
		now, before int
	}{
		{"zombies", h.zombies, before.zombies}, {"threads in the boxes", h.threads, before.threads},
		{"namespaces of the boxes", h.namespaces, before.namespaces}, {"mounts in the boxes", h.boxMounts, before.boxMounts},
		{"mounts", h.mounts, before.mounts}, {"cgroups of boxes", h.cgroups, before.cgroups},
		{"containers of the runtime", h.runtime, before.runtime},
	} {
		if n.now != n.before {
			return fmt.Sprintf("%d %s, before %d", n.now, n.what, n.before)
		}
	}
	return ""
}
