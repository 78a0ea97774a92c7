package box

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	runc "github.com/containerd/go-runc"
	"golang.org/x/sys/unix"
)

// State is one daemon's directory of running boxes, below a root that all
// daemons of this machine share:
//
//	ROOT/daemons/ID/lock      held while the daemon lives
//	ROOT/daemons/ID/runtime/  the OCI runtime's own state
//	ROOT/daemons/ID/boxes/    a bundle and a socket for each box
//	/run/fumehood-uids/N      held while a box uses range N of host uids
//
// Locks are flock(2) locks, which end with their holder, however it dies.
type State struct {
	dir  string
	lock *os.File
}

// OpenState makes a daemon's directory below root. What dead daemons left
// there it removes, with runtime as the OCI runtime to do it.
func OpenState(ctx context.Context, root, runtime string, log *slog.Logger) (*State, error) {
	for _, dir := range []string{filepath.Join(root, "daemons"), uidLocks} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the state directory: %w", err)
		}
	}
	s := &State{dir: filepath.Join(root, "daemons", strconv.Itoa(os.Getpid())+"-"+shortID())}
	if err := s.make(root); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	s.sweep(ctx, runtime, log)
	return s, nil
}

// make makes the directory elsewhere and moves it to its name when it is
// locked: whoever finds it unlocked there knows that its daemon is dead.
func (s *State) make(root string) error {
	unnamed, err := os.MkdirTemp(root, "new-")
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(unnamed, "boxes"), 0o700); err != nil {
		return err
	}
	if s.lock, err = tryLock(filepath.Join(unnamed, "lock")); err != nil {
		return err
	}
	return os.Rename(unnamed, s.dir)
}

// Close removes the directory. No box may be left.
func (s *State) Close() error {
	return errors.Join(os.RemoveAll(s.dir), s.lock.Close())
}

func (s *State) runtime(command string) *runc.Runc {
	return &runc.Runc{
		Command: command,
		Root:    filepath.Join(s.dir, "runtime"),
		// A Ctrl-C on the daemon's terminal is the daemon's to handle.
		Setpgid: true,
	}
}

// sweep removes what daemons that are dead could not: a box ends by itself
// when its daemon does, unless the runtime was killed with it.
func (s *State) sweep(ctx context.Context, runtime string, log *slog.Logger) {
	others, err := filepath.Glob(filepath.Join(filepath.Dir(s.dir), "*"))
	if err != nil {
		return
	}
	for _, dir := range others {
		if dir == s.dir {
			continue
		}
		lock, err := tryLock(filepath.Join(dir, "lock"))
		if err != nil {
			continue
		}
		dead := &State{dir: dir, lock: lock}
		if err := dead.remove(ctx, runtime); err != nil {
			log.Warn("leftovers of a dead daemon not removed", "dir", dir, "err", err)
		} else {
			log.Info("removed leftovers of a dead daemon", "dir", dir)
		}
	}
}

func (s *State) remove(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r := s.runtime(command)
	// The runtime keeps a directory for each container. Asking it for a list
	// fails for a daemon that died before its first box.
	containers, err := os.ReadDir(r.Root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("list containers: %w", err)
	}
	for _, c := range containers {
		if err := r.Delete(ctx, c.Name(), &runc.DeleteOpts{Force: true}); err != nil {
			return fmt.Errorf("delete container %s: %w", c.Name(), err)
		}
	}
	return s.Close()
}

func (s *State) newBoxID(kind string) (string, error) {
	if strings.ContainsAny(kind, "/. ") || kind == "" {
		return "", fmt.Errorf("box kind %q cannot be part of a name", kind)
	}
	return "fumehood-" + kind + "-" + shortID(), nil
}

func shortID() string {
	return strings.ToLower(rand.Text()[:10])
}

const (
	// firstUID lies beyond what distributions give to users, subordinate ids
	// and nspawn, and below what a signed 32-bit number holds.
	firstUID   = 1_900_000_000
	uidsPerBox = 65536
	uidRanges  = 1024
	// uidLocks is one for the whole machine, whatever the state directories:
	// no two boxes may share a uid.
	uidLocks = "/run/fumehood-uids"
)

// uidRange is a range of host uids that one box has to itself.
type uidRange struct {
	first uint32
	lock  *os.File
}

func (s *State) reserveUIDs() (*uidRange, error) {
	for n := range uidRanges {
		lock, err := tryLock(filepath.Join(uidLocks, strconv.Itoa(n)))
		if errors.Is(err, unix.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reserve uids: %w", err)
		}
		return &uidRange{first: uint32(firstUID + n*uidsPerBox), lock: lock}, nil
	}
	return nil, errors.New("reserve uids: all ranges are taken")
}

func (u *uidRange) release() {
	u.lock.Close()
}

// tryLock locks a file for as long as it stays open, or returns EWOULDBLOCK.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
