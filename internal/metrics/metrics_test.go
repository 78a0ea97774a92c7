package metrics

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/selftest"
)

type still pool.Stats

func (s still) Stats() pool.Stats { return pool.Stats(s) }

// shown is what the handler says of our own metrics whose name has the prefix.
func shown(t *testing.T, m *Metrics, prefix string) []string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("answer %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

func TestPools(t *testing.T) {
	t.Parallel()
	m := New([]Pool{
		still{Kind: "ruby", Ready: true, Jobs: 7, Missed: 3, Target: 9, CellBytes: 1 << 20, Forking: time.Second / 2, Leaked: 1, Dismissed: 4,
			Fork: pool.Histogram{Count: 11}, Parked: 8, Running: 2, Dying: 1, Generations: 3, Retired: 1, Boxes: make([]box.Stats, 2)},
		still{Kind: "node-css"},
	})
	want := []string{
		`fumehood_pool_boxes{kind="node-css"} 0`, `fumehood_pool_boxes{kind="ruby"} 2`,
		`fumehood_pool_boxes_dismissed_total{kind="node-css"} 0`, `fumehood_pool_boxes_dismissed_total{kind="ruby"} 4`,
		`fumehood_pool_boxes_lost_total{kind="node-css"} 0`, `fumehood_pool_boxes_lost_total{kind="ruby"} 0`,
		`fumehood_pool_boxes_recycled_total{kind="node-css"} 0`, `fumehood_pool_boxes_recycled_total{kind="ruby"} 0`,
		`fumehood_pool_boxes_retired_total{kind="node-css"} 0`, `fumehood_pool_boxes_retired_total{kind="ruby"} 1`,
		`fumehood_pool_boxes_started_total{kind="node-css"} 0`, `fumehood_pool_boxes_started_total{kind="ruby"} 3`,
		`fumehood_pool_cell_bytes{kind="node-css"} 0`, `fumehood_pool_cell_bytes{kind="ruby"} 1.048576e+06`,
		`fumehood_pool_cells_dying{kind="node-css"} 0`, `fumehood_pool_cells_dying{kind="ruby"} 1`,
		`fumehood_pool_cells_leaked_total{kind="node-css"} 0`, `fumehood_pool_cells_leaked_total{kind="ruby"} 1`,
		`fumehood_pool_cells_parked{kind="node-css"} 0`, `fumehood_pool_cells_parked{kind="ruby"} 8`,
		`fumehood_pool_cells_running{kind="node-css"} 0`, `fumehood_pool_cells_running{kind="ruby"} 2`,
		`fumehood_pool_cells_target{kind="node-css"} 0`, `fumehood_pool_cells_target{kind="ruby"} 9`,
		`fumehood_pool_forking_seconds_total{kind="node-css"} 0`, `fumehood_pool_forking_seconds_total{kind="ruby"} 0.5`,
		`fumehood_pool_forks_total{kind="node-css"} 0`, `fumehood_pool_forks_total{kind="ruby"} 11`,
		`fumehood_pool_jobs_total{kind="node-css"} 0`, `fumehood_pool_jobs_total{kind="ruby"} 7`,
		`fumehood_pool_jobs_waited_total{kind="node-css"} 0`, `fumehood_pool_jobs_waited_total{kind="ruby"} 3`,
		`fumehood_pool_parked_bytes{kind="node-css"} 0`, `fumehood_pool_parked_bytes{kind="ruby"} 8.388608e+06`,
		`fumehood_pool_ready{kind="node-css"} 0`, `fumehood_pool_ready{kind="ruby"} 1`,
		`fumehood_pool_retirement_pending{kind="node-css"} 0`, `fumehood_pool_retirement_pending{kind="ruby"} 0`,
	}
	numbers := slices.DeleteFunc(shown(t, m, "fumehood_pool_"), func(line string) bool {
		return strings.Contains(line, "_seconds_") && !strings.Contains(line, "_total")
	})
	if diff := cmp.Diff(want, numbers); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}
	if len(shown(t, m, "go_goroutines")) != 1 || len(shown(t, m, "process_open_fds")) != 1 {
		t.Error("nothing is said of the daemon's own process")
	}
}

