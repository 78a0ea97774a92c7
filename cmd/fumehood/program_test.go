package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// program is fumehood as a process of its own.
type program struct {
	*exec.Cmd
	url, state, log string
}

func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	state := boxtest.StateDir(t)
	c := testConfig(t, state)
	port := 20000 + os.Getpid()%20000 + len(filepath.Base(state))
	p := &program{url: "http://127.0.0.1:" + strconv.Itoa(port), state: state, log: filepath.Join(t.TempDir(), "log")}
	p.Cmd = exec.Command(os.Args[0], "serve", "--listen", "127.0.0.1:"+strconv.Itoa(port),
		"--state-dir", state, "--data-dir", c.DataDir, "--runtime", c.Runtime, "--boxes", c.Boxes,
		"--cache-size", c.CacheSize.String())
	p.Args = append(p.Args, args...)
	p.launch(t)
	t.Cleanup(func() { p.Process.Kill() })
	eventually(t, "the program is ready", func() bool {
		response, err := http.Get(p.url + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return p
}

// launch starts the program, which is this test's, with its log in a file.
func (p *program) launch(t *testing.T) {
	t.Helper()
	p.Env = append(os.Environ(), asProgram+"=1")
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.Stderr = log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
}

// left lists what the program has left on this machine.
func (p *program) left(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pid := range boxtest.Processes(t, func(q boxtest.Process) bool {
		return strings.Contains(q.Command, p.state) || strings.Contains(q.Cgroup, "fumehood-ruby-") && p.owns(q)
	}) {
		all = append(all, "process "+strconv.Itoa(pid))
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), p.state) {
		all = append(all, "a mount")
	}
	for _, id := range p.boxes() {
		for _, pattern := range []string{"/sys/fs/cgroup/" + id, "/sys/fs/cgroup/*/" + id} {
			found, _ := filepath.Glob(pattern)
			all = append(all, found...)
		}
	}
	return all
}

func (p *program) owns(q boxtest.Process) bool {
	for _, id := range p.boxes() {
		if strings.Contains(q.Cgroup, id) {
			return true
		}
	}
	return false
}

func (p *program) readLog() string {
	log, _ := os.ReadFile(p.log)
	return string(log)
}

// boxes reads the boxes' names from the program's log.
func (p *program) boxes() []string {
	var ids []string
	for line := range strings.Lines(p.readLog()) {
		var entry struct{ Msg, Box string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "box ready" {
			ids = append(ids, entry.Box)
		}
	}
	return ids
}
