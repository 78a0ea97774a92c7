package box

import (
	"io"
	"os/exec"

	runc "github.com/containerd/go-runc"
)

// boxIO gives a box an empty stdin and sends what it prints to out.
type boxIO struct{ out io.Writer }

var _ runc.IO = (*boxIO)(nil)

func (i *boxIO) Set(cmd *exec.Cmd) {
	cmd.Stdout, cmd.Stderr = i.out, i.out
}

func (i *boxIO) Close() error          { return nil }
func (i *boxIO) Stdin() io.WriteCloser { return nil }
func (i *boxIO) Stdout() io.ReadCloser { return nil }
func (i *boxIO) Stderr() io.ReadCloser { return nil }
