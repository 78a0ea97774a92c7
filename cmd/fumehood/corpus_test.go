package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/lang"
)

var update = flag.Bool("update", false, "write what the service answers into the corpus")

// corpusCase is one file of corpus/LANGUAGE. Its sections are
//
//	input.EXT           the source
//	options.json, locals.json, engine, files/NAME
//	output, source_map.json, diagnostics.json   the answer
type corpusCase struct {
	path    string
	archive *txtar.Archive
}

func (c *corpusCase) section(name string) (string, bool) {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// request is what the case asks of the service, without the language.
func (c *corpusCase) request(t *testing.T) map[string]any {
	t.Helper()
	request := make(map[string]any)
	files := make(map[string]string)
	for _, f := range c.archive.Files {
		name, text := f.Name, string(f.Data)
		switch {
		case strings.HasPrefix(name, "input"):
			request["source"] = text
		case name == "engine":
			request["engine"] = strings.TrimSpace(text)
		case name == "options.json", name == "locals.json":
			request[strings.TrimSuffix(name, ".json")] = json.RawMessage(text)
		case strings.HasPrefix(name, "files/"):
			files[strings.TrimPrefix(name, "files/")] = text
		case name == "output", name == "source_map.json", name == "diagnostics.json":
		default:
			t.Errorf("%s: nobody knows the section %q", c.path, name)
		}
	}
	if len(files) > 0 {
		request["files"] = files
	}
	if request["source"] == nil {
		t.Fatalf("%s: there is no input", c.path)
	}
	return request
}

// diagnosticOf is a diagnostic as the corpus has it: what is not known is left
// out.
type diagnosticOf struct {
	Severity  string `json:"severity"`
	Message   string `json:"message"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	EndColumn int    `json:"end_column,omitempty"`
	File      string `json:"file,omitempty"`
	Code      string `json:"code,omitempty"`
}

// answerOf is a result in the corpus's sections. A section ends with a line
// end, which the text in it may lack.
func answerOf(t *testing.T, r result) []txtar.File {
	t.Helper()
	var sections []txtar.File
	add := func(name, text string) {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		sections = append(sections, txtar.File{Name: name, Data: []byte(text)})
	}
	if r.Output != nil {
		add("output", *r.Output)
	}
	if r.SourceMap != nil {
		add("source_map.json", *r.SourceMap)
	}
	if len(r.Diagnostics) > 0 {
		var lines []string
		for _, d := range r.Diagnostics {
			lines = append(lines, "  "+encode(t, diagnosticOf{
				Severity: d.Severity, Message: d.Message, Line: number(d.Line), Column: number(d.Column),
				EndLine: number(d.EndLine), EndColumn: number(d.EndColumn), File: text(d.File), Code: text(d.Code),
			}))
		}
		add("diagnostics.json", "[\n"+strings.Join(lines, ",\n")+"\n]\n")
	}
	return sections
}

func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func encode(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// corpusOf reads the cases of a language.
func corpusOf(t *testing.T, language string) []*corpusCase {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(boxtest.Root(t), "corpus", language, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []*corpusCase
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, &corpusCase{path, archive})
	}
	return cases
}

// Every language has twenty cases or more, and the service answers each as the
// corpus says.
func TestCorpus(t *testing.T) {
	s := sharedDaemon(t)
	for _, l := range lang.Table {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			cases := corpusOf(t, l.ID)
			if len(cases) < 20 {
				t.Errorf("%d cases, want 20", len(cases))
			}
			for _, c := range cases {
				t.Run(strings.TrimSuffix(filepath.Base(c.path), ".txtar"), func(t *testing.T) {
					c.check(t, s, l.ID)
				})
			}
		})
	}
}

func (c *corpusCase) check(t *testing.T, s *serving, language string) {
	t.Helper()
	request := c.request(t)
	answer := s.compile(t, language, request["source"].(string), request)
	// No honest source meets a wall or a limit.
	if answer.Outcome != "ok" && answer.Outcome != "source_error" {
		t.Fatalf("outcome = %s %q, want ok or source_error", answer.Outcome, answer.message())
	}
	got := answerOf(t, answer)
	if *update {
		c.replaceAnswer(t, got)
		return
	}
	var want []txtar.File
	for _, name := range []string{"output", "source_map.json", "diagnostics.json"} {
		if text, ok := c.section(name); ok {
			want = append(want, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	if diff := cmp.Diff(shown(want), shown(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", strings.TrimSpace(string(c.archive.Comment)), diff)
	}
}

func shown(sections []txtar.File) string {
	return string(txtar.Format(&txtar.Archive{Files: sections}))
}

func (c *corpusCase) replaceAnswer(t *testing.T, answer []txtar.File) {
	t.Helper()
	var kept []txtar.File
	for _, f := range c.archive.Files {
		if f.Name != "output" && f.Name != "source_map.json" && f.Name != "diagnostics.json" {
			kept = append(kept, f)
		}
	}
	c.archive.Files = append(kept, answer...)
	if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
