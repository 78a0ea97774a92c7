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

// Recipe says how the image of one box kind is made. It is read from
// boxes/KIND/recipe.json; {triple} and {ruby_arch} in it stand for this
// machine's names.
type Recipe struct {
	Kind string `json:"kind"`
	// Suite is the Debian release that the packages come from.
	Suite string `json:"suite"`
	// Packages lend files to the image, BuildPackages only to its making.
	// Every one of them stands in the lock.
	Packages      []string `json:"packages"`
	BuildPackages []string `json:"build_packages"`
	// Keep lists what goes into the image: files or whole directories below
	// the packages' root, as path.Match patterns.
	Keep []string `json:"keep"`
	// Adapters are files below boxes/KIND that go to /fumehood.
	Adapters []string `json:"adapters"`
	Binding  Binding  `json:"binding"`
	// Command starts the zygote.
	Command []string `json:"command"`
	// Engines are the versions that the zygote must report.
	Engines map[string]string `json:"engines"`

	lock []lockedPackage
	hash string
}

// Binding is the interpreter's C side, linked with the shim to one library.
type Binding struct {
	Source  string   `json:"source"`
	Output  string   `json:"output"`
	Include []string `json:"include"`
}

type lockedPackage struct{ name, version, sha256 string }

// machine is what a recipe's placeholders stand for.
type machine struct{ debian, triple, rubyArch string }

var machines = map[string]machine{
	"amd64": {debian: "amd64", triple: "x86_64-linux-gnu", rubyArch: "x86_64-linux"},
	"arm64": {debian: "arm64", triple: "aarch64-linux-gnu", rubyArch: "aarch64-linux"},
}

// Kinds lists the box kinds that this binary has recipes for.
var Kinds = []string{"ruby"}

// LoadRecipe reads a box kind's recipe and its lock for this machine.
func LoadRecipe(kind string) (*Recipe, error) {
	r, err := loadUnlocked(kind)
	if err != nil {
		return nil, err
	}
	name := path.Join(kind, "packages."+runtime.GOARCH+".lock")
	text, err := fs.ReadFile(boxes.Files, name)
	if err != nil {
		return nil, fmt.Errorf("box %s has no lock for %s: write one with 'fumehood box lock %s' (%w)", kind, runtime.GOARCH, kind, err)
	}
	if r.lock, err = parseLock(string(text)); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	for _, p := range slices.Concat(r.Packages, r.BuildPackages) {
		if !slices.ContainsFunc(r.lock, func(l lockedPackage) bool { return l.name == p }) {
			return nil, fmt.Errorf("package %s is not in %s", p, name)
		}
	}
	r.hash, err = hashInputs(kind)
	return r, err
}

func loadUnlocked(kind string) (*Recipe, error) {
	if !slices.Contains(Kinds, kind) {
		return nil, fmt.Errorf("no box is called %q (there is: %s)", kind, strings.Join(Kinds, ", "))
	}
	m, ok := machines[runtime.GOARCH]
	if !ok {
		return nil, fmt.Errorf("boxes are made for amd64 and arm64, not for %s", runtime.GOARCH)
	}
	text, err := fs.ReadFile(boxes.Files, path.Join(kind, "recipe.json"))
	if err != nil {
		return nil, err
	}
	filled := strings.NewReplacer("{triple}", m.triple, "{ruby_arch}", m.rubyArch).Replace(string(text))
	r := new(Recipe)
	if err := json.Unmarshal([]byte(filled), r, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read the recipe of box %s: %w", kind, err)
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
const builder = "fumehood-image-1"

// hashInputs identifies all that an image is made from: an image with another
// hash is stale.
func hashInputs(kind string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", builder, runtime.GOARCH)
	for _, dir := range []string{"shim", kind} {
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
