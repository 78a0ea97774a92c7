package image_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/image"
)

// Whatever is changed in a tree is seen.
func TestVerify(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(root string) error{
		"a byte": func(root string) error {
			return rewrite(filepath.Join(root, "lib", "a.rb"), []byte("puts 2\n"))
		},
		"a mode": func(root string) error { return os.Chmod(filepath.Join(root, "lib", "a.rb"), 0o644) },
		"a new file": func(root string) error {
			return os.WriteFile(filepath.Join(root, "lib", "b.rb"), nil, 0o444)
		},
		"a file gone": func(root string) error { return os.Remove(filepath.Join(root, "lib", "a.rb")) },
		"a link": func(root string) error {
			return errors.Join(os.Remove(filepath.Join(root, "link")), os.Symlink("/etc/passwd", filepath.Join(root, "link")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			root := filepath.Join(dir, "rootfs")
			if err := errors.Join(
				os.MkdirAll(filepath.Join(root, "lib"), 0o755),
				os.WriteFile(filepath.Join(root, "lib", "a.rb"), []byte("puts 1\n"), 0o644),
				os.Symlink("lib/a.rb", filepath.Join(root, "link")),
			); err != nil {
				t.Fatal(err)
			}
			i, err := image.Seal(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := i.Verify(); err != nil {
				t.Fatalf("as it was built: %v", err)
			}
			if err := alter(root); err != nil {
				t.Fatal(err)
			}
			if err := i.Verify(); !errors.Is(err, image.ErrAltered) {
				t.Errorf("Verify = %v, want ErrAltered", err)
			}
		})
	}
}

func rewrite(name string, content []byte) error {
	return errors.Join(os.Chmod(name, 0o644), os.WriteFile(name, content, 0o644), os.Chmod(name, 0o444))
}

// Files of any length are read whole past the page cache.
func TestDirectReading(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	for _, length := range []int{0, 1, 511, 4096, 1 << 20, 1<<20 + 1, 3<<20 - 7} {
		want := bytes.Repeat([]byte("0123456789\n"), length/11+1)[:length]
		if err := os.WriteFile(name, want, 0o600); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		err := image.AppendDirect(&got, name)
		if errors.Is(err, image.ErrNotDirect) {
			boxtest.Missing(t, "oci", err.Error())
		}
		if err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%d bytes: read %d, %v", length, got.Len(), err)
		}
	}
}
