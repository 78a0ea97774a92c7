// Command fumehood compiles untrusted preprocessor source, each compile in a
// single-use process behind two walls.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/fumehood/fumehood/internal/image"
)

// Exit codes, the same for every command.
const (
	exitDone        = 0
	exitSourceError = 1
	exitUsage       = 2
	exitUnavailable = 3
	exitInterrupted = 130
)

const exitHelp = `
Exit codes:
  0    done
  1    the source has an error, or met a limit
  2    wrong usage or configuration
  3    the runtime, an image or the daemon is unavailable
  130  interrupted
`

const usage = `Usage: fumehood COMMAND [FLAGS] [ARGUMENTS]

Compile untrusted preprocessor source, each compile in a single-use process
behind two walls.

Commands:
  serve      run the daemon
  render     compile one file
  box        build, list, prune and lock box images
  bench      put load on a daemon, beside others; or soak a kind of box
  prove      attack this installation, and see what its walls stop
  doctor     check this host, and say how to mend it
  token      make a token for a caller
  config     print the effective configuration
  version    print the version

'fumehood COMMAND --help' tells more about a command.
` + exitHelp

// streams are what a command reads and writes; tests lend their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

type command func(ctx context.Context, args []string, s streams) error

var commands = map[string]command{
	"serve": serveCommand, "render": renderCommand, "box": boxCommand, "bench": benchCommand, "prove": proveCommand, "doctor": doctorCommand, "token": tokenCommand, "config": configCommand, "version": versionCommand,
}

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	// Under nohup a hang-up is not for us, and serve has its own idea of it.
	if !signal.Ignored(syscall.SIGHUP) && !slices.Contains(os.Args[1:min(len(os.Args), 2)], "serve") {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	// The first signal drains, the second ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		fmt.Fprint(s.err, usage)
		return exitUsage
	}
	switch args[0] {
	case "-h", "--help", "-help", "help":
		fmt.Fprint(s.out, usage)
		return exitDone
	}
	run, ok := commands[args[0]]
	if !ok {
		return report(s.err, usageError(fmt.Sprintf("unknown command %q", args[0]), "run 'fumehood --help'"))
	}
	return report(s.err, run(ctx, args[1:], s))
}

// failure is an error that knows its exit code and what to do about it.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usageError(text, hint string) error {
	return &failure{exitUsage, errors.New(text), hint}
}

func unavailable(err error, hint string) error {
	return &failure{exitUnavailable, err, hint}
}

// errSourceRefused ends a render whose diagnostics are printed already.
var errSourceRefused = &failure{code: exitSourceError, err: errors.New("source refused")}

// report prints an error and returns its exit code.
func report(w io.Writer, err error) int {
	var f *failure
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errSourceRefused):
		return exitSourceError
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "fumehood: interrupted")
		return exitInterrupted
	case !errors.As(err, &f):
		f = &failure{code: exitUnavailable, err: err}
		if errors.Is(err, image.ErrNotBuilt) {
			f.hint = "build it with 'fumehood box build'"
		}
	}
	fmt.Fprintf(w, "fumehood: %v\n", f.err)
	if f.hint != "" {
		fmt.Fprintf(w, "hint: %s\n", f.hint)
	}
	return f.code
}

// parseFlags gives every command the same manners: --help prints usage on
// stdout and succeeds, a wrong flag is a usage error.
func parseFlags(flags *flag.FlagSet, args []string, s streams, head string, parse func() error) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := parse()
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(s.out, head, "\nFlags:\n")
		flags.SetOutput(s.out)
		flags.PrintDefaults()
		fmt.Fprint(s.out, exitHelp)
		return flag.ErrHelp
	}
	if err != nil {
		return usageError(err.Error(), "run 'fumehood "+flags.Name()+" --help'")
	}
	return nil
}
