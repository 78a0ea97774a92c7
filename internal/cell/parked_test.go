package cell_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
)

// A cell as the machine sees it while it is parked, one kind of box for each
// interpreter.
func TestParkedCellFromOutside(t *testing.T) {
	t.Parallel()
	for kind, image := range map[string]string{"ruby": "ruby", "node-markup": "node"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := boxtest.StartOf(t, kind, 0)
			c, err := cell.Park(t.Context(), b, slot, boxtest.Limits)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Release()
			zygotes, parked := family(t, b)
			checkIdentity(t, zygotes[0], parked)
			if got := boxtest.OpenFiles(t, parked.PID); len(got) != 1 || !strings.HasPrefix(got[0], "socket:") {
				t.Errorf("open descriptors = %v, want one socket", got)
			}
			if got := boxtest.File(t, parked.PID, "oom_score_adj"); got != "1000" {
				t.Errorf("oom_score_adj = %s, want 1000", got)
			}
			for _, m := range boxtest.Mappings(t, zygotes[len(zygotes)-1]) {
				if m.Rights[1] == 'w' && m.Rights[3] == 's' {
					t.Errorf("the zygote shares writable memory with its cells: %+v", m)
				}
			}
			checkCode(t, boxtest.Mappings(t, parked.PID), boxtest.Image(t, image).RootFS())
		})
	}
}

// family finds the processes of a box that has one parked cell.
func family(t *testing.T, b *box.Box) (zygotes []int, parked boxtest.Process) {
	t.Helper()
	zygotes = boxtest.Processes(t, func(p boxtest.Process) bool {
		return p.PIDNamespace == "pid:["+strconv.FormatUint(b.Ready.PIDNamespace, 10)+"]"
	})
	cells := boxtest.Processes(t, func(p boxtest.Process) bool {
		return slices.Contains(zygotes, p.Parent()) && !slices.Contains(zygotes, p.PID)
	})
	if len(cells) != 1 {
		t.Fatalf("cells = %v below zygotes %v, want one", cells, zygotes)
	}
	parked, ok := boxtest.LookAt(cells[0])
	if !ok {
		t.Fatal("the parked cell is gone")
	}
	return zygotes, parked
}

// checkIdentity: nobody in particular, alone, without a right to anything.
func checkIdentity(t *testing.T, zygote int, parked boxtest.Process) {
	t.Helper()
	for _, want := range []struct{ name, value string }{
		{"CapInh", "0000000000000000"}, {"CapPrm", "0000000000000000"}, {"CapEff", "0000000000000000"},
		{"CapBnd", "0000000000000000"}, {"CapAmb", "0000000000000000"},
		{"NoNewPrivs", "1"}, {"Seccomp", "2"}, {"Seccomp_filters", "2"}, {"Threads", "1"}, {"Groups", ""},
	} {
		if got := parked.Status[want.name]; got != want.value {
			t.Errorf("%s = %q, want %q", want.name, got, want.value)
		}
	}
	if fields := strings.Fields(parked.Status["NSpid"]); len(fields) < 3 || fields[len(fields)-1] != "1" {
		t.Errorf("NSpid = %q, want pid 1 of a namespace inside the box's", parked.Status["NSpid"])
	}
	root, ok := boxtest.LookAt(zygote)
	if !ok {
		t.Fatal("the zygote is gone")
	}
	for _, ids := range []string{"Uid", "Gid"} {
		// Real, effective, saved and of the file system.
		for i, id := range numbersOf(t, parked, ids) {
			if off := id - numbersOf(t, root, ids)[i]; off != 1000+slot {
				t.Errorf("%s %d is %d off the box's root, want %d", ids, i, off, 1000+slot)
			}
		}
	}
}

// checkCode: what can be run cannot be written, and is of a file of the image,
// the kernel's own, or a copy in huge pages that the zygote made (huge.c).
func checkCode(t *testing.T, all []boxtest.Mapping, rootfs string) {
	t.Helper()
	files := 0
	for _, m := range all {
		if m.Rights[2] != 'x' {
			continue
		}
		switch _, err := os.Stat(filepath.Join(rootfs, m.File)); {
		case m.Rights[1] == 'w':
			t.Errorf("%+v can be written and run", m)
		case m.File == "" && m.Rights == "r-xp", m.File == "[vdso]", m.File == "[vsyscall]":
		case !strings.HasPrefix(m.File, "/") || err != nil:
			t.Errorf("%+v can be run and is of no file of the image: %v", m, err)
		default:
			files++
		}
	}
	if files == 0 {
		t.Errorf("no code of any file among %v: not the mappings of an interpreter", all)
	}
}

func numbersOf(t *testing.T, p boxtest.Process, name string) []int {
	t.Helper()
	var all []int
	for _, field := range strings.Fields(p.Status[name]) {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}
