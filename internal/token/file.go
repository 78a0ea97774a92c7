package token

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// File is a token file, and what it said when it was last read without a
// mistake. It is safe for concurrent use.
type File struct {
	path string
	set  atomic.Pointer[Set]
}

// Open reads a token file.
func Open(path string) (*File, error) {
	f := &File{path: path}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload reads the file again. On an error the tokens stay what they were.
func (f *File) Reload() error {
	s, err := load(f.path)
	if err != nil {
		return err
	}
	f.set.Store(s)
	return nil
}

// Len is how many tokens there are.
func (f *File) Len() int { return f.set.Load().Len() }

// Check is Set.Check with the tokens of now.
func (f *File) Check(text string, now time.Time) (Holder, bool) {
	return f.set.Load().Check(text, now)
}

// ErrOpenToOthers: who can read the file learns the tenants, and who can write
// it makes tokens.
var ErrOpenToOthers = errors.New("is open to the group or to others")

func load(path string) (*Set, error) {
	// A pipe with no writer must not hold the daemon up.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	defer file.Close()
	text, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %s: %w", path, err)
	}
	s, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %s: %w", path, err)
	}
	return s, nil
}

// read returns what a token file holds, if it is one that can be trusted.
func read(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%w (mode %04o): chmod 600 %s", ErrOpenToOthers, mode, file.Name())
	}
	// Whoever owns it can write it.
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 && int(owner) != os.Geteuid() {
		return nil, fmt.Errorf("belongs to user %d: chown it to root, or to the user that runs the daemon", owner)
	}
	return io.ReadAll(io.LimitReader(file, maxFileBytes+1))
}

// Append adds an entry to a token file, which it makes if there is none. A file
// with a mistake is left as it is.
func Append(path string, e Entry) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return fmt.Errorf("add a token: %w", err)
	}
	err = add(file, e)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("add a token: %s: %w", path, err)
	}
	return nil
}

func add(file *os.File, e Entry) error {
	text, err := read(file)
	if err != nil {
		return err
	}
	line := e.Line() + "\n"
	if len(text) > 0 && text[len(text)-1] != '\n' {
		line = "\n" + line
	}
	if _, err := Parse(append(text, line...)); err != nil {
		return err
	}
	if _, err := file.WriteString(line); err != nil {
		return err
	}
	return file.Sync()
}
