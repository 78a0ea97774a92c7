package image_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/image"
)

// What must not be in a box: anything that starts, builds or fetches programs.
var forbidden = []string{
	"sh", "bash", "dash", "busybox", "ash", "zsh", "apt", "apt-get", "dpkg", "gem", "bundle", "irb", "gcc", "cc", "ld", "as", "make",
	"perl", "python3", "openssl", "curl", "wget", "mount", "su", "sudo", "env", "cat", "ls",
}

func TestImageHoldsOnlyAnInterpreter(t *testing.T) {
	t.Parallel()
	i := boxtest.Image(t, "ruby")
	executables := 0
	err := filepath.WalkDir(i.RootFS(), func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		path := strings.TrimPrefix(name, i.RootFS())
		if slices.Contains(forbidden, entry.Name()) {
			t.Errorf("%s is in the image", path)
		}
		if info.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if entry.Type().IsRegular() && info.Mode().Perm()&0o222 != 0 {
			t.Errorf("%s can be written: %v", path, info.Mode())
		}
		if strings.HasPrefix(path, "/usr/bin/") || strings.HasPrefix(path, "/bin/") || strings.HasPrefix(path, "/sbin/") {
			executables++
			if path != "/usr/bin/ruby3.1" {
				t.Errorf("program %s is in the image", path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if executables != 1 {
		t.Errorf("%d programs, want Ruby alone", executables)
	}
	if i.Size > 40<<20 {
		t.Errorf("the image has %d bytes, want less than 40 MiB", i.Size)
	}
}

// The manifest records what is in the tree.
func TestManifest(t *testing.T) {
	t.Parallel()
	i := boxtest.Image(t, "ruby")
	if !strings.HasPrefix(i.Digest, "sha256:") || len(i.Digest) != len("sha256:")+64 {
		t.Errorf("digest = %q, want sha256", i.Digest)
	}
	for _, name := range []string{"ruby3.1", "libruby3.1", "ruby-haml", "ruby-slim", "libc6"} {
		if i.Packages[name] == "" {
			t.Errorf("no version of %s is recorded", name)
		}
	}
	if got := i.Packages["ruby-haml"]; !strings.HasPrefix(got, i.Boxes[0].Engines["haml"][0]) {
		t.Errorf("ruby-haml is %s and the engine haml@%s", got, i.Boxes[0].Engines["haml"])
	}
	if err := i.Verify(); err != nil {
		t.Error(err)
	}
}

// Where a package's next version may have moved its files, the interpreter
// would find out only when a template asks for them.
func TestCommandNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, name := range image.Names {
		i := boxtest.Image(t, name)
		for _, argument := range i.Command {
			path := strings.TrimPrefix(argument, "-I")
			if !strings.HasPrefix(path, "/") {
				continue
			}
			if _, err := os.Stat(filepath.Join(i.RootFS(), path)); err != nil {
				t.Errorf("the command of image %s: %v", name, err)
			}
		}
	}
}

func TestFindAndList(t *testing.T) {
	t.Parallel()
	built := boxtest.Image(t, "ruby")
	recipe, err := image.LoadRecipe("ruby")
	if err != nil {
		t.Fatal(err)
	}
	store := image.Store{Dir: filepath.Join(boxtest.DataDir, "boxes")}
	found, err := store.Find(recipe)
	if err != nil || found.Digest != built.Digest {
		t.Errorf("Find = %v, %v, want %s", found, err, built.Digest)
	}
	if again, err := store.Build(t.Context(), recipe, "", io.Discard); err != nil || !again.Built.Equal(found.Built) {
		t.Errorf("a second Build made another image: %v, %v", again, err)
	}
	if _, err := (image.Store{Dir: t.TempDir()}).Find(recipe); !errors.Is(err, image.ErrNotBuilt) {
		t.Errorf("Find in an empty store: %v, want ErrNotBuilt", err)
	}
}

// A tree that a box's root cannot reach is refused with the directory's name.
func TestUnreachableStore(t *testing.T) {
	t.Parallel()
	built := boxtest.Image(t, "ruby")
	closed := filepath.Join(t.TempDir(), "closed")
	kind := filepath.Join(closed, "ruby", "x")
	if err := os.MkdirAll(filepath.Join(kind, "rootfs"), 0o755); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(filepath.Dir(built.RootFS()), "image.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kind, "image.json"), manifest, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	recipe, err := image.LoadRecipe("ruby")
	if err != nil {
		t.Fatal(err)
	}
	_, err = image.Store{Dir: closed}.Find(recipe)
	if err == nil || !strings.Contains(err.Error(), closed) || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("Find = %v, want an error that names %s", err, closed)
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "cobol", "../ruby", "shim"} {
		if _, err := image.LoadRecipe(kind); err == nil {
			t.Errorf("LoadRecipe(%q) found a recipe", kind)
		}
	}
}
