package job_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

func TestOutcomeCacheable(t *testing.T) {
	t.Parallel()
	want := map[job.Outcome]bool{
		"ok": true, "source_error": true,
		"timeout": false, "out_of_memory": false, "output_too_large": false, "crashed": false, "violation": false,
	}
	got := make(map[job.Outcome]bool)
	for _, o := range job.Outcomes {
		got[o] = o.Cacheable()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cacheable (-want +got):\n%s", diff)
	}
	for _, o := range []job.Outcome{"", "OK", "unknown"} {
		if o.Cacheable() {
			t.Errorf("%q, which is no outcome, is cacheable", o)
		}
	}
}

func TestInvalidError(t *testing.T) {
	t.Parallel()
	invalid := &job.Invalid{Field: "options.format", Reason: "must be one of that", Fault: job.TooLarge}
	if got, want := invalid.Error(), "options.format: must be one of that"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
