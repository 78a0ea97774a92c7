package internal

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/fumehood/fumehood/"

// mayImport says which of our packages each of our packages may import:
// data flows one way, server > render > pool > cell > box and wire > job.
var mayImport = map[string][]string{
	"boxes":             {},
	"internal/job":      {},
	"internal/wire":     {},
	"internal/token":    {},
	"internal/seccomp":  {},
	"internal/lang":     {"internal/job"},
	"internal/config":   {"internal/job"},
	"internal/image":    {"boxes", "internal/job"},
	"internal/box":      {"internal/job", "internal/seccomp", "internal/wire"},
	"internal/cell":     {"internal/box", "internal/job", "internal/wire"},
	"internal/pool":     {"internal/box", "internal/cell", "internal/job"},
	"internal/admit":    {"internal/job"},
	"internal/cache":    {"internal/job"},
	"internal/render":   {"internal/admit", "internal/cache", "internal/job", "internal/lang"},
	"internal/selftest": {"internal/box", "internal/cell", "internal/job"},
	"internal/metrics":  {"internal/admit", "internal/cache", "internal/job", "internal/lang", "internal/pool", "internal/selftest"},
	"internal/server":   {"internal/admit", "internal/cache", "internal/job", "internal/lang", "internal/metrics", "internal/pool", "internal/render", "internal/token"},
	"internal/doctor":   {"internal/box"},
	"internal/attack":   {"internal/lang"},
	"internal/bench":    {"internal/job", "internal/lang"},
	"internal/baseline": {"boxes", "baselines", "internal/bench", "internal/image", "internal/job", "internal/lang"},
	"baselines":         {},
	"corpus":            {},
	"corpus/attacks":    {},
	"internal/boxtest":  {"boxes", "internal/box", "internal/image", "internal/job", "internal/seccomp"},
	"cmd/fumehood": {
		"boxes", "corpus", "corpus/attacks", "internal/admit", "internal/attack", "internal/baseline", "internal/bench", "internal/box", "internal/cache", "internal/config", "internal/doctor", "internal/image", "internal/job", "internal/lang", "internal/metrics", "internal/pool",
		"internal/render", "internal/seccomp", "internal/selftest", "internal/server", "internal/token",
	},
	"internal/cache/cachetest": {"internal/cache", "internal/job"},
}

type goPackage struct {
	ImportPath, Dir string
	Imports         []string
	GoFiles         []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles", "./...")
	cmd.Dir = ".."
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(output))); d.More(); {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	return all
}

func TestImportsPointDownward(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s is not in the layout", name)
		}
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
		}
	}
}

// Programs are run in three places, each known for it. What a benchmark compares
// the daemon with is in one of them, so that the load generator itself is not.
func TestWhoRunsPrograms(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if slices.Contains(p.Imports, "os/exec") && !slices.Contains([]string{"internal/baseline", "internal/box", "internal/image"}, name) {
			t.Errorf("%s imports os/exec", name)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		comments := 0
		for _, file := range p.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Doc != nil {
				comments++
			}
		}
		if comments != 1 {
			t.Errorf("%s has %d package comments, want one", p.ImportPath, comments)
		}
	}
}
