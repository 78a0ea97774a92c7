package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/boxes"
)

// Recipe says how an image is made, and which kinds of box are started from
// it. It is read from boxes/NAME/recipe.json; {triple}, {ruby_arch} and
// {npm_arch} in it stand for this machine's names.
type Recipe struct {
	Name string `json:"name"`
	// Suite is the Debian release that the packages come from.
	Suite string `json:"suite"`
	// Packages lend files to the image, BuildPackages only to its making.
	// Every one of them stands in the lock.
	Packages      []string `json:"packages"`
	BuildPackages []string `json:"build_packages"`
	// Keep lists what goes into the image: files or whole directories below
	// the packages' root, as path.Match patterns.
	Keep []string `json:"keep"`
	// NPM says that the packages of boxes/NAME/package-lock.json are fetched as
	// well, to /npm.
	NPM bool `json:"npm"`
	// Adapters are files below boxes/NAME that go to /fumehood.
	Adapters []string `json:"adapters"`
	// Libraries are the interpreter's C side.
	Libraries []Library `json:"libraries"`
	// Environment is set for the interpreter, as NAME=VALUE.
	Environment []string `json:"environment"`
	// Command starts the interpreter; a box's Main is its last argument.
	Command []string `json:"command"`
	Boxes   []Box    `json:"boxes"`

	lock []lockedPackage
	hash string
}

// Box is one kind of box that an image can be started as.
type Box struct {
	Kind string `json:"kind"`
	// Main is the zygote's program, a path in the image.
	Main string `json:"main"`
	// Bundle is the JavaScript below boxes/NAME that Main is made of, with all
	// that it imports; empty when Main is there already.
	Bundle string `json:"bundle,omitzero"`
	// Engines are the versions that the zygote must report, the default first.
	Engines map[string][]string `json:"engines"`
}

// Library is C that becomes one shared object in /fumehood.
type Library struct {
	Sources []string `json:"sources"`
	Output  string   `json:"output"`
	// Shim says that the shim is linked in.
	Shim    bool     `json:"shim"`
	Include []string `json:"include"`
}

type lockedPackage struct{ name, version, sha256 string }

// machine is what a recipe's placeholders stand for.
type machine struct{ debian, triple, rubyArch, npmArch string }

var machines = map[string]machine{
	"amd64": {debian: "amd64", triple: "x86_64-linux-gnu", rubyArch: "x86_64-linux", npmArch: "x64"},
	"arm64": {debian: "arm64", triple: "aarch64-linux-gnu", rubyArch: "aarch64-linux", npmArch: "arm64"},
}

// Names lists the images that this binary has recipes for.
var Names = []string{"ruby", "node"}

// Kinds lists the kinds of box, in the order in which they are started.
func Kinds() []string {
	var kinds []string
	for _, name := range Names {
		// A recipe of this binary that cannot be read is found by every test.
		if r, err := loadUnlocked(name); err == nil {
			for _, b := range r.Boxes {
				kinds = append(kinds, b.Kind)
			}
		}
	}
	return kinds
}

// LoadRecipe reads an image's recipe and its lock for this machine.
func LoadRecipe(name string) (*Recipe, error) {
	r, err := loadUnlocked(name)
	if err != nil {
		return nil, err
	}
	lock := path.Join(name, "packages."+runtime.GOARCH+".lock")
	text, err := fs.ReadFile(boxes.Files, lock)
	if err != nil {
		return nil, fmt.Errorf("image %s has no lock for %s: write one with 'fumehood box lock %s' (%w)", name, runtime.GOARCH, name, err)
	}
	if r.lock, err = parseLock(string(text)); err != nil {
		return nil, fmt.Errorf("read %s: %w", lock, err)
	}
	for _, p := range slices.Concat(r.Packages, r.BuildPackages) {
		if !slices.ContainsFunc(r.lock, func(l lockedPackage) bool { return l.name == p }) {
			return nil, fmt.Errorf("package %s is not in %s", p, lock)
		}
	}
	r.hash, err = hashInputs(name)
	return r, err
}

func loadUnlocked(name string) (*Recipe, error) {
	if !slices.Contains(Names, name) {
		return nil, fmt.Errorf("no image is called %q (there is: %s)", name, strings.Join(Names, ", "))
	}
	m, ok := machines[runtime.GOARCH]
	if !ok {
		return nil, fmt.Errorf("boxes are made for amd64 and arm64, not for %s", runtime.GOARCH)
	}
	text, err := fs.ReadFile(boxes.Files, path.Join(name, "recipe.json"))
	if err != nil {
		return nil, err
	}
	filled := strings.NewReplacer("{triple}", m.triple, "{ruby_arch}", m.rubyArch, "{npm_arch}", m.npmArch).Replace(string(text))
	r := new(Recipe)
	if err := json.Unmarshal([]byte(filled), r, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read the recipe of image %s: %w", name, err)
	}
	return r, nil
}

// parseLock reads lines of "NAME VERSION SHA256", # opening a comment.
func parseLock(text string) ([]lockedPackage, error) {
	var lock []lockedPackage
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) != 3 || len(words[2]) != 2*sha256.Size {
			return nil, fmt.Errorf("line %q is not NAME VERSION SHA256", strings.TrimSpace(line))
		}
		lock = append(lock, lockedPackage{words[0], words[1], words[2]})
	}
	return lock, nil
}

// builder changes whenever this package would make another image from the
// same files.
const builder = "fumehood-image-2"

// hashInputs identifies all that an image is made from: an image with another
// hash is stale.
func hashInputs(name string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", builder, runtime.GOARCH)
	for _, dir := range []string{"shim", name} {
		err := fs.WalkDir(boxes.Files, dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(boxes.Files, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d\n", name, len(content))
			h.Write(content)
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
