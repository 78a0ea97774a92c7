package image

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/job"
)

// ErrNotBuilt: the store has no image of that recipe.
var ErrNotBuilt = errors.New("image not built")

// Store is a directory of images:
//
//	DIR/NAME/DIGEST/image.json   what the image is
//	DIR/NAME/DIGEST/rootfs/      the tree, files of mode 0444 and 0555
type Store struct{ Dir string }

// Image is one built image. It is never changed once it has its name.
type Image struct {
	Name string `json:"name"`
	// Digest is over every name, mode and byte of the tree, "sha256:…".
	Digest string `json:"digest"`
	// Inputs identifies the recipe, lock, adapters and shim it was made from.
	Inputs string `json:"inputs"`
	// Packages are the Debian packages, version by name.
	Packages    map[string]string `json:"packages"`
	Environment []string          `json:"environment"`
	Command     []string          `json:"command"`
	Boxes       []Box             `json:"boxes"`
	Size        job.Bytes         `json:"size_bytes"`
	Files       int               `json:"files"`
	Built       time.Time         `json:"built"`

	dir string
}

// CommandOf is what starts the zygote of a box.
func (i *Image) CommandOf(b Box) []string {
	return append(slices.Clone(i.Command), b.Main)
}

// RootFS is the path of the image's tree.
func (i *Image) RootFS() string {
	return filepath.Join(i.dir, "rootfs")
}

// Find returns the image that was built from exactly this recipe, or
// ErrNotBuilt.
func (s Store) Find(r *Recipe) (*Image, error) {
	images, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, i := range images {
		if i.MadeFrom(r) {
			return i, checkOpen(i.RootFS())
		}
	}
	return nil, fmt.Errorf("image %s in %s: %w", r.Name, s.Dir, ErrNotBuilt)
}

// List returns all images, the newest of each name first.
func (s Store) List() ([]*Image, error) {
	found, err := filepath.Glob(filepath.Join(s.Dir, "*", "*", "image.json"))
	if err != nil {
		return nil, err
	}
	var images []*Image
	for _, name := range found {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read image: %w", err)
		}
		i := &Image{dir: filepath.Dir(name)}
		if err := json.Unmarshal(text, i); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		images = append(images, i)
	}
	slices.SortFunc(images, func(a, b *Image) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		return b.Built.Compare(a.Built)
	})
	return images, nil
}

func (i *Image) write() error {
	text, err := json.Marshal(i, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(i.dir, "image.json"), append(text, '\n'), 0o644)
}

// checkOpen reports a directory that keeps the box's root, an unprivileged
// uid, from reaching its own tree.
func checkOpen(tree string) error {
	for dir := tree; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%s has mode %#o: a box runs as an unprivileged uid and cannot pass; put the data directory elsewhere or run 'chmod o+x %s'", dir, info.Mode().Perm(), dir)
		}
	}
	return nil
}

// MadeFrom reports whether the image was built from exactly this recipe.
func (i *Image) MadeFrom(r *Recipe) bool {
	return i.Name == r.Name && i.Inputs == r.hash
}

// Remove removes an image that nothing is started from any more.
func (s Store) Remove(i *Image) error {
	if err := os.RemoveAll(i.dir); err != nil {
		return fmt.Errorf("remove image %s: %w", i.Name, err)
	}
	return nil
}
