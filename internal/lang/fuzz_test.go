package lang_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// What passes is in a form that passes unchanged; it names known options only,
// and none with its default.
func FuzzCanonicalOptions(f *testing.F) {
	for _, options := range []string{
		``, `null`, `{}`, `{"zeta":false,"count":5}`, `{"count":4e0,"tags":["br","hr"]}`, `{"mode":"\u003c>","tags":["\n"]}`,
		`{"zeta":true,"zeta":true}`, `{"count":1e999}`, `{"beta":1}`, `[]`, ` {"tags":["é"]}`,
	} {
		f.Add([]byte(options))
	}
	f.Fuzz(func(t *testing.T, options []byte) {
		got, _, err := sample.CanonicalOptions(options, "")
		if err != nil {
			onlyInvalid(t, err)
			return
		}
		again, _, err := sample.CanonicalOptions(got, "")
		if err != nil {
			t.Fatalf("the canonical form %s is refused: %v", got, err)
		}
		if diff := cmp.Diff(string(got), string(again)); diff != "" {
			t.Errorf("the canonical form again (-first +second):\n%s", diff)
		}
		var kept map[string]any
		if err := json.Unmarshal(got, &kept); err != nil {
			t.Fatalf("the canonical form %s is no JSON: %v", got, err)
		}
		for name, value := range kept {
			at := slices.IndexFunc(sample.Options, func(o lang.Option) bool { return o.Name == name })
			if at < 0 {
				t.Fatalf("%s names the unknown option %q", got, name)
			}
			if diff := cmp.Diff(plain(t, sample.Options[at].Default), value); diff == "" {
				t.Errorf("%s keeps the default of %s", got, name)
			}
		}
	})
}

// plain is a value as encoding/json reads it.
func plain(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// What passes says what was given, number for number, in a form that passes
// unchanged.
func FuzzCanonicalLocals(f *testing.F) {
	for _, locals := range []string{
		``, `null`, `{}`, `{"b":1,"a":[{"z":1.50,"y":{}}]}`, `{"a":123456789012345678901234567890,"b":1e999}`,
		`{"end":1}`, `{"A":1}`, `{"a":1,"\u0061":2}`, `{"a":"\ud83d\ude00\/"}`, `{"a":` + nested(64) + `}`, `{}{}`,
	} {
		f.Add([]byte(locals))
	}
	f.Fuzz(func(t *testing.T, locals []byte) {
		got, err := withLocals.CanonicalLocals(locals)
		if err != nil {
			onlyInvalid(t, err)
			return
		}
		again, err := withLocals.CanonicalLocals(got)
		if err != nil {
			t.Fatalf("the canonical form %s is refused: %v", got, err)
		}
		if diff := cmp.Diff(string(got), string(again)); diff != "" {
			t.Errorf("the canonical form again (-first +second):\n%s", diff)
		}
		if strings.TrimSpace(string(locals)) == "null" || len(locals) == 0 {
			locals = []byte("{}")
		}
		if diff := cmp.Diff(numbers(t, locals), numbers(t, got)); diff != "" {
			t.Errorf("what it says (-given +canonical):\n%s", diff)
		}
	})
}

// numbers reads JSON with its numbers as they are written.
func numbers(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s passed and is no JSON: %v", text, err)
	}
	return value
}

func onlyInvalid(t *testing.T, err error) {
	t.Helper()
	var invalid *job.Invalid
	if !errors.As(err, &invalid) {
		t.Errorf("got the error %v, want *job.Invalid", err)
	}
}
