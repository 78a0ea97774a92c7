package baseline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// startTimeout is how long a program may take until it answers.
	startTimeout = 60 * time.Second
	// stopTimeout is how long it may take to end when told to; then it is
	// killed.
	stopTimeout = 20 * time.Second
	// maxAddress bounds the line in which a program says where it listens.
	maxAddress = 256
)

// program is a child that serves until it is closed.
type program struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error
}

// start starts a program whose life is bound to this process. What it
// writes goes where cmd says.
func start(cmd *exec.Cmd) (*program, error) {
	// Should this process be killed, the child shall not serve on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &program{cmd: cmd, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Close ends the program: it is asked first. What it says at its end does not
// matter.
func (p *program) Close() error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTimeout):
	}
	// The group: a server may have workers.
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %s: %w", p.cmd.Path, err)
	}
	<-p.ended
	return nil
}

// whenListening waits until somebody accepts connections at an address.
func (p *program) whenListening(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var dialer net.Dialer
	for {
		c, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %v", p.cmd.Path, p.err)
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s: %w", p.cmd.Path, address, ctx.Err())
		case <-tick.C:
		}
	}
}

// readAddress reads the line in which a program says where it listens.
func readAddress(from io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(from, maxAddress)).ReadString('\n')
	address := strings.TrimSpace(line)
	if _, _, split := net.SplitHostPort(address); err != nil || split != nil {
		return "", fmt.Errorf("read where it listens: %q: %w", line, errors.Join(err, split))
	}
	return address, nil
}

// FreeAddress is an address on loopback that nobody listens on. Somebody else
// may take it first; whoever wanted it then says so.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
