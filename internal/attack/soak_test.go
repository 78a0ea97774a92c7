package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
)

// fake is a daemon whose Haml makes capitals, and has an outcome for the
// source "attack". It lies as often as it is told to.
type fake struct {
	jobs atomic.Int64
	// lie alters the n-th answer.
	lie func(n int64, answer map[string]any) map[string]any
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := map[string]any{}
	switch r.URL.Path {
	case "/v1/languages":
		answer["languages"] = []any{map[string]any{"id": "haml", "ready": true, "example": "example"}}
	case "/v1/boxes":
		answer["pools"] = []any{map[string]any{"kind": "ruby", "ready": true, "cells_parked": 2, "cells_target": 2, "boxes": []any{map[string]any{"id": "a"}}}}
	case "/v1/render":
		var asked request
		if json.NewDecoder(r.Body).Decode(&asked) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		n := f.jobs.Add(1)
		answer["outcome"], answer["output"], answer["request_id"] = "ok", strings.ToUpper(asked.Source), fmt.Sprint(n)
		if strings.HasPrefix(asked.Source, "attack") {
			answer["outcome"], answer["output"] = "violation", nil
		}
		answer = f.lie(n, answer)
	}
	if status, ok := answer["status"].(int); ok {
		w.WriteHeader(status)
	}
	// A client that is gone has its answer by other ways.
	_ = json.NewEncoder(w).Encode(answer)
}

// Whatever is wrong with an answer is seen among hundreds.
func TestSoakSees(t *testing.T) {
	t.Parallel()
	late := func(n int64) bool { return n > 50 }
	for name, test := range map[string]struct {
		lie  func(n int64, answer map[string]any) map[string]any
		want string
	}{
		"nothing": {func(_ int64, a map[string]any) map[string]any { return a }, ""},
		"another output": {func(n int64, a map[string]any) map[string]any {
			if n == 100 {
				a["outcome"], a["output"] = "ok", "SOMEBODY ELSE'S"
			}
			return a
		}, "SOMEBODY ELSE"},
		"no room": {func(n int64, a map[string]any) map[string]any {
			if n == 100 {
				return map[string]any{"status": http.StatusServiceUnavailable}
			}
			return a
		}, "status 503"},
		"an attack that gets through": {func(n int64, a map[string]any) map[string]any {
			if late(n) && a["outcome"] == "violation" {
				a["outcome"], a["output"] = "ok", "got through"
			}
			return a
		}, "outcome ok, want violation"},
		"too many that are late": {func(n int64, a map[string]any) map[string]any {
			if late(n) && a["outcome"] == "violation" {
				a["outcome"] = "timeout"
			}
			return a
		}, "ran out of their time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(&fake{lie: test.lie})
			defer server.Close()
			r, err := New(t.Context(), Options{URL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			cases, err := Load(fstest.MapFS{"a-time/A-01.txtar": {Data: []byte("A\nwalls: seccomp\noutcome: violation\n-- input.haml --\nattack\n")}})
			if err != nil {
				t.Fatal(err)
			}
			samples, err := LoadSamples(fstest.MapFS{"haml/one.txtar": {Data: []byte("One.\n-- input.haml --\nabc\n-- output --\nABC\n")}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Soak(t.Context(), SoakOptions{Requests: 300, Parallel: 4, Hostile: 0.34, Canaries: 1, Cases: cases, Samples: samples})
			if err != nil {
				t.Fatal(err)
			}
			if got.Hostile != 102 || got.Legitimate != 198 || got.Rests != rests {
				t.Errorf("%d attacks, %d compiles, %d rests", got.Hostile, got.Legitimate, got.Rests)
			}
			failures := strings.Join(got.Failures, "\n")
			if (test.want == "") != (failures == "") || !strings.Contains(failures, test.want) {
				t.Errorf("failures %q, want %q", failures, test.want)
			}
		})
	}
}

// Outputs that must differ are compared with each other.
func TestDiffer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&fake{lie: func(n int64, a map[string]any) map[string]any {
		if a["output"] == "DRAW\n" {
			a["output"] = fmt.Sprint(n % 5)
		}
		return a
	}})
	defer server.Close()
	r, err := New(t.Context(), Options{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for repeat, want := range map[int]Result{5: Stopped, 6: Failed} {
		head := fmt.Sprintf("A\nwalls: uid\noutcome: ok\ndiffer: yes\nrepeat: %d\n-- input.haml --\ndraw\n", repeat)
		cases, err := Load(fstest.MapFS{"j-neighbours/J-10.txtar": {Data: []byte(head)}})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := r.Run(t.Context(), cases[0]); err != nil || v.Result != want {
			t.Errorf("%d draws of 5: %s %s, %v, want %s", repeat, v.Result, v.Reason, err, want)
		}
	}
}
