package box

import (
	"errors"

	"golang.org/x/sys/unix"
)

// HangUp closes control, as the kernel does when the daemon dies.
func (b *Box) HangUp() { b.control.Close() }

// Abandon lets go of the directory without removing it, as a crash does.
// Closing the lock would not do: a child that a parallel test has forked but
// that has not yet called exec holds it too, until then (flock(2)).
func (s *State) Abandon() error {
	return errors.Join(unix.Flock(int(s.lock.Fd()), unix.LOCK_UN), s.lock.Close())
}

// Dir is the daemon's own directory.
func (s *State) Dir() string { return s.dir }
