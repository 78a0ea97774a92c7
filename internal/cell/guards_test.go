package cell_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// fiberStacks is how many stacks Ruby makes ahead (FIBER_POOL_INITIAL_SIZE).
const fiberStacks = 32

// Every stack for a fiber has its guard in a cell too: a mapping, or where the
// zygote moved it (guards.c) an entry of the page table.
func TestFiberStacksHaveGuards(t *testing.T) {
	t.Parallel()
	b := boxtest.Start(t, 0)
	c, err := cell.Park(t.Context(), b, slot, boxtest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	_, parked := family(t, b)
	guards := 0
	for _, m := range boxtest.Mappings(t, parked.PID) {
		switch {
		case m.File == "" && m.Rights == "---p":
			guards++
		case m.File == "" && m.Rights == "rw-p":
			guards += guardPages(t, parked.PID, m)
		}
	}
	if guards < fiberStacks {
		t.Errorf("%d guards, want at least %d", guards, fiberStacks)
	}
}

// guardPages counts a mapping's guards in the page table
// (Documentation/admin-guide/mm/pagemap.rst, bit 58).
func guardPages(t *testing.T, pid int, m boxtest.Mapping) (n int) {
	t.Helper()
	const page, guard = 4096, 1 << 58
	pagemap, err := os.Open(fmt.Sprintf("/proc/%d/pagemap", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer pagemap.Close()
	var from, end int64
	if _, err := fmt.Sscanf(m.Addresses, "%x-%x", &from, &end); err != nil {
		t.Fatal(err)
	}
	entries := make([]byte, (end-from)/page*8)
	if _, err := pagemap.ReadAt(entries, from/page*8); err != nil {
		t.Fatal(err)
	}
	for ; len(entries) > 0; entries = entries[8:] {
		if binary.NativeEndian.Uint64(entries)&guard != 0 {
			n++
		}
	}
	return n
}

// A fiber that runs out of its stack meets the guard, and the template's author
// is told as by any Ruby.
func TestFiberWithoutEnd(t *testing.T) {
	t.Parallel()
	got := run(t, boxtest.Start(t, 0), hamlJob("- deeper = ->(n) { 1 + deeper.(n + 1) }\n= Fiber.new { deeper.(0) }.resume\n"))
	if got.Outcome != job.SourceError || len(got.Diagnostics) != 1 || !strings.Contains(got.Diagnostics[0].Message, "stack level too deep") {
		t.Errorf("got %s %v, want a source error of the stack's depth", got.Outcome, got.Diagnostics)
	}
}
