package selftest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/job"
)

// A process is one of a box's, as /proc of this machine shows it. Its pid
// comes from there too, never from the box.
type process struct {
	pid int
	// threads are the lines of each thread's status, by name.
	threads []map[string]string
	// owner is whom the files of /proc/PID belong to: root, if the process is
	// not dumpable (proc(5)); the directory itself is no witness.
	owner uint32
}

// status is a line of the first thread's.
func (p process) status(name string) string { return p.threads[0][name] }

func (p process) dir() string { return filepath.Join("/proc", strconv.Itoa(p.pid)) }

// namespace is what one of /proc/PID/ns/* points at.
func (p process) namespace(kind string) (string, error) {
	return os.Readlink(filepath.Join(p.dir(), "ns", kind))
}

// read reads a file of /proc/PID.
func (p process) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(p.dir(), name))
	return string(text), err
}

// ownMemory is what the process shares with no other: the pages that it has
// copied from its zygote, and the tables of all its pages.
func (p process) ownMemory() (job.Bytes, error) {
	proc, err := procfs.NewProc(p.pid)
	if err != nil {
		return 0, err
	}
	pages, err := proc.ProcSMapsRollup()
	if err != nil {
		return 0, err
	}
	status, err := proc.NewStatus()
	if err != nil {
		return 0, err
	}
	return job.Bytes(pages.PrivateClean + pages.PrivateDirty + status.VmPTE), nil
}

// family finds a box's zygote and the only cell in it, by the name of the
// cgroup that both are in.
func family(box string) (zygote, cell process, err error) {
	pids, err := membersOf(box)
	if err != nil {
		return zygote, cell, err
	}
	// Pid 1 of the box is the only one whose parent is not of the box; the
	// zygote is its child and the cell the zygote's.
	children := make(map[int][]process)
	for pid := range pids {
		p, err := lookAt(pid)
		if err != nil {
			return zygote, cell, err
		}
		parent, err := strconv.Atoi(p.status("PPid"))
		if err != nil {
			return zygote, cell, fmt.Errorf("process %d has the parent %q", pid, p.status("PPid"))
		}
		if !pids[parent] {
			parent = 0
		}
		children[parent] = append(children[parent], p)
	}
	only := func(parent int) (process, error) {
		if n := len(children[parent]); n != 1 {
			return process{}, fmt.Errorf("%d processes of box %s are below process %d, where one is expected", n, box, parent)
		}
		return children[parent][0], nil
	}
	init, err := only(0)
	if err != nil {
		return zygote, cell, err
	}
	if zygote, err = only(init.pid); err != nil {
		return zygote, cell, err
	}
	cell, err = only(zygote.pid)
	return zygote, cell, err
}

func membersOf(box string) (map[int]bool, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	pids := make(map[int]bool)
	for _, dir := range dirs {
		// A process that ended meanwhile is none of a box that is at rest.
		groups, err := os.ReadFile(filepath.Join(dir, "cgroup"))
		if err != nil || !strings.Contains(string(groups), "/"+box) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			return nil, err
		}
		pids[pid] = true
	}
	return pids, nil
}

func lookAt(pid int) (process, error) {
	p := process{pid: pid}
	tasks, err := filepath.Glob(filepath.Join(p.dir(), "task", "*", "status"))
	if err != nil {
		return p, err
	}
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if err != nil {
			return p, err
		}
		lines := make(map[string]string)
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok {
				lines[key] = strings.TrimSpace(value)
			}
		}
		p.threads = append(p.threads, lines)
	}
	if len(p.threads) == 0 {
		return p, fmt.Errorf("process %d of the box ended", pid)
	}
	var stat unix.Stat_t
	if err := unix.Stat(filepath.Join(p.dir(), "status"), &stat); err != nil {
		return p, err
	}
	p.owner = stat.Uid
	return p, nil
}
