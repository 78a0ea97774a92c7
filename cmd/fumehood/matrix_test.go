package main

import (
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/selftest"
)

// loosened is what a test build takes away. Its zero value takes nothing.
type loosened struct {
	cell box.Wall
	// outer are parts of the box's own wall, by name: see loosen.
	outer string
	// output, wall and memory are limits that are raised beyond reach.
	output, wall, memory bool
}

// seen are the names of the walls away that the self-test must miss.
func (l loosened) seen() int {
	n := bits.OnesCount32(uint32(l.cell))
	for part := range strings.SplitSeq(l.outer, ", ") {
		if part == "network" || part == "writable" {
			n++
		}
	}
	return n
}

// removals are the walls, one at a time. Where another wall would refuse the
// same act first, that one is away in both runs: behind.
var removals = []struct {
	wall            string
	behind, without loosened
}{
	{"seccomp", loosened{}, loosened{cell: box.Seccomp}},
	{"landlock", loosened{cell: box.Seccomp}, loosened{cell: box.Seccomp | box.Landlock}},
	{"pid namespace", loosened{}, loosened{cell: box.PIDNamespace}},
	{"uid", loosened{}, loosened{cell: box.UID}},
	{"capabilities", loosened{cell: box.Seccomp}, loosened{cell: box.Seccomp | box.Capabilities}},
	{"no_new_privs", loosened{cell: box.Seccomp | box.Landlock, outer: "filter, new privileges"}, loosened{cell: box.Seccomp | box.Landlock | box.NoNewPrivs, outer: "filter, new privileges"}},
	{"dumpable", loosened{}, loosened{cell: box.Dumpable}},
	{"closed descriptors", loosened{}, loosened{cell: box.Descriptors}},
	{"no /proc", loosened{cell: box.Seccomp | box.Landlock}, loosened{cell: box.Seccomp | box.Landlock | box.Proc}},
	{"cpu limit", loosened{wall: true}, loosened{cell: box.CPU, wall: true}},
	{"data limit", loosened{}, loosened{cell: box.Data}},
	{"address space limit", loosened{}, loosened{cell: box.AddressSpace}},
	{"thread limit", loosened{cell: box.Data | box.AddressSpace}, loosened{cell: box.Data | box.AddressSpace | box.Threads}},
	{"open files limit", loosened{}, loosened{cell: box.OpenFiles}},
	{"stack limit", loosened{outer: "stack"}, loosened{cell: box.Stack, outer: "stack"}},
	{"file size limit", loosened{}, loosened{cell: box.FileSize}},
	{"core limit", loosened{outer: "core"}, loosened{cell: box.Core, outer: "core"}},
	{"output cap", loosened{}, loosened{output: true}},
	{"wall timer", loosened{}, loosened{wall: true}},
	{"read-only rootfs", loosened{cell: box.Seccomp | box.Landlock, outer: "writable tree"}, loosened{cell: box.Seccomp | box.Landlock, outer: "writable tree, writable"}},
	{"network namespace", loosened{cell: box.Seccomp | box.Landlock, outer: "filter"}, loosened{cell: box.Seccomp | box.Landlock, outer: "filter, network"}},
	{"box memory limit", loosened{cell: box.Data | box.AddressSpace}, loosened{cell: box.Data | box.AddressSpace, memory: true}},
}

