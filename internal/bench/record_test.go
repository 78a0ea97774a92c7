package bench

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

func recorded(t *testing.T, ms ...int) *Record {
	t.Helper()
	h := newHistogram()
	for _, n := range ms {
		record(h, time.Duration(n)*time.Millisecond)
	}
	r := NewRecord("fumehood test", []string{"fumehood", "bench"})
	r.Report = &Report{
		Target: "fumehood", Seconds: 10, Sent: int64(len(ms)), Rate: float64(len(ms)) / 10, Goodput: float64(len(ms)) / 10,
		Failures: []string{}, Statuses: map[string]int64{"200": int64(len(ms))}, Outcomes: map[job.Outcome]int64{job.OK: int64(len(ms))},
		Latency: latencyOf(h), Misses: latencyOf(h), Languages: []LanguageRow{},
	}
	r.Beside = []Row{{Name: "fumehood", Rate: 10, P50: 1, P99: 2, RateRatio: 1, P50Ratio: 1}, {Name: "docker", Skipped: "there is none"}}
	return r
}

func TestRecordIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := recorded(t, 1, 2, 3, 4, 100)
	var file bytes.Buffer
	if err := want.Write(&file); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRecord(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	h, err := hdr.Decode([]byte(got.Report.Latency.Histogram))
	if err != nil {
		t.Fatal(err)
	}
	if n, longest := h.TotalCount(), float64(h.Max())/1000; n != 5 || longest != got.Report.Latency.Max {
		t.Errorf("the histogram has %d latencies up to %f ms", n, longest)
	}
	if _, err := base64.StdEncoding.DecodeString(got.Report.Latency.Histogram); err != nil {
		t.Error(err)
	}
}

func TestNoRecord(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "[1]", `{"schema":99,"report":{}}`, `{"schema":1}`} {
		if r, err := ReadRecord(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as %+v", text, r)
		}
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	h := newHistogram()
	for n := range 1000 {
		record(h, time.Duration(n+1)*time.Millisecond)
	}
	record(h, -time.Second)
	record(h, 2*longest)
	l := latencyOf(h)
	for name, p := range map[string]struct{ got, want float64 }{
		"p50": {l.P50, 500}, "p90": {l.P90, 900}, "p99": {l.P99, 991}, "p99.9": {l.P999, 1000},
		"max": {l.Max, float64(longest.Milliseconds())},
	} {
		if p.got < 0.998*p.want || p.got > 1.002*p.want {
			t.Errorf("%s is %f, want %f", name, p.got, p.want)
		}
	}
	if diff := cmp.Diff(Latency{}, latencyOf(newHistogram())); diff != "" {
		t.Error(diff)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a, b := recorded(t, 10, 10, 10, 10), recorded(t, 20, 20)
	a.Machine = Machine{CPUs: 2, Model: "one"}
	b.Machine = Machine{CPUs: 4, Model: "other", Load: 9}
	var out strings.Builder
	if err := Compare(&out, a, b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"goodput/s       0.40   0.20   0.50", "p50 ms          10.01  20.02  2.00", "warning: other machines", "warning: the machine was busy"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hits") {
		t.Errorf("figures that none has are shown:\n%s", out.String())
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	r := recorded(t, 10, 20)
	compiles := int64(3)
	r.Compiles, r.Report.Unsent, r.Report.Failures = &compiles, 7, []string{"haml (miss): timeout"}
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 requests", "ok 2", "200 2", "compiles: 3", "7 NEVER", "wrong: haml (miss): timeout", "skipped: there is none", "1.00 times"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
