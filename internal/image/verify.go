package image

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrAltered: an image's tree is not what was built.
var ErrAltered = errors.New("image altered")

// Verify reads the whole tree twice, as processes see it and past the page
// cache, and returns ErrAltered if either is not what was built: a hole in the
// kernel may let a process change the cache of a file that it cannot write.
// Where the file system takes no reads past the cache there is one reading.
func (i *Image) Verify() error {
	for _, how := range []struct {
		name string
		copy func(w io.Writer, name string) error
	}{{"through the page cache", appendFile}, {"from the disk", appendDirect}} {
		digest, err := i.digest(how.copy)
		if errors.Is(err, errNotDirect) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read image %s: %w", i.Name, err)
		}
		if digest != i.Digest {
			return fmt.Errorf("image %s read %s: %w: %s, built as %s", i.Name, how.name, ErrAltered, digest, i.Digest)
		}
	}
	return nil
}

// digest is SHA-256 over, for each path in lexical order, its name, type, mode
// and length or link target, then its bytes.
func (i *Image) digest(appendFile func(w io.Writer, name string) error) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(i.RootFS(), func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(i.RootFS(), name)
		if err != nil {
			return err
		}
		if entry.Type() == fs.ModeSymlink {
			destination, err := os.Readlink(name)
			fmt.Fprintf(h, "%q link %q\n", relative, destination)
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if entry.IsDir() {
			fmt.Fprintf(h, "%q dir\n", relative)
			return nil
		}
		fmt.Fprintf(h, "%q file %o %d\n", relative, info.Mode().Perm(), info.Size())
		return appendFile(h, name)
	})
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), err
}

func appendFile(w io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// errNotDirect: the file system takes no O_DIRECT.
var errNotDirect = errors.New("the page cache cannot be passed by")

// directBytes is a multiple of any block size.
const directBytes = 1 << 20

// appendDirect is appendFile past the page cache.
func appendDirect(w io.Writer, name string) error {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EINVAL) {
		return errNotDirect
	}
	if err != nil {
		return &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	// Such reads need memory at a page's border.
	buffer, err := unix.Mmap(-1, 0, directBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Munmap(buffer) }()
	for {
		n, err := unix.Read(fd, buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EINVAL):
			return errNotDirect
		case err != nil:
			return &fs.PathError{Op: "read", Path: name, Err: err}
		case n == 0:
			return nil
		}
		if _, err := w.Write(buffer[:n]); err != nil {
			return err
		}
	}
}
