package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Host is what checks see of a machine. Tests make up their own.
type Host struct {
	// Files is the host's root directory.
	Files fs.FS
	// DataDir is where box images are, as an absolute path.
	DataDir string
	// UID is the effective one of this process.
	UID int
	// Uname returns the kernel's release and version, as uname(2) has them.
	Uname func() (release, version string, err error)
	// Landlock returns the ABI that the kernel speaks.
	Landlock func() (int, error)
	// Synchronised reports whether something keeps the clock right.
	Synchronised func() (bool, error)
	// Space looks at the file system of a directory, which must exist.
	Space func(dir string) (Space, error)
	// Runtime finds the OCI runtime that boxes would be started with, and asks
	// it for its version, which is empty if it is not runc.
	Runtime func(context.Context) (path, version string, err error)
}

// Space is what a file system has left, and whether it lets programs run.
type Space struct {
	FreeBytes, FreeFiles uint64
	NoExec               bool
}

// maxRead is far beyond the longest file that checks read, which are the
// kernel's configuration and, on a host with many mounts, mountinfo.
const maxRead = 1 << 20

// read returns the content of a file, given without the leading slash.
func (h Host) read(path string) (string, error) {
	f, err := h.Files.Open(path)
	if err != nil {
		return "", noted(path, err)
	}
	defer f.Close()
	text, err := readAll(f)
	if err != nil {
		return "", noted(path, err)
	}
	return text, nil
}

// line returns the content of a file of one line.
func (h Host) line(path string) (string, error) {
	text, err := h.read(path)
	return strings.TrimSpace(text), err
}

// exists reports whether there is such a file, as far as this process may see.
func (h Host) exists(path string) bool {
	_, err := fs.Stat(h.Files, path)
	return err == nil
}

func readAll(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRead+1))
	if err == nil && len(text) > maxRead {
		err = fmt.Errorf("more than %d bytes", maxRead)
	}
	return string(text), err
}

// noted puts the path as people write it before what went wrong there.
func noted(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("/%s is not there", path)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("/%s: %w", path, err)
}
