package selftest_test

import (
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/selftest"
)

// inspectorOf holds boxes to what boxtest's whole ones are made with.
func inspectorOf(o *box.OCI) *selftest.Inspector {
	policy := o.Policy
	policy.Without = 0
	return &selftest.Inspector{Limits: boxtest.Limits, Policy: policy, Memory: o.Memory, Tasks: o.Tasks}
}

// A whole box of each kind lacks nothing, and is left as it was.
func TestWholeBoxesLackNothing(t *testing.T) {
	for _, kind := range boxtest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			starter := boxtest.StarterOf(t, kind, 0)
			b := boxtest.Begin(t, starter)
			began := time.Now()
			missing, cell, err := inspectorOf(starter).Inspect(t.Context(), b)
			if err != nil || len(missing) > 0 {
				t.Errorf("Inspect = %q, %v, want nothing missing", missing, err)
			}
			// It has copied something, and not the whole of its zygote.
			if zygote := job.Bytes(b.Ready.RSSKiB) * job.KiB; cell < 64*job.KiB || cell > zygote/2 {
				t.Errorf("a parked cell has %v of its own, its zygote %v", cell, zygote)
			}
			stats := b.Stats()
			t.Logf("%d cells in %v", stats.Forked, time.Since(began))
			if stats.Forked == 0 || stats.Reaped != stats.Forked {
				t.Errorf("%d cells forked and %d reaped, want some, and all", stats.Forked, stats.Reaped)
			}
		})
	}
}

// Each wall, taken away, is missed: by what is seen, not by the zygote's word
// alone. Landlock and no_new_privs leave no trace that another wall does not
// leave as well.
func TestEachWallIsMissed(t *testing.T) {
	t.Parallel()
	namespace := func(kinds ...specs.LinuxNamespaceType) func(*specs.Spec) {
		return func(s *specs.Spec) {
			s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return slices.Contains(kinds, n.Type) })
		}
	}
	many := int64(1 << 12)
	for _, test := range []struct {
		wall    string
		without box.Wall
		loosen  func(*specs.Spec)
		// told: there is no evidence but the zygote's word.
		told bool
	}{
		{wall: "seccomp", without: box.Seccomp},
		{wall: "landlock", without: box.Landlock, told: true},
		{wall: "pid namespace", without: box.PIDNamespace},
		{wall: "uid", without: box.UID},
		{wall: "capabilities", without: box.Capabilities},
		{wall: "no_new_privs", without: box.NoNewPrivs, told: true},
		{wall: "dumpable", without: box.Dumpable},
		{wall: "closed descriptors", without: box.Descriptors},
		{wall: "no /proc", without: box.Proc},
		{wall: "cpu limit", without: box.CPU},
		{wall: "data limit", without: box.Data},
		{wall: "address space limit", without: box.AddressSpace},
		{wall: "thread limit", without: box.Threads},
		{wall: "open files limit", without: box.OpenFiles},
		{wall: "stack limit", without: box.Stack, loosen: func(s *specs.Spec) {
			s.Process.Rlimits = append(s.Process.Rlimits, specs.POSIXRlimit{Type: "RLIMIT_STACK", Soft: 8 << 20, Hard: 64 << 20})
		}},
		{wall: "file size limit", without: box.FileSize},
		{wall: "core limit", without: box.Core, loosen: func(s *specs.Spec) { s.Process.Rlimits = s.Process.Rlimits[1:] }},
		{wall: "user namespace", loosen: func(s *specs.Spec) {
			namespace(specs.UserNamespace)(s)
			s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
		}},
		{wall: "box namespaces", loosen: namespace(specs.IPCNamespace)},
		{wall: "network namespace", loosen: namespace(specs.NetworkNamespace)},
		{wall: "read-only rootfs", loosen: func(s *specs.Spec) { s.Root.Readonly = false }},
		{wall: "box memory limit", loosen: func(s *specs.Spec) { s.Linux.Resources.Memory = nil }},
		{wall: "box task limit", loosen: func(s *specs.Spec) { s.Linux.Resources.Pids.Limit = &many }},
	} {
		t.Run(test.wall, func(t *testing.T) {
			t.Parallel()
			starter := boxtest.Starter(t, test.without)
			starter.Loosen = test.loosen
			inspector := inspectorOf(starter)
			findings, _, err := inspector.Find(t.Context(), boxtest.Begin(t, starter))
			if err != nil {
				t.Fatal(err)
			}
			var evidence []string
			for _, f := range findings {
				t.Logf("%s: %s", f.Wall, f.Evidence)
				if f.Wall == test.wall && !strings.Contains(f.Evidence, "was told to leave it out") {
					evidence = append(evidence, f.Evidence)
				}
			}
			if test.told != (len(evidence) == 0) {
				t.Errorf("evidence = %q, want some: %v", evidence, !test.told)
			}
		})
	}
}