// A histogram is cumulative, and ends with the count.
func TestTimings(t *testing.T) {
	t.Parallel()
	m := New([]Pool{still{Kind: "ruby", Fork: pool.Histogram{
		Count: 3, Sum: 4 * time.Second, Buckets: map[time.Duration]uint64{100 * time.Microsecond: 1, 2 * time.Millisecond: 2},
	}}})
	want := []string{
		`fumehood_pool_fork_seconds_bucket{kind="ruby",le="0.0001"} 1`, `fumehood_pool_fork_seconds_bucket{kind="ruby",le="0.002"} 2`,
		`fumehood_pool_fork_seconds_bucket{kind="ruby",le="+Inf"} 3`,
		`fumehood_pool_fork_seconds_sum{kind="ruby"} 4`, `fumehood_pool_fork_seconds_count{kind="ruby"} 3`,
	}
	if diff := cmp.Diff(want, shown(t, m, "fumehood_pool_fork_seconds")); diff != "" {
		t.Errorf("forks (-want +got):\n%s", diff)
	}
	for _, name := range []string{"wait", "teardown"} {
		if got := shown(t, m, "fumehood_pool_"+name+"_seconds_count"); len(got) != 1 {
			t.Errorf("of %s there is %q, want one count", name, got)
		}
	}
}

func TestCompiles(t *testing.T) {
	t.Parallel()
	m := New(nil)
	result := job.Result{Outcome: job.OK, Timing: job.Timing{Queue: 50 * time.Microsecond, Compile: 30 * time.Millisecond}}
	m.Compiled("haml", result)
	m.Compiled("haml", result)
	m.NotCompiled("gfm", Invalid)
	m.NotCompiled("", Unavailable)
	m.Answered(200)
	m.Answered(499)
	m.Answered(0)
	for _, want := range []string{
		`fumehood_compiles_total{language="haml",outcome="ok"} 2`,
		`fumehood_compiles_total{language="markdown",outcome="invalid"} 1`,
		`fumehood_compiles_total{language="unknown",outcome="unavailable"} 1`,
		`fumehood_queue_seconds_bucket{le="0.0001"} 2`,
		`fumehood_compile_seconds_bucket{language="haml",le="0.025"} 0`,
		`fumehood_compile_seconds_bucket{language="haml",le="0.05"} 2`,
		`fumehood_http_requests_total{code="2xx"} 1`, `fumehood_http_requests_total{code="4xx"} 1`, `fumehood_http_requests_total{code="other"} 1`,
	} {
		if got := shown(t, m, "fumehood_"); !slices.Contains(got, want) {
			t.Errorf("%s is not in:\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// Each wall is shown, and one that is accepted as missing is 0.
func TestWalls(t *testing.T) {
	t.Parallel()
	got := shown(t, New([]Pool{still{Kind: "ruby", Ready: true, Missing: []string{"landlock"}}}), "fumehood_wall_active")
	for _, want := range []string{
		`fumehood_wall_active{kind="ruby",wall="landlock"} 0`, `fumehood_wall_active{kind="ruby",wall="seccomp"} 1`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in:\n%s", want, strings.Join(got, "\n"))
		}
	}
	if len(got) != len(selftest.Walls) {
		t.Errorf("%d walls are shown, of %d", len(got), len(selftest.Walls))
	}
}

type gate admit.Stats

func (g gate) Admission() admit.Stats { return admit.Stats(g) }

func TestAdmission(t *testing.T) {
	t.Parallel()
	m := New(nil)
	m.WatchAdmission(gate{Brisk: 2, Running: 5, Waiting: 7, Slow: 9, Refused: map[admit.Reason]uint64{admit.Full: 3, admit.Late: 0, admit.Quota: 1}})
	want := []string{
		`fumehood_admission_refused_total{reason="queue_full"} 3`, `fumehood_admission_refused_total{reason="queue_timeout"} 0`,
		`fumehood_admission_refused_total{reason="quota"} 1`,
		`fumehood_admission_running{turn="given_back"} 3`, `fumehood_admission_running{turn="held"} 2`,
		"fumehood_admission_slow_total 9", "fumehood_admission_waiting 7",
	}
	if diff := cmp.Diff(want, shown(t, m, "fumehood_admission_")); diff != "" {
		t.Errorf("admission (-want +got):\n%s", diff)
	}
}

// No caller can make a series.
func TestLabelsAreClosed(t *testing.T) {
	t.Parallel()
	m := New(nil)
	for i := range 10_000 {
		m.NotCompiled(fmt.Sprintf("language%d", i), Invalid)
		m.NotCompiled("haml\n\u202e\x00", Invalid)
		m.Answered(i)
	}
	if got := shown(t, m, "fumehood_compiles_total"); len(got) != 1 {
		t.Errorf("%d series, want one of an unknown language: %.500q", len(got), got)
	}
	if got := shown(t, m, "fumehood_http_requests_total"); len(got) != 6 {
		t.Errorf("%d series of statuses, want 6: %q", len(got), got)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	m := New(nil)
	m.Connected()()
	m.Connected()
	m.Evicted()
	want := []string{"fumehood_http_connections 1", "fumehood_http_connections_evicted_total 1"}
	if diff := cmp.Diff(want, shown(t, m, "fumehood_http_connections")); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}
