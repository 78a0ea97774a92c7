package attack

import (
	"errors"

	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
)

// listeners wait for a call that must never come: what hostile source reaches
// from inside a cell is counted here, outside.
type listeners struct {
	dir   string
	open  []interface{ Close() error }
	calls atomic.Int64
	names *strings.Replacer
}

func listen() (*listeners, error) {
	l := &listeners{}
	var err error
	if l.dir, err = os.MkdirTemp("", "fumehood-prove-"); err != nil {
		return nil, err
	}
	unix := filepath.Join(l.dir, "canary")
	abstract := filepath.Base(l.dir)
	tcp, err := net.Listen("tcp", ":0")
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.accept(tcp)
	for _, address := range []string{unix, "@" + abstract} {
		u, err := net.Listen("unix", address)
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.accept(u)
	}
	udp, err := net.ListenPacket("udp", ":0")
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	l.receive(udp)
	l.names = strings.NewReplacer(
		"{{tcp}}", port(tcp.Addr()), "{{udp}}", port(udp.LocalAddr()), "{{unix}}", unix, "{{abstract}}", abstract,
		"{{pid}}", strconv.Itoa(os.Getpid()))
	return l, nil
}

func port(a net.Addr) string {
	_, p, _ := net.SplitHostPort(a.String())
	return p
}

func (l *listeners) accept(on net.Listener) {
	l.open = append(l.open, on)
	go func() {
		for {
			c, err := on.Accept()
			if err != nil {
				return
			}
			l.calls.Add(1)
			c.Close()
		}
	}()
}

func (l *listeners) receive(on net.PacketConn) {
	l.open = append(l.open, on)
	go func() {
		var buffer [512]byte
		for {
			if _, _, err := on.ReadFrom(buffer[:]); err != nil {
				return
			}
			l.calls.Add(1)
		}
	}()
}

func (l *listeners) close() error {
	var errs []error
	for _, o := range l.open {
		errs = append(errs, o.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(l.dir))...)
}
