package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// fake answers what do says, at once unless that waits.
type fake struct {
	do func(ctx context.Context, s Shot) (Answer, error)
}

func (f fake) Do(ctx context.Context, s Shot) (Answer, error) { return f.do(ctx, s) }
func (f fake) String() string                                 { return "fake" }

func compiled(output string) (Answer, error) {
	return Answer{Status: http.StatusOK, Outcome: job.OK, Output: output}, nil
}

func sources(t testing.TB, names ...string) []Source {
	t.Helper()
	var all []Source
	for _, name := range names {
		l, ok := lang.Find(name)
		if !ok {
			t.Fatalf("no language %s", name)
		}
		all = append(all, ExampleOf(l))
	}
	return all
}

func run(t testing.TB, target Target, l Load) *Report {
	t.Helper()
	if l.Timeout == 0 {
		l.Timeout = 20 * time.Second
	}
	if l.Sources == nil {
		l.Sources = sources(t, "haml")
	}
	r, err := Run(t.Context(), target, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stalling answers at once, but for one stall in which nothing is answered.
func stalling(begin, stall time.Duration) fake {
	var first sync.Once
	var from, to time.Time
	return fake{func(ctx context.Context, _ Shot) (Answer, error) {
		first.Do(func() {
			from = time.Now().Add(begin)
			to = from.Add(stall)
		})
		if now := time.Now(); now.After(from) && now.Before(to) {
			select {
			case <-time.After(time.Until(to)):
			case <-ctx.Done():
				return Answer{}, ctx.Err()
			}
		}
		return compiled("<p>")
	}}
}

// A server that stalls once makes all late that were due meanwhile. With one
// place in flight only one request ever meets the stall, and a generator that
// counts from sending sees one slow answer in hundreds.
func TestOpenLoopCountsFromWhenRequestsWereDue(t *testing.T) {
	t.Parallel()
	const stall = 500 * time.Millisecond
	for name, inFlight := range map[string]int{"one in flight": 1, "many in flight": 1000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, stalling(200*time.Millisecond, stall), Load{Rate: 500, InFlight: inFlight, Duration: time.Second})
			if r.Sent < 400 {
				t.Fatalf("%d requests were sent, want about 500", r.Sent)
			}
			// A quarter of all was due in the first half of the stall or before
			// its middle, and so waited for half of it.
			if half := stall.Seconds() * 1000 / 2; r.Latency.P90 < half || r.Latency.P99 < half {
				t.Errorf("p90 %.0f ms, p99 %.0f ms, want more than %.0f", r.Latency.P90, r.Latency.P99, half)
			}
		})
	}
}

// Those who never got a place are neither forgotten nor called fast.
func TestOpenLoopTellsOfUnsent(t *testing.T) {
	t.Parallel()
	stuck := fake{func(ctx context.Context, s Shot) (Answer, error) {
		if s.from == nil {
			return compiled("<p>") // the first question
		}
		<-ctx.Done()
		return Answer{}, ctx.Err()
	}}
	const timeout = 300 * time.Millisecond
	r := run(t, stuck, Load{Rate: 100, InFlight: 2, Duration: 200 * time.Millisecond, Timeout: timeout})
	if r.Unsent == 0 || r.Sent+r.Unsent != 20 || r.Latency.Count != 20 {
		t.Errorf("sent %d, unsent %d, %d latencies, want 20 in all", r.Sent, r.Unsent, r.Latency.Count)
	}
	if r.Statuses[noTime] != r.Sent {
		t.Errorf("statuses %v, want %d timeouts", r.Statuses, r.Sent)
	}
}

func TestClosedLoop(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	target := fake{func(context.Context, Shot) (Answer, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		return compiled("<p>")
	}}
	r := run(t, target, Load{Clients: 3, Duration: time.Minute, Requests: 300})
	if r.Sent != 300 || r.Wrong != 0 || r.Outcomes[job.OK] != 300 || most.Load() > 3 {
		t.Errorf("sent %d, wrong %d, outcomes %v, %d at once", r.Sent, r.Wrong, r.Outcomes, most.Load())
	}
	if r.Rate <= 0 || r.Goodput != r.Rate {
		t.Errorf("rate %f, goodput %f", r.Rate, r.Goodput)
	}
}

func TestWarmUpIsNotCounted(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	target := fake{func(ctx context.Context, _ Shot) (Answer, error) {
		count.Add(1)
		return compiled("<p>")
	}}
	r := run(t, target, Load{Rate: 100, InFlight: 100, WarmUp: 300 * time.Millisecond, Duration: 200 * time.Millisecond})
	// One more is the first question.
	if r.Sent != 20 || count.Load() != 51 {
		t.Errorf("counted %d of %d requests, want 20 of 51", r.Sent, count.Load())
	}
}

// What must not be mistaken for a good answer.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	after := func(later func(Shot) (Answer, error)) fake {
		return fake{func(_ context.Context, s Shot) (Answer, error) {
			if s.from == nil {
				return compiled("<p>")
			}
			return later(s)
		}}
	}
	tests := map[string]struct {
		target fake
		want   Report
	}{
		"another output": {
			after(func(Shot) (Answer, error) { return compiled("<i>") }),
			Report{Wrong: 5, Statuses: map[string]int64{"200": 5}, Outcomes: map[job.Outcome]int64{job.OK: 5}},
		},
		"another outcome": {
			after(func(Shot) (Answer, error) {
				return Answer{Status: http.StatusOK, Outcome: job.Timeout}, nil
			}),
			Report{Wrong: 5, Statuses: map[string]int64{"200": 5}, Outcomes: map[job.Outcome]int64{job.Timeout: 5}},
		},
		"an error of the server": {
			after(func(Shot) (Answer, error) {
				return Answer{Status: http.StatusInternalServerError}, nil
			}),
			Report{Wrong: 5, Statuses: map[string]int64{"500": 5}, Outcomes: map[job.Outcome]int64{}},
		},
		"no answer": {
			after(func(Shot) (Answer, error) { return Answer{}, errors.New("gone") }),
			Report{Wrong: 5, Statuses: map[string]int64{"connection": 5}, Outcomes: map[job.Outcome]int64{}},
		},
		"busy, which is not wrong": {
			after(func(Shot) (Answer, error) {
				return Answer{Status: http.StatusServiceUnavailable}, nil
			}),
			Report{Sheds: Latency{Count: 5}, Statuses: map[string]int64{"503": 5}, Outcomes: map[job.Outcome]int64{}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, test.target, Load{Clients: 1, Duration: time.Minute, Requests: 5})
			got := Report{Wrong: r.Wrong, Sheds: Latency{Count: r.Sheds.Count}, Statuses: r.Statuses, Outcomes: r.Outcomes}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if r.Goodput != 0 {
				t.Errorf("goodput %f", r.Goodput)
			}
		})
	}
}

// Ending early leaves a report on what there is.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, l := range []Load{{Clients: 2}, {Rate: 1000, InFlight: 10}} {
		t.Run(fmt.Sprintf("rate %.0f", l.Rate), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			var count atomic.Int64
			target := fake{func(context.Context, Shot) (Answer, error) {
				if count.Add(1) == 50 {
					cancel()
				}
				return compiled("<p>")
			}}
			l.Sources, l.Duration, l.Timeout = sources(t, "haml"), time.Hour, time.Second
			r, err := Run(ctx, target, l, nil)
			if err != nil || r.Sent < 30 || r.Seconds > 60 {
				t.Errorf("%v, %+v", err, r)
			}
		})
	}
}