// A probe that passes for the wrong reason is worthless: with its wall away,
// at least one attack that names it must get through, and be seen to.
func TestWallRemoval(t *testing.T) {
	cases := attackCases(t)
	// What names few walls is the likeliest to miss one of them.
	slices.SortStableFunc(cases, func(a, b *attack.Case) int { return len(a.Walls) - len(b.Walls) })
	var table strings.Builder
	for _, removal := range removals {
		t.Run(strings.ReplaceAll(removal.wall, "/", ""), func(t *testing.T) {
			red := ""
			tried := 0
			whole := attackerOf(t, startLoosened(t, removal.behind))
			without := startLoosened(t, removal.without)
			missing := without.pools[0].Stats().Missing
			if len(missing) < removal.without.seen() {
				t.Errorf("the self-test misses the walls %q, %d are away", missing, removal.without.seen())
			}
			removed := attackerOf(t, without)
			// The second daemon's files are this process's too.
			if err := whole.Rest(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				if !slices.Contains(c.Walls, removal.wall) || !slices.Contains(rubyLanguages, c.Language) {
					continue
				}
				tried++
				if v := verdictOf(t, whole, c); v.Result != attack.Stopped {
					t.Logf("%s is not stopped without what is away in both runs: %s", c.ID, v.Reason)
					continue
				}
				v := verdictOf(t, removed, c)
				t.Logf("%s: %s: %s", c.ID, v.Result, v.Reason)
				if v.Result == attack.Failed {
					red = c.ID
					fmt.Fprintf(&table, "| %s | %s | %s: %s |\n", removal.wall, awayToo(removal.behind), c.ID, strings.TrimSuffix(c.Title, "."))
					break
				}
			}
			if red == "" {
				t.Errorf("none of %d attacks turns red without it", tried)
			}
		})
	}
	if *update && !t.Failed() {
		_, write := boxtest.Section(t, "SECURITY.md", "matrix")
		write("| Wall taken away | Away in both runs | Turns red |\n|---|---|---|\n" + table.String())
	}
}

var rubyLanguages = []string{"haml", "slim", "erb", "asciidoc", "textile"}

func verdictOf(t *testing.T, r *attack.Runner, c *attack.Case) attack.Verdict {
	t.Helper()
	v, err := r.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// startLoosened starts a daemon of ruby boxes that lack what l says.
func startLoosened(t *testing.T, l loosened) *serving {
	t.Helper()
	c := testConfig(t, boxtest.StateDir(t))
	c.Parked = 2
	c.BoxMemory = 512 * job.MiB
	// The self-test would not let such a box serve.
	c.AcceptMissing = everyWall()
	if l.output {
		c.Output = 64 * job.MiB
	}
	if l.wall {
		// On a busy machine a second of processor time takes several.
		c.Wall, c.CPU = 12*time.Second, time.Second
	}
	if l.memory {
		c.BoxMemory = 8192 * job.MiB
	}
	s, err := startAltered(c, t, func(o *box.OCI) {
		o.Policy.Without = l.cell
		if strings.Contains(l.outer, "writable tree") {
			o.RootFS = writableCopy(t, o.RootFS)
		}
		o.Loosen = func(spec *specs.Spec) { loosen(spec, l.outer) }
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func everyWall() string {
	var names []string
	for _, w := range selftest.Walls {
		names = append(names, w.Name)
	}
	return strings.Join(names, ",")
}

func loosen(spec *specs.Spec, outer string) {
	for part := range strings.SplitSeq(outer, ", ") {
		switch part {
		case "new privileges":
			spec.Process.NoNewPrivileges = false
		case "core":
			spec.Process.Rlimits = slices.DeleteFunc(spec.Process.Rlimits, func(r specs.POSIXRlimit) bool { return r.Type == "RLIMIT_CORE" })
		case "stack":
			// The host's own limit would hide the cell's.
			spec.Process.Rlimits = append(spec.Process.Rlimits, specs.POSIXRlimit{Type: "RLIMIT_STACK", Soft: 8 << 20, Hard: 64 << 20})
		case "filter":
			spec.Linux.Seccomp = nil
		case "network":
			spec.Linux.Namespaces = slices.DeleteFunc(spec.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == specs.NetworkNamespace })
		case "writable":
			spec.Root.Readonly = false
		}
	}
}

// writableCopy is an image's tree, of which anybody may write to every part.
func writableCopy(t *testing.T, rootfs string) string {
	t.Helper()
	// Every directory above must be open to all, as those of tests are not.
	dir, err := os.MkdirTemp("/run", "fh-tree-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	tree := filepath.Join(dir, "rootfs")
	if err := os.CopyFS(tree, os.DirFS(rootfs)); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o777)
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// awayToo are the walls that are away in both runs, in words.
func awayToo(l loosened) string {
	var words []string
	for _, w := range []struct {
		wall box.Wall
		name string
	}{{box.Seccomp, "seccomp"}, {box.Landlock, "landlock"}, {box.Data, "data limit"}, {box.AddressSpace, "address space limit"}} {
		if l.cell&w.wall != 0 {
			words = append(words, w.name)
		}
	}
	if l.wall {
		words = append(words, "wall timer")
	}
	if l.outer != "" {
		words = append(words, "the box's own: "+l.outer)
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}
