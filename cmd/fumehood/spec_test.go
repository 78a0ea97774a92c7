package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/boxtest"
)

// specCase is one case of the haml-spec suite (corpus/haml-spec).
type specCase struct {
	Haml, HTML string
	Config     map[string]any
	Locals     map[string]any
}

// direct is Ruby that compiles cases read as JSON from its standard input with
// the engine alone: no shim, no adapter, no cell.
const direct = `
require "json"; require "haml"
cases = JSON.parse(STDIN.read)
out = cases.map do |c|
  options = c["options"].transform_keys(&:to_sym)
  options[:format] = options[:format].to_sym if options[:format]
  Haml::Template.new("input", 1, options) { c["source"] }.render(Object.new, c["locals"].transform_keys(&:to_sym))
rescue Haml::Error => e
  {"line" => e.line + 1}
end
puts JSON.generate(out)
`

// The service gives the same bytes as the engine called directly, in all 99
// cases, and what the suite wants in 96; the other three are the engine's own.
func TestHamlSpec(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	names, cases := loadSpec(t)
	if len(cases) != 99 {
		t.Fatalf("%d cases, want 99", len(cases))
	}
	type call struct {
		Source  string         `json:"source"`
		Options map[string]any `json:"options"`
		Locals  map[string]any `json:"locals"`
	}
	calls := make([]call, len(cases))
	for i, c := range cases {
		calls[i] = call{c.Haml, optionsOf(c), c.Locals}
		if calls[i].Locals == nil {
			calls[i].Locals = map[string]any{}
		}
	}
	var want []any // the output, or an object with the line of the error
	compileDirectly(t, calls, &want)
	asInSuite := 0
	for i, c := range calls {
		got := s.compile(t, "haml", c.Source, map[string]any{"options": c.Options, "locals": c.Locals})
		var said any = got.output()
		if got.Outcome == "source_error" {
			said = map[string]any{"line": float64(got.line())}
		}
		if !cmp.Equal(said, want[i]) {
			t.Errorf("%s: service %s %v, engine %v", names[i], got.Outcome, said, want[i])
		}
		if normalise(got.output()) == normalise(cases[i].HTML) {
			asInSuite++
		}
	}
	if asInSuite != 96 {
		t.Errorf("%d cases as in the suite, want 96", asInSuite)
	}
}

// loadSpec returns the cases with their names, in a fixed order.
func loadSpec(t *testing.T) ([]string, []specCase) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(boxtest.Root(t), "corpus", "haml-spec", "tests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var suite map[string]map[string]specCase
	if err := json.Unmarshal(text, &suite); err != nil {
		t.Fatal(err)
	}
	var names []string
	var cases []specCase
	for _, group := range slices.Sorted(maps.Keys(suite)) {
		for _, name := range slices.Sorted(maps.Keys(suite[group])) {
			names = append(names, group+"/"+name)
			cases = append(cases, suite[group][name])
		}
	}
	return names, cases
}

// optionsOf turns the suite's configuration into options. The suite was
// written when Haml did not escape by default.
func optionsOf(c specCase) map[string]any {
	options := map[string]any{"escape_html": c.Config["escape_html"] == "true"}
	if format, ok := c.Config["format"]; ok {
		options["format"] = format
	}
	return options
}

// normalise drops the final newline, which the suite leaves out.
func normalise(html string) string {
	return string(bytes.TrimRight([]byte(html), "\n"))
}

// compileDirectly runs the image's own Ruby outside of any box.
func compileDirectly(t *testing.T, calls any, results *[]any) {
	t.Helper()
	askProgram(t, rubyOfImage(t, direct), calls, results)
}
