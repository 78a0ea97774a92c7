package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/lang"
)

// In every language a source that runs away ends by a limit or as a mistake,
// soon, and its box compiles on: no zygote is lost. (Who crashes may have its box
// retired.)
func TestRunaways(t *testing.T) {
	s := sharedDaemon(t)
	for _, l := range lang.Table {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			if len(runaways[l.ID]) == 0 {
				t.Fatal("there are no sources that run away")
			}
			before := lostOf(t, s, l.Box)
			for _, test := range runaways[l.ID] {
				fields := map[string]any{"limits": map[string]any{"wall_ms": 700}}
				for name, value := range test.fields {
					fields[name] = value
				}
				start := time.Now()
				got := s.compile(t, l.ID, test.source, fields)
				took := time.Since(start)
				if !slices.Contains(test.outcomes, got.Outcome) {
					t.Errorf("%s: %s %.100q %.60q, want %v", test.name, got.Outcome, got.message(), got.output(), test.outcomes)
				}
				if took > 5*time.Second {
					t.Errorf("%s: answered after %v", test.name, took)
				}
				if next := s.compile(t, l.ID, l.Example(), nil); next.Outcome != "ok" {
					t.Errorf("%s: the next source is %s %q", test.name, next.Outcome, next.message())
				}
			}
			if after := lostOf(t, s, l.Box); after != before {
				t.Errorf("%d boxes were lost, before %d", after, before)
			}
		})
	}
}

// lostOf returns how many boxes of a kind were lost, as GET /v1/boxes has it.
func lostOf(t *testing.T, s *serving, kind string) int {
	t.Helper()
	var listed struct {
		Pools []struct {
			Kind string
			Lost int `json:"boxes_lost"`
		}
	}
	_, body := get(t, s.url+"/v1/boxes")
	if err := json.Unmarshal(body, &listed); err != nil {
		t.Fatal(err)
	}
	for _, p := range listed.Pools {
		if p.Kind == kind {
			return p.Lost
		}
	}
	t.Fatalf("no box of kind %s in %s", kind, body)
	return 0
}
