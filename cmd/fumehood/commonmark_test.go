package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/lang"
)

// specExample is one example of the CommonMark specification.
type specExample struct {
	Markdown, HTML, Section string
	Number                  int
}

// The service makes of the 652 examples what markdown-it makes of them when it
// is called directly, byte for byte, and what the specification says, with the
// defaults and with the preset commonmark. An empty block quote alone is written
// without the line end in it; markdown-it's own tests even that out as well.
func TestCommonMark(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	examples := commonMark(t)
	if len(examples) != 652 {
		t.Fatalf("%d examples, want 652", len(examples))
	}
	markdown, _ := lang.Find("markdown")
	for name, options := range map[string]string{"defaults": `{}`, "preset commonmark": `{"preset":"commonmark"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := make([]directCase, len(examples))
			for i, e := range examples {
				given[i] = directCase{Source: e.Markdown, Options: json.RawMessage(options), Locals: json.RawMessage("{}"), Files: [][2]string{}}
			}
			direct := askDirectly(t, markdown, given)
			asSpecified := 0
			for i, e := range examples {
				got := s.compile(t, "markdown", e.Markdown, map[string]any{"options": json.RawMessage(options)})
				which := fmt.Sprintf("example %d (%s)", e.Number, e.Section)
				if got.Outcome != "ok" || direct[i].Output == nil || got.output() != *direct[i].Output {
					t.Errorf("%s: service %s %q, markdown-it %q", which, got.Outcome, got.output(), text(direct[i].Output))
				}
				if want := evenQuotes(e.HTML); evenQuotes(got.output()) != want {
					t.Errorf("%s: output %q, the specification has %q", which, got.output(), want)
					continue
				}
				asSpecified++
			}
			if asSpecified != 652 {
				t.Errorf("%d examples as specified, want 652", asSpecified)
			}
		})
	}
}

// evenQuotes is HTML without the line end in empty block quotes.
func evenQuotes(html string) string {
	return strings.ReplaceAll(html, "<blockquote>\n</blockquote>", "<blockquote></blockquote>")
}

// commonMark reads the examples of the package commonmark-spec, in which an
// arrow stands for a tab.
func commonMark(t *testing.T) []specExample {
	t.Helper()
	image := boxtest.Image(t, "node")
	cmd := exec.CommandContext(t.Context(), filepath.Join(image.RootFS(), image.Command[0]), "-p", `JSON.stringify(require("commonmark-spec").tests)`)
	cmd.Dir = boxtest.Engines(t)
	var examples []specExample
	askProgram(t, cmd, nil, &examples)
	for i := range examples {
		e := &examples[i]
		e.Markdown, e.HTML = strings.ReplaceAll(e.Markdown, "→", "\t"), strings.ReplaceAll(e.HTML, "→", "\t")
	}
	return examples
}
