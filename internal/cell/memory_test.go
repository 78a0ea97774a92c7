package cell_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// The zygote never holds a byte of a job. In every kind of box, after compiles
// in every language with a mark in all that a request can bring along, the mark
// is nowhere in the zygote's memory.
func TestZygoteHoldsNothingOfAJob(t *testing.T) {
	t.Parallel()
	for _, kind := range boxtest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := boxtest.StartOf(t, kind, 0)
			mark := rand.Text()
			for _, l := range lang.Table {
				if l.Box != kind {
					continue
				}
				// The example compiles; the mark behind it may be a mistake, and
				// then has been in a message too.
				for _, source := range []string{l.Example(), l.Example() + "\n" + mark + " (\n"} {
					marked(t, b, l, source, mark)
				}
			}
			zygotes := zygotesOf(t, b)
			for _, pid := range zygotes {
				if n := boxtest.SearchMemory(t, pid, mark); n > 0 {
					t.Errorf("the mark of the jobs is %d times in the memory of process %d: %s", n, pid, boxtest.File(t, pid, "cmdline"))
				}
			}
		})
	}
}

// marked runs one job with the mark in its source, files, options and locals.
func marked(t *testing.T, b *box.Box, l *lang.Language, source, mark string) {
	t.Helper()
	options := fmt.Sprintf("{%q:%q}", mark, mark)
	got := run(t, b, job.Job{
		Language: l.ID, Engine: "x@" + b.Engines[l.Engine][0], Options: []byte(options), Locals: []byte(options), Source: source + "\n" + mark,
		Files: []job.File{{Name: mark + ".css", Source: mark}}, Limits: boxtest.Limits,
	})
	if got.Outcome != job.OK && got.Outcome != job.SourceError {
		t.Errorf("%s: %s %v", l.ID, got.Outcome, got.Diagnostics)
	}
}

// The search finds what is there: the mark of a job in the cell that runs it,
// in Ruby's memory and in V8's, and the zygote's own code in the zygote.
func TestSearchFindsTheMarkInACell(t *testing.T) {
	t.Parallel()
	for kind, page := range map[string]struct{ language, source string }{
		"ruby":        {"haml", "- sleep\n-# "},
		"node-markup": {"pug", "- while (true) {}\n//- "},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := boxtest.StartOf(t, kind, 0)
			c, err := cell.Park(t.Context(), b, slot, boxtest.Limits)
			if err != nil {
				t.Fatal(err)
			}
			zygotes, running := family(t, b)
			mark := rand.Text()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				j := job.Job{Language: page.language, Engine: "pug@3.0.4", Options: []byte("{}"), Locals: []byte("{}"), Source: page.source + mark, Limits: boxtest.Limits}
				if got, err := c.Run(t.Context(), j); err != nil || got.Outcome != job.Timeout {
					t.Errorf("the page = %s %v, %v, want a timeout", got.Outcome, got.Diagnostics, err)
				}
			}()
			found := 0
			for end := time.Now().Add(boxtest.Limits.Wall); found == 0 && time.Now().Before(end); {
				found = boxtest.SearchMemory(t, running.PID, mark)
			}
			if found == 0 {
				t.Error("the mark is not found in the cell that has it")
			}
			<-ended
			if _, err := c.Release(); err != nil {
				t.Error(err)
			}
			if boxtest.SearchMemory(t, zygotes[len(zygotes)-1], "/fumehood/") == 0 {
				t.Error("the zygote's own path is not found in the zygote")
			}
		})
	}
}

func zygotesOf(t *testing.T, b *box.Box) []int {
	t.Helper()
	pids := boxtest.Processes(t, func(p boxtest.Process) bool {
		return p.PIDNamespace == fmt.Sprintf("pid:[%d]", b.Ready.PIDNamespace)
	})
	if len(pids) < 2 {
		t.Fatalf("processes of the box: %v, want init and a zygote", pids)
	}
	return pids
}
