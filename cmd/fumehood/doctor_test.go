package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/doctor"
)

var (
	passed  = doctor.Check{ID: "swap", Looked: "/proc/swaps", Status: doctor.Pass, Found: "none", Why: "sources reach the disk"}
	caution = doctor.Check{ID: "clock", Looked: "adjtimex", Status: doctor.Caution, Found: "not \x1b[2Jsynchronised", Why: "logs", Remedy: "set it"}
	failed  = doctor.Check{ID: "landlock", Looked: "a call", Status: doctor.Fail, Found: "ABI 0", Why: "cells end", Remedy: "boot another"}
)

// The worst comes first of what there is to do, the table keeps its order, and
// nothing that a file said reaches the terminal as a command.
func TestDoctorTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := printChecks(&out, []doctor.Check{passed, caution, failed}); err != nil {
		t.Fatal(err)
	}
	const want = `STATUS   CHECK     FOUND
PASS     swap      none
CAUTION  clock     not ?[2Jsynchronised
FAIL     landlock  ABI 0

FAIL landlock
  why:    cells end
  remedy: boot another

CAUTION clock
  why:    logs
  remedy: set it

3 checks, 1 PASS, 1 CAUTION, 1 FAIL
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := printChecksJSON(&out, []doctor.Check{passed, caution}); err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"status": "caution",
		"counts": map[string]any{"pass": 1.0, "caution": 1.0, "fail": 0.0},
		"checks": []any{
			map[string]any{"id": "swap", "looked_at": "/proc/swaps", "status": "pass", "found": "none", "why": "sources reach the disk", "remedy": ""},
			map[string]any{"id": "clock", "looked_at": "adjtimex", "status": "caution", "found": "not \x1b[2Jsynchronised", "why": "logs", "remedy": "set it"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDoctorExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		checks        []doctor.Check
		plain, strict int
	}{
		{"all pass", []doctor.Check{passed}, 0, 0},
		{"a caution", []doctor.Check{passed, caution}, 0, 1},
		{"a fail", []doctor.Check{failed, caution, passed}, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for strict, want := range map[bool]int{false: c.plain, true: c.strict} {
				var words bytes.Buffer
				if got := report(&words, verdict(c.checks, strict)); got != want {
					t.Errorf("strict %t: exit code %d, want %d (%s)", strict, got, want, words.String())
				}
			}
		})
	}
}

func TestDoctorInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := doctorCommand(ctx, nil, streams{out: &out, err: &out}); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("err %v, printed %q", err, out.String())
	}
}