// A box that lacks a wall serves only if the operator accepts that, by name,
// and is told what it means if not.
func TestMissingWallMustBeAccepted(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, box.Core|box.Landlock)
	starter.Loosen = func(s *specs.Spec) { s.Process.Rlimits = s.Process.Rlimits[1:] }
	b := boxtest.Begin(t, starter)
	inspector := inspectorOf(starter)

	inspector.Accept = []string{"landlock"}
	_, _, err := inspector.Inspect(t.Context(), b)
	var refusal *selftest.MissingError
	if !errors.As(err, &refusal) {
		t.Fatalf("Inspect = %v, want a MissingError", err)
	}
	for _, want := range []string{`the wall "core limit" is missing`, "core handler", `--accept-missing "core limit"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "landlock") {
		t.Errorf("the error %q names a wall that was accepted", err)
	}

	inspector.Accept = []string{"landlock", "core limit"}
	missing, _, err := inspector.Inspect(t.Context(), b)
	if want := []string{"landlock", "core limit"}; err != nil || !slices.Equal(missing, want) {
		t.Errorf("Inspect = %q, %v, want %q", missing, err, want)
	}
}

// The daemon's own walls are tried as well: a cell that never answers, and one
// that answers too much. A limit that cannot be kept is a finding.
func TestDaemonsOwnWalls(t *testing.T) {
	t.Parallel()
	starter := boxtest.Starter(t, 0)
	inspector := inspectorOf(starter)
	inspector.Memory, inspector.Tasks = starter.Memory-job.MiB, starter.Tasks-1
	findings, _, err := inspector.Find(t.Context(), boxtest.Begin(t, starter))
	if err != nil {
		t.Fatal(err)
	}
	var walls []string
	for _, f := range findings {
		walls = append(walls, f.Wall)
	}
	if want := []string{"box memory limit", "box memory limit", "box task limit"}; !slices.Equal(slices.Compact(walls), slices.Compact(want)) {
		t.Errorf("boxes that are larger than they may be: %q, want %q", findings, want)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := selftest.Check([]string{"landlock", "no /proc"}); err != nil {
		t.Errorf("Check of two walls = %v", err)
	}
	if err := selftest.Check([]string{"landlock", "moat"}); err == nil || !strings.Contains(err.Error(), `"moat"`) {
		t.Errorf("Check of a moat = %v, want an error that names it", err)
	}
}

var update = flag.Bool("update", false, "write what the tests find into the documentation")

// The walls that docs/SECURITY.md lists are those that there are.
func TestDocumentedWalls(t *testing.T) {
	t.Parallel()
	listed, write := boxtest.Section(t, "SECURITY.md", "walls")
	table := "| Wall | Without it |\n|---|---|\n"
	for _, w := range selftest.Walls {
		table += "| " + w.Name + " | " + w.Consequence + " |\n"
	}
	if *update {
		write(table)
	} else if listed != table {
		t.Error("docs/SECURITY.md lists other walls: run 'go test ./internal/selftest -run DocumentedWalls -update'")
	}
}
