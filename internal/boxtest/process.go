package boxtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Process is what /proc says of one process, from outside every box.
type Process struct {
	PID             int
	Cgroup, Command string
	// Status holds the lines of /proc/PID/status by name.
	Status map[string]string
	// PIDNamespace is the target of /proc/PID/ns/pid.
	PIDNamespace string
}

// Parent is the pid of the process's parent.
func (p Process) Parent() int {
	n, _ := strconv.Atoi(p.Status["PPid"])
	return n
}

// Processes lists the living processes that match.
func Processes(t testing.TB, match func(Process) bool) []int {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if p, ok := LookAt(pid); ok && !strings.HasPrefix(p.Status["State"], "Z") && match(p) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// LookAt reads /proc/PID; it reports false for a process that is gone.
func LookAt(pid int) (Process, bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	p := Process{PID: pid, Status: make(map[string]string)}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return p, false
	}
	for line := range strings.Lines(string(status)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			p.Status[name] = strings.TrimSpace(value)
		}
	}
	cgroup, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
	command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	p.Cgroup, p.Command = string(cgroup), strings.ReplaceAll(string(command), "\x00", " ")
	p.PIDNamespace, _ = os.Readlink(filepath.Join(dir, "ns", "pid"))
	return p, true
}

// OpenFiles lists what the descriptors of a process point at.
func OpenFiles(t testing.TB, pid int) []string {
	t.Helper()
	links, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}

// File reads a file of /proc/PID.
func File(t testing.TB, pid int, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(content))
}
