package image

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fumehood/fumehood/internal/job"
)

// pick copies what the patterns name from one tree to another. A pattern that
// names nothing is an error: the interpreter would miss it later, elsewhere.
func pick(patterns []string, from, to string) error {
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(from, pattern))
		if err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
		if len(found) == 0 {
			return fmt.Errorf("no package has %q", pattern)
		}
		for _, path := range found {
			if err := copyTree(from, to, path); err != nil {
				return err
			}
		}
	}
	for _, empty := range []string{"dev/null", "dev/zero", "dev/urandom"} {
		if err := writeFile(filepath.Join(to, empty), nil, 0o444); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(to, "proc"), 0o755)
}

func copyTree(from, to, path string) error {
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type() == fs.ModeSymlink:
			return copyLink(name, target)
		case entry.Type().IsRegular():
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			return writeFile(target, content, info.Mode().Perm())
		}
		return fmt.Errorf("%s is neither file, directory nor link", relative)
	})
}

func copyLink(name, target string) error {
	destination, err := os.Readlink(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.Symlink(destination, target)
}

func writeFile(target string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, content, mode)
}

// seal takes the right to write and every setuid bit off the tree's files,
// counts it, and computes the digest.
func (i *Image) seal() error {
	i.Size, i.Files = 0, 0
	err := filepath.WalkDir(i.RootFS(), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type() == fs.ModeSymlink {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(name, 0o755)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		i.Files++
		i.Size += job.Bytes(info.Size())
		mode := fs.FileMode(0o444)
		if info.Mode()&0o100 != 0 {
			mode = 0o555
		}
		return os.Chmod(name, mode)
	})
	if err != nil {
		return fmt.Errorf("seal the image: %w", err)
	}
	if i.Digest, err = i.digest(appendFile); err != nil {
		return fmt.Errorf("seal the image: %w", err)
	}
	return nil
}
