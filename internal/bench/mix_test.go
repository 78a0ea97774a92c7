package bench

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

// Shares, order and names are as the mix says.
func TestMix(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := make(map[string]int)
	byKind := make(map[Kind]int)
	tenants := make(map[int]int)
	// What one tenant sent is new in another's name.
	key := func(s Shot) string { return fmt.Sprint(s.Tenant, " ", s.Source) }
	target := fake{func(_ context.Context, s Shot) (Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		if s.from == nil && s.outcomes == nil {
			seen[key(s)]++
			return compiled(s.Language)
		}
		byKind[s.Kind]++
		tenants[s.Tenant]++
		if s.Kind == Attack {
			return Answer{Status: http.StatusOK, Outcome: job.Timeout}, nil
		}
		if before := seen[key(s)] > 0; before != (s.Kind == Hit) {
			t.Errorf("a %s was sent before: %v", s.Kind, before)
		}
		seen[key(s)]++
		if !s.Bypass {
			t.Error("the cache is not bypassed")
		}
		return compiled(s.Language)
	}}
	r := run(t, target, Load{
		Mix:     Mix{Sources: sources(t, "haml", "less"), Hits: 0.9, Hostile: 0.1, Harm: Loops, Bypass: true, Tenants: 2},
		Clients: 1, Duration: time.Minute, Requests: 2000,
	})
	if n := byKind[Attack]; n < 150 || n > 250 {
		t.Errorf("%d of 2000 are hostile", n)
	}
	if n := byKind[Miss]; n < 130 || n > 230 {
		t.Errorf("%d of 1800 are misses", n)
	}
	if tenants[0] != 1000 || tenants[1] != 1000 || len(r.Tenants) != 2 {
		t.Errorf("tenants %v, rows %d", tenants, len(r.Tenants))
	}
	if r.Hits.Count != int64(byKind[Hit]) || r.Misses.Count != int64(byKind[Miss]) || r.Hostile.Count != int64(byKind[Attack]) {
		t.Errorf("%v, but rows %d, %d, %d", byKind, r.Hits.Count, r.Misses.Count, r.Hostile.Count)
	}
	// Less has no endless loop, Haml has.
	want := []string{"haml hit", "haml miss", "haml hostile", "less hit", "less miss"}
	var got []string
	for _, row := range r.Languages {
		got = append(got, row.Language+" "+string(row.Kind))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A server that is busy when the load begins is asked again.
func TestBusyAtFirst(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	target := fake{func(context.Context, Shot) (Answer, error) {
		if asked.Add(1) < 3 {
			return Answer{Status: http.StatusServiceUnavailable}, nil
		}
		return compiled("<p>")
	}}
	if r := run(t, target, Load{Clients: 1, Duration: time.Minute, Requests: 5}); r.Outcomes[job.OK] != 5 || r.Sheds.Count != 0 {
		t.Errorf("%+v", r)
	}
	busy := fake{func(context.Context, Shot) (Answer, error) { return Answer{Status: http.StatusTooManyRequests}, nil }}
	_, err := Run(t.Context(), busy, Load{Mix: Mix{Sources: sources(t, "haml")}, Clients: 1, Duration: time.Minute, Timeout: 300 * time.Millisecond}, nil)
	if err == nil || !strings.Contains(err.Error(), "status 429") {
		t.Errorf("%v", err)
	}
}

// The same source in all, and never before.
func TestSame(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := make(map[string]int)
	target := fake{func(_ context.Context, s Shot) (Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		seen[s.Source]++
		return compiled("<p>")
	}}
	run(t, target, Load{Clients: 10, Duration: time.Minute, Requests: 100, Same: true})
	counts := make(map[int]int)
	for _, n := range seen {
		counts[n]++
	}
	if diff := cmp.Diff(map[int]int{1: 1, 100: 1}, counts); diff != "" {
		t.Error(diff)
	}
}

func TestLoadsThatCannotBe(t *testing.T) {
	t.Parallel()
	whole := Load{Mix: Mix{Sources: sources(t, "markdown")}, Clients: 1, Duration: time.Second, Timeout: time.Second}
	tests := map[string]struct {
		spoil func(*Load)
		want  string
	}{
		"no clients":           {func(l *Load) { l.Clients = 0 }, "clients or a rate"},
		"no bound":             {func(l *Load) { l.Rate = 1 }, "bound"},
		"no sources":           {func(l *Load) { l.Sources = nil }, "sources"},
		"no duration":          {func(l *Load) { l.Duration = 0 }, "duration"},
		"nothing hostile":      {func(l *Load) { l.Hostile, l.Harm = 1, Loops }, "hostile sources"},
		"source does not work": {func(*Load) {}, "does not compile"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := whole
			test.spoil(&l)
			broken := fake{func(context.Context, Shot) (Answer, error) {
				return Answer{Status: http.StatusOK, Outcome: job.SourceError}, nil
			}}
			if _, err := Run(t.Context(), broken, l, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
