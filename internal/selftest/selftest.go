package selftest

import (
	"context"
	"fmt"
	"slices"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// An Inspector holds the boxes of one kind to what their configuration asks
// for. Its methods may be called from many goroutines.
type Inspector struct {
	// Limits are those that cells are parked with.
	Limits job.Limits
	// Policy is the inner wall as it must be: whole.
	Policy box.Policy
	// Memory and Tasks bound a box as a whole.
	Memory job.Bytes
	Tasks  int64
	// Accept are the names of walls that may be missing.
	Accept []string
}

// slot is the one that the self-test's cells have: no other cell is in the box.
const slot = 0

// Inspect looks at a box in which there is no cell yet. It returns the walls
// that are missing and accepted, and the memory that a parked cell has of its
// own; a *MissingError if a wall is missing and not accepted; and another error
// if the box cannot be looked at, which must not serve either.
func (i *Inspector) Inspect(ctx context.Context, b *box.Box) (walls []string, cell job.Bytes, err error) {
	findings, cell, err := i.Find(ctx, b)
	if err != nil {
		return nil, 0, fmt.Errorf("look at the walls of box %s: %w", b.ID, err)
	}
	refused := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return slices.Contains(i.Accept, f.Wall) })
	if len(refused) > 0 {
		return nil, 0, &MissingError{Box: b.ID, Findings: refused}
	}
	return missing(findings), cell, nil
}

// Find is Inspect without a judgement: everything that is not as it must be.
func (i *Inspector) Find(ctx context.Context, b *box.Box) ([]Finding, job.Bytes, error) {
	findings := admitted(b)
	c, err := cell.Park(ctx, b, slot, i.Limits)
	if err != nil {
		return nil, 0, err
	}
	outside, own, err := i.lookFromOutside(b)
	if err != nil {
		c.Release()
		return nil, 0, err
	}
	inside, err := i.lookFromInside(ctx, b, c)
	if err != nil {
		return nil, 0, err
	}
	return append(append(findings, outside...), inside...), own, nil
}

// admitted are the walls that the zygote itself says it leaves out, and the one
// that cannot be seen from anywhere else.
func admitted(b *box.Box) []Finding {
	var findings []Finding
	for _, w := range []struct {
		bit  box.Wall
		name string
	}{
		{box.PIDNamespace, "pid namespace"}, {box.UID, "uid"}, {box.Capabilities, "capabilities"}, {box.Landlock, "landlock"},
		{box.Seccomp, "seccomp"}, {box.NoNewPrivs, "no_new_privs"}, {box.Dumpable, "dumpable"}, {box.Descriptors, "closed descriptors"},
		{box.Proc, "no /proc"}, {box.CPU, "cpu limit"}, {box.Data, "data limit"}, {box.AddressSpace, "address space limit"},
		{box.Threads, "thread limit"}, {box.OpenFiles, "open files limit"}, {box.Stack, "stack limit"},
		{box.FileSize, "file size limit"}, {box.Core, "core limit"},
	} {
		if box.Wall(b.Ready.Without)&w.bit != 0 {
			findings = append(findings, Finding{w.name, admission})
		}
	}
	return findings
}

const admission = "the zygote was told to leave it out"
