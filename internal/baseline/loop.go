package baseline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/baselines"
	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/bench"
)

// loop is a program that forks and compiles for so many seconds, and prints what
// it did.
type loop struct {
	name string
	// dir is removed at its end.
	dir string
	// command makes the program for one run.
	command func(seconds string) *exec.Cmd
}

var _ bench.Loop = (*loop)(nil)

func (l *loop) String() string { return l.name }
func (l *loop) Close() error   { return os.RemoveAll(l.dir) }

func (l *loop) Run(ctx context.Context, d time.Duration) (bench.Turn, error) {
	ctx, cancel := context.WithTimeout(ctx, d+startTimeout)
	defer cancel()
	cmd := l.command(strconv.FormatFloat(d.Seconds(), 'f', 3, 64))
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return bench.Turn{}, err
	}
	// Its forks are in its group.
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	err := cmd.Wait()
	stop()
	if err != nil {
		return bench.Turn{}, fmt.Errorf("%w: %.300s", errors.Join(ctx.Err(), err), said.String())
	}
	var did struct {
		Rate float64 `json:"rate"`
		P50  float64 `json:"p50_ms"`
		P99  float64 `json:"p99_ms"`
	}
	if err := json.Unmarshal(out.Bytes(), &did); err != nil {
		return bench.Turn{}, fmt.Errorf("%w: %.300s", err, out.String())
	}
	return bench.Turn{Rate: did.Rate, P50: did.P50, P99: did.P99}, nil
}

// newBareRuby is a loop in Ruby, on the ruby image's interpreter and Haml.
func newBareRuby(o Options) (*loop, error) {
	if o.Source.Language != "haml" {
		return nil, missing("it is for haml", "")
	}
	ruby, err := o.image("ruby")
	if err != nil {
		return nil, err
	}
	script, err := baselines.Files.ReadFile("bare/fork.rb")
	if err != nil {
		return nil, err
	}
	return &loop{name: "bare-ruby", command: func(seconds string) *exec.Cmd {
		args := append([]string{ruby.RootFS()}, ruby.Command...)
		// "-" is the script on standard input: the tree is not to be written to.
		cmd := exec.Command("chroot", append(args, "-", seconds, strconv.Itoa(runtime.NumCPU()))...)
		cmd.Stdin = bytes.NewReader(script)
		cmd.Env = append(slices.Clone(ruby.Environment), "SOURCE="+o.Source.With("bench"), "LANG=C.UTF-8")
		return cmd
	}}, nil
}

// loopShim are the parts of the shim that a bare loop needs: those that settle
// the zygote's memory.
var loopShim = []string{"wire.c", "maps.c", "guards.c", "huge.c", "fresh.c", "pages.c"}

// newBareNode is the language's own zygote, linked with baselines/bare/loop.c in
// place of the shim's server, cells and walls.
func newBareNode(ctx context.Context, o Options) (*loop, error) {
	node, err := o.node()
	if err != nil {
		return nil, err
	}
	version, main, err := node.zygoteOf(o.Source.Language)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fumehood-bare-")
	if err != nil {
		return nil, err
	}
	if err := buildLoop(ctx, dir, o.Engines); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &loop{name: "bare-node", dir: dir, command: func(seconds string) *exec.Cmd {
		// A mount namespace of its own, in which the box's tree has the loop in
		// place of the shim, and a /proc.
		args := []string{"--mount", "--", "sh", filepath.Join(dir, "bare", "enter.sh"), node.RootFS(), filepath.Join(dir, "loop.node"), strings.Join(node.Environment, " ")}
		cmd := exec.Command("unshare", append(append(args, node.Command...), main)...)
		cmd.Env = append(os.Environ(), "BARE_LANGUAGE="+o.Source.Language, "BARE_VERSION="+version,
			"BARE_SOURCE="+o.Source.With("bench"), "BARE_SECONDS="+seconds)
		return cmd
	}}, nil
}

// buildLoop compiles loop.node in dir, with the optimisation that the shim has.
func buildLoop(ctx context.Context, dir, engines string) error {
	headers := filepath.Join(engines, "node_modules", "node-api-headers", "include")
	if _, err := os.Stat(headers); err != nil {
		return missing(err.Error(), "scripts/engines")
	}
	for name, files := range map[string]fs.FS{"bare": baselines.Files, "shim": boxes.Files, "node": boxes.Files} {
		part, err := fs.Sub(files, name)
		if err == nil {
			err = os.CopyFS(filepath.Join(dir, name), part)
		}
		if err != nil {
			return err
		}
	}
	args := []string{
		"-std=gnu11", "-O2", "-fPIC", "-shared", "-I" + filepath.Join(dir, "shim"), "-I" + filepath.Join(dir, "node"), "-isystem", headers,
		"-o", filepath.Join(dir, "loop.node"), filepath.Join(dir, "bare", "loop.c"), filepath.Join(dir, "node", "binding.c"), filepath.Join(dir, "node", "nursery.c"),
	}
	for _, name := range loopShim {
		args = append(args, filepath.Join(dir, "shim", name))
	}
	if said, err := exec.CommandContext(ctx, "cc", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("compile the bare loop: %w: %.500s", err, said)
	}
	return nil
}
