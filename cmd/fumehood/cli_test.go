package main

import (
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// The command line as its user meets it: testdata/*.txtar. $SERVER is a
// running daemon; without --server a command starts one of its own.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("SERVER", s.url)
			e.Setenv("FUMEHOOD_DATA_DIR", boxtest.DataDir)
			e.Setenv("FUMEHOOD_STATE_DIR", boxtest.StateDir(t))
			e.Setenv("FUMEHOOD_RUNTIME", s.config.Runtime)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fumehood": fumehood},
	})
}

// fumehood CODE ARGS… runs this test binary as the program, and checks its
// exit code. Its streams are there for stdout and stderr.
func fumehood(ts *testscript.TestScript, _ bool, args []string) {
	program, err := os.Executable()
	ts.Check(err)
	ts.Setenv(asProgram, "1")
	err = ts.Exec(program, args[1:]...)
	code := 0
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}
