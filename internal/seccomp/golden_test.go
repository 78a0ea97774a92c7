package seccomp_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/seccomp"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// What each policy decides, as the assembled filter decides it: a change
// of policy, of the assembler or of a table of system calls shows in review.
func TestGolden(t *testing.T) {
	t.Parallel()
	var read []string
	for _, name := range images {
		for _, m := range machines {
			path := filepath.Join("testdata", name+"."+m.goarch+".golden")
			read = append(read, path)
			compareGolden(t, path, decisions(t, name, m))
		}
	}
	there, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read, there); diff != "" {
		t.Errorf("golden files (-read +there):\n%s", diff)
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

// decisions lists every call of the machine with the verdict of an image's
// policy.
func decisions(t *testing.T, name string, m machine) string {
	t.Helper()
	p := policyOf(t, name)
	f := mustLoad(t, p, m)
	rules, absent := make(map[string]seccomp.Rule), []string{}
	for _, rule := range p.Rules {
		for _, name := range rule.Names {
			rules[name] = rule
			if _, ok := m.calls.SyscallNames[name]; !ok {
				absent = append(absent, name)
			}
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "# boxes/%s/cell.policy on %s. Written by: go test ./internal/seccomp -update\n\n", name, m.goarch)
	for _, name := range slices.Sorted(maps.Keys(m.calls.SyscallNames)) {
		number := uint32(m.calls.SyscallNames[name])
		decided := describe(f.run(t, m.every(number, 0)))
		if conditions := rules[name].Conditions; len(conditions) > 0 {
			decided = underConditions(t, f, m, number, conditions)
		}
		fmt.Fprintf(&table, "%-26s %s\n", name, decided)
	}
	table.WriteString("\n# Named by the policy, and no call of this architecture.\n\n")
	slices.Sort(absent)
	for _, name := range absent {
		fmt.Fprintln(&table, name)
	}
	return table.String()
}

// underConditions shows both answers of the filter, to arguments that meet the
// conditions and to such as do not, with the conditions between them.
func underConditions(t *testing.T, f *filter, m machine, number uint32, conditions []seccomp.Condition) string {
	t.Helper()
	met, unmet := m.every(number, 0), m.every(number, 0)
	texts := make([]string, 0, len(conditions))
	for _, c := range conditions {
		values := make([]string, 0, len(c.Values))
		for _, value := range c.Values {
			values = append(values, fmt.Sprintf("%#x", value))
		}
		texts = append(texts, fmt.Sprintf("arg%d %s %s", c.Argument, c.Operator, strings.Join(values, " ")))
		if c.Operator == seccomp.Is {
			met.args[c.Argument], unmet.args[c.Argument] = uint64(c.Values[0]), uint64(slices.Max(c.Values))+1
		} else {
			unmet.args[c.Argument] = uint64(c.Values[0])
		}
	}
	return fmt.Sprintf("%s when %s, else %s", describe(f.run(t, met)), strings.Join(texts, " and "), describe(f.run(t, unmet)))
}

func describe(verdict uint32) string {
	switch {
	case verdict == allowed:
		return "allow"
	case verdict == killed:
		return "kill"
	case verdict&^0xffff == refused:
		return unix.ErrnoName(unix.Errno(verdict & 0xffff))
	}
	return fmt.Sprintf("%#x", verdict)
}
