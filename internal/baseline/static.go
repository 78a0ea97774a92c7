package baseline

import (
	"bytes"
	"errors"
	"os"
	"os/exec"

	"github.com/fumehood/fumehood/internal/bench"
)

// static is a handler that writes the bytes of one answer of the daemon.
type static struct {
	*bench.Server
	*program
}

func (s *static) String() string { return "static" }

func startStatic(o Options) (*static, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "bench", "--serve-static")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(o.Answer), o.Said
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	address, err := readAddress(said)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return &static{bench.NewServer(address, nil, o.Connections), p}, nil
}
