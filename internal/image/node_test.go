package image_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/boxes"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/image"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// dependencies are the groups of package.json, and of the lock's first entry.
type dependencies struct {
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
}

func (d dependencies) all() map[string]string {
	all := make(map[string]string)
	for _, group := range []map[string]string{d.Dependencies, d.DevDependencies, d.OptionalDependencies} {
		maps.Copy(all, group)
	}
	return all
}

type lockEntry struct {
	dependencies
	Version   string `json:"version"`
	Integrity string `json:"integrity"`
	Resolved  string `json:"resolved"`
	Link      bool   `json:"link"`
}

func readNode(t *testing.T, name string, into any) {
	t.Helper()
	text, err := boxes.Files.ReadFile(path.Join("node", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
}

func lockOfNode(t *testing.T) map[string]lockEntry {
	t.Helper()
	var lock struct {
		Packages map[string]lockEntry `json:"packages"`
	}
	readNode(t, "package-lock.json", &lock)
	if len(lock.Packages) < 100 {
		t.Fatalf("the lock has %d packages, want those of all engines", len(lock.Packages))
	}
	return lock.Packages
}

// Every package that npm fetches has a hash, and comes from whatever registry
// the machine is set to.
func TestEveryNPMPackageIsLocked(t *testing.T) {
	t.Parallel()
	for name, p := range lockOfNode(t) {
		if name == "" {
			continue
		}
		encoded, ok := strings.CutPrefix(p.Integrity, "sha512-")
		if hash, err := base64.StdEncoding.DecodeString(encoded); !ok || err != nil || len(hash) != 64 {
			t.Errorf("%s: the hash is %q, %v, want one SHA-512", name, p.Integrity, err)
		}
		if p.Resolved != "" || p.Link {
			t.Errorf("%s is to come from %q", name, p.Resolved)
		}
		if !exactVersion.MatchString(p.Version) {
			t.Errorf("%s has the version %q", name, p.Version)
		}
	}
}

var exactVersion = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// What package.json asks for it asks for exactly, and the lock has it.
func TestPackageJSONPinsExactly(t *testing.T) {
	t.Parallel()
	var manifest dependencies
	readNode(t, "package.json", &manifest)
	lock := lockOfNode(t)
	if diff := cmp.Diff(manifest.all(), lock[""].all()); diff != "" {
		t.Errorf("the lock was made from another package.json (-package.json +lock):\n%s", diff)
	}
	if len(manifest.all()) < 20 {
		t.Errorf("package.json has %d dependencies, want those of all engines", len(manifest.all()))
	}
	for name, version := range manifest.all() {
		if !exactVersion.MatchString(version) {
			t.Errorf("%s is asked for as %q, want one version", name, version)
		}
		if got := lock["node_modules/"+name].Version; got != version {
			t.Errorf("%s is asked for as %s, and locked as %q", name, version, got)
		}
	}
}

// packages are the npm packages of the engines that are not called like them.
var packages = map[string]string{
	"babel": "@babel/standalone", "civet": "@danielx/civet", "coffeescript@1.12.7": "coffee-script", "mdx": "@mdx-js/mdx",
	"unocss": "@unocss/core", "vue": "@vue/compiler-sfc",
}

// An engine's version in the recipe is the one of its package in the lock.
func TestEngineVersionsAreLocked(t *testing.T) {
	t.Parallel()
	lock := lockOfNode(t)
	for _, b := range recipe(t, "node").Boxes {
		for engine, versions := range b.Engines {
			for _, version := range versions {
				name := engine
				for _, called := range []string{engine, engine + "@" + version} {
					if other, ok := packages[called]; ok {
						name = other
					}
				}
				if got := lock["node_modules/"+name].Version; got != version {
					t.Errorf("%s: the recipe has %s@%s, the lock has %s %q", b.Kind, engine, version, name, got)
				}
			}
		}
	}
}

var imported = regexp.MustCompile(`(?m)^import \w+ from "\./adapters/([\w-]+\.js)";$`)

// Every adapter is in one box, and is served there.
func TestEveryAdapterIsInOneBox(t *testing.T) {
	t.Parallel()
	boxesOf := make(map[string][]string)
	for _, b := range recipe(t, "node").Boxes {
		text, err := boxes.Files.ReadFile(path.Join("node", b.Bundle))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range imported.FindAllStringSubmatch(string(text), -1) {
			boxesOf[found[1]] = append(boxesOf[found[1]], b.Kind)
		}
		if n := strings.Count(string(text), "./adapters/"); n != len(imported.FindAllString(string(text), -1)) {
			t.Errorf("%s names %d adapters, and not each in a line of its own", b.Bundle, n)
		}
		if !strings.Contains(string(text), "\nserve([") {
			t.Errorf("%s serves no list of adapters", b.Bundle)
		}
	}
	files, err := fs.Glob(boxes.Files, "node/adapters/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("adapters %v, %v, want some", files, err)
	}
	for _, file := range files {
		if in := boxesOf[path.Base(file)]; len(in) != 1 {
			t.Errorf("%s is in the boxes %v, want one", file, in)
		}
		delete(boxesOf, path.Base(file))
	}
	for name := range boxesOf {
		t.Errorf("a box imports %s, which is not there", name)
	}
}

// Every language has a box with its engine, every box and every engine is some
// language's, and no kind is there twice.
func TestLanguagesHaveBoxes(t *testing.T) {
	t.Parallel()
	engines := make(map[string]map[string][]string)
	unused := make(map[string]bool)
	for _, name := range image.Names {
		for _, b := range recipe(t, name).Boxes {
			if engines[b.Kind] != nil {
				t.Errorf("two boxes are of the kind %s", b.Kind)
			}
			engines[b.Kind] = b.Engines
			for engine, versions := range b.Engines {
				unused[b.Kind+" "+engine] = true
				if len(versions) == 0 {
					t.Errorf("%s has no version of %s", b.Kind, engine)
				}
			}
		}
	}
	for _, l := range lang.Table {
		if engines[l.Box][l.Engine] == nil {
			t.Errorf("%s wants %s in a box of the kind %s, which has %v", l.ID, l.Engine, l.Box, slices.Sorted(maps.Keys(engines[l.Box])))
		}
		delete(unused, l.Box+" "+l.Engine)
	}
	if len(unused) > 0 {
		t.Errorf("no language wants %v", slices.Sorted(maps.Keys(unused)))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(engines)), slices.Sorted(slices.Values(image.Kinds()))); diff != "" {
		t.Errorf("Kinds (-recipes +Kinds):\n%s", diff)
	}
}

// Images stay small enough to be sent around.
func TestImageSizes(t *testing.T) {
	t.Parallel()
	var sum job.Bytes
	for _, name := range image.Names {
		size := boxtest.Image(t, name).Size
		if size < job.MiB {
			t.Errorf("%s has %d bytes, too few for an interpreter", name, size)
		}
		if name == "node" && size > 250*job.MiB {
			t.Errorf("%s has %d bytes, want less than 250 MiB", name, size)
		}
		sum += size
	}
	if sum > 900*job.MiB {
		t.Errorf("all images have %d bytes, want less than 900 MiB", sum)
	}
}

func recipe(t *testing.T, name string) *image.Recipe {
	t.Helper()
	r, err := image.LoadRecipe(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Boxes) == 0 {
		t.Fatalf("the recipe of %s has no boxes", name)
	}
	return r
}
