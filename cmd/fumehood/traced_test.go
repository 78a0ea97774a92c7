package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/image"
)

// tracedKinds are boxes of both images; tracedCases how many cases of a class
// are tried.
const (
	tracedKinds = "ruby,node-markup,node-css,node-templates"
	tracedCases = 8
)

// Under strace: the daemon runs nothing but the runtime, when it starts boxes,
// at first and when it replaces one that was attacked. It opens its own files
// and those of the machine, and never one that a cell could have written or led
// it to.
func TestDaemonOpensNothingOfCells(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		boxtest.Missing(t, "oci", err.Error())
	}
	c := testConfig(t, boxtest.StateDir(t))
	var interpreters []string
	for _, name := range image.Names {
		interpreters = append(interpreters, boxtest.Image(t, name).Command[0])
	}
	p := stoppedProgram(t, c.StateDir, "--data-dir", c.DataDir, "--runtime", c.Runtime, "--boxes", tracedKinds)

	starting := trace(t, p.Process.Pid)
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.waitReady(t)
	rules := func(threads []string) traceRules { return boxRules(p, threads, c.DataDir, c.Runtime, interpreters) }
	check(t, "at the start", rules([]string{strconv.Itoa(p.Process.Pid)}), starting())

	serving := trace(t, p.Process.Pid)
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for at := range threads {
		threads[at] = filepath.Base(threads[at])
	}
	r, err := attack.New(t.Context(), attack.Options{URL: p.url, Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range someOfEachClass(attackCases(t)) {
		v, err := r.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		// strace makes cells of new boxes slow; TestProve judges the outcomes.
		if v.Result == attack.Failed && !strings.Contains(v.Reason, "outcome timeout") {
			t.Errorf("%s %s: %s", v.ID, v.Title, v.Reason)
		}
	}
	check(t, "while it serves", rules(threads), serving())
}

func check(t *testing.T, when string, rules traceRules, log string) {
	t.Helper()
	if !strings.Contains(log, "execve(") {
		t.Errorf("%s: strace has seen no program run, though boxes are started", when)
	}
	for _, wrong := range rules.judge(log) {
		t.Errorf("%s: %s", when, wrong)
	}
	t.Logf("%s: %d lines", when, strings.Count(log, "\n"))
}

// someOfEachClass picks cases evenly from each class.
func someOfEachClass(all []*attack.Case) []*attack.Case {
	classes := make(map[string][]*attack.Case)
	for _, c := range all {
		classes[c.Class] = append(classes[c.Class], c)
	}
	var some []*attack.Case
	for _, of := range classes {
		for i := range min(tracedCases, len(of)) {
			some = append(some, of[i*len(of)/min(tracedCases, len(of))])
		}
	}
	return some
}

// trace has strace follow a process and its children until stop, which returns
// the log.
func trace(t *testing.T, pid int) (stop func() string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace")
	strace := exec.Command("strace", "-f", "-y", "-s", "4096", "-qq", "-e", "signal=none",
		"-e", "trace=execve,execveat,open,openat,openat2,creat,clone,clone3,fork,vfork", "-o", log, "-p", strconv.Itoa(pid))
	strace.Stderr = os.Stderr
	if err := strace.Start(); err != nil {
		t.Fatal(err)
	}
	// A test that fails early does not come to stop.
	t.Cleanup(func() { _ = strace.Process.Kill() })
	eventually(t, "strace follows every thread", func() bool { return traced(pid) })
	return func() string {
		if !traced(pid) {
			t.Error("strace does not follow every thread any more")
		}
		// On this signal it lets go of everybody. It ends with the signal.
		if err := strace.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = strace.Wait()
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// traced reports whether every thread of a process is followed.
func traced(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err != nil || strings.Contains(string(status), "TracerPid:\t0\n") {
			return false
		}
	}
	return err == nil && len(threads) > 0
}

// stoppedProgram is fumehood serve, stopped before it has begun.
func stoppedProgram(t *testing.T, state string, flags ...string) *program {
	t.Helper()
	listen := "127.0.0.1:" + strconv.Itoa(20000+os.Getpid()%20000)
	p := &program{url: "http://" + listen, state: state, log: filepath.Join(t.TempDir(), "log")}
	arguments := append([]string{"-c", `kill -STOP $$; exec "$@"`, "sh", os.Args[0], "serve", "--listen", listen, "--state-dir", state}, flags...)
	p.Cmd = exec.Command("/bin/sh", arguments...)
	p.launch(t)
	p.Path = os.Args[0]
	t.Cleanup(func() { p.end(t) })
	eventually(t, "the shell stops", func() bool {
		process, ok := boxtest.LookAt(p.Process.Pid)
		return ok && strings.HasPrefix(process.Status["State"], "T")
	})
	return p
}

// end has the program drain and leave.
func (p *program) end(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	defer late.Stop()
	if err := p.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.readLog())
	}
}

func (p *program) waitReady(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		response, err := http.Get(p.url + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the program is not ready:\n%s", p.readLog())
		}
		time.Sleep(50 * time.Millisecond)
	}
}
