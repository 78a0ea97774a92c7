package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/lang"
)

// The command line compiles a real page of every language, as a file with its
// imports beside it.
func TestRenderAPageOfEveryLanguage(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for _, l := range lang.Table {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			for _, c := range corpusOf(t, l.ID) {
				if filepath.Base(c.path) != "page.txtar" {
					continue
				}
				var out, said bytes.Buffer
				status := run(t.Context(), c.commandLine(t, l.ID, s.url), streams{in: strings.NewReader(""), out: &out, err: &said})
				if status != exitDone {
					t.Fatalf("status %d: %s", status, said.Bytes())
				}
				got := out.String()
				if !strings.HasSuffix(got, "\n") {
					got += "\n"
				}
				want, _ := c.section("output")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("output (-want +got):\n%s", diff)
				}
				return
			}
			t.Error("there is no page.txtar")
		})
	}
}

// commandLine writes the case's texts to files and returns the arguments that
// compile them.
func (c *corpusCase) commandLine(t *testing.T, language, server string) []string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"render", "--server", server, "-l", language}
	var input string
	for _, f := range c.archive.Files {
		file := filepath.Join(dir, strings.ReplaceAll(f.Name, "/", "-"))
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		switch name, isFile := strings.CutPrefix(f.Name, "files/"); {
		case isFile:
			args = append(args, "--file", name+"="+file)
		case strings.HasPrefix(f.Name, "input"):
			input = file
		case f.Name == "locals.json":
			args = append(args, "--locals", file)
		case f.Name == "engine":
			args = append(args, "--engine", strings.TrimSpace(string(f.Data)))
		case f.Name == "options.json":
			var options map[string]json.RawMessage
			if err := json.Unmarshal(f.Data, &options); err != nil {
				t.Fatal(err)
			}
			for option, value := range options {
				args = append(args, "-o", option+"="+string(value))
			}
		}
	}
	return append(args, input)
}

// A step takes whatever the first compile may put out, which is more than a
// source may have.
func TestStepOfALongOutput(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	const rules = 400
	source := "@for $i from 1 through 400 { .a#{$i} { content: '" + strings.Repeat("x", 1000) + "'; } }"
	r := s.compile(t, "scss", source, map[string]any{"options": map[string]any{"autoprefixer": true}})
	if r.Outcome != "ok" || strings.Count(r.output(), "content") != rules {
		t.Errorf("%s with %d rules, want ok with %d: %v", r.Outcome, strings.Count(r.output(), "content"), rules, r.Diagnostics)
	}
}
