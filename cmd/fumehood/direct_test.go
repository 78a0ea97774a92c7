package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/lang"
)

// directCase is what an engine called directly is given.
type directCase struct {
	Source  string          `json:"source"`
	Options json.RawMessage `json:"options"`
	Locals  json.RawMessage `json:"locals"`
	Files   [][2]string     `json:"files"`
	Version string          `json:"version"`
}

// directAnswer is what it makes of it. An error has the position that the
// engine said, counted from 1, 0 for none.
type directAnswer struct {
	Output *string
	Error  *struct{ Line, Column int }
}

// Each case of the corpus is what the engine gives by itself, called as its
// documentation says, outside of any box: the same bytes, and the same position
// of the first error. TestCorpus shows that the service answers as the corpus.
func TestCorpusIsWhatTheEnginesGive(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Table {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			cases := corpusOf(t, l.ID)
			given := make([]directCase, len(cases))
			for i, c := range cases {
				given[i] = c.direct()
			}
			answers := askDirectly(t, l, given)
			if len(answers) != len(cases) {
				t.Fatalf("%d answers to %d cases", len(answers), len(cases))
			}
			for i, c := range cases {
				c.compare(t, answers[i])
			}
		})
	}
}

func (c *corpusCase) direct() directCase {
	d := directCase{Options: json.RawMessage("{}"), Locals: json.RawMessage("{}"), Files: [][2]string{}}
	for _, f := range c.archive.Files {
		text := string(f.Data)
		switch {
		case strings.HasPrefix(f.Name, "input"):
			d.Source = strings.TrimPrefix(text, "\uFEFF")
		case f.Name == "options.json":
			d.Options = f.Data
		case f.Name == "locals.json":
			d.Locals = f.Data
		case f.Name == "engine":
			_, d.Version, _ = strings.Cut(strings.TrimSpace(text), "@")
		case strings.HasPrefix(f.Name, "files/"):
			d.Files = append(d.Files, [2]string{strings.TrimPrefix(f.Name, "files/"), text})
		}
	}
	return d
}

func (c *corpusCase) compare(t *testing.T, direct directAnswer) {
	t.Helper()
	name := filepath.Base(c.path)
	want, ok := c.section("output")
	if direct.Output != nil {
		got := *direct.Output
		if got != "" && !strings.HasSuffix(got, "\n") {
			got += "\n"
		}
		if !ok || got != want {
			t.Errorf("%s: the engine gives %q, the corpus has %q", name, got, want)
		}
		return
	}
	var diagnostics []diagnosticOf
	text, _ := c.section("diagnostics.json")
	if err := json.Unmarshal([]byte(text), &diagnostics); ok || err != nil || direct.Error == nil {
		t.Errorf("%s: the engine gives %+v, the corpus has %q and %q", name, direct, want, text)
		return
	}
	if first := diagnostics[0]; first.Line != direct.Error.Line || first.Column != direct.Error.Column {
		t.Errorf("%s: the engine finds an error at %+v, the corpus has %+v", name, *direct.Error, first)
	}
}

func askDirectly(t *testing.T, l *lang.Language, cases []directCase) []directAnswer {
	t.Helper()
	var answers []directAnswer
	if strings.HasPrefix(l.Box, "node-") {
		askNode(t, l.ID, cases, &answers)
		return answers
	}
	askRuby(t, l.ID, cases, &answers)
	return answers
}

// askNode runs the image's Node as anybody would: outside of any box, with its
// just-in-time compiler, on the packages as npm lays them out.
func askNode(t *testing.T, language string, cases []directCase, answers *[]directAnswer) {
	t.Helper()
	dir, err := os.MkdirTemp(boxtest.Engines(t), "direct-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	corpus := filepath.Join(boxtest.Root(t), "corpus")
	copyFile(t, filepath.Join(corpus, "direct.mjs"), filepath.Join(dir, "direct.mjs"))
	copyFile(t, filepath.Join(corpus, language, "direct.mjs"), filepath.Join(dir, language+".mjs"))
	image := boxtest.Image(t, "node")
	cmd := exec.CommandContext(t.Context(), filepath.Join(image.RootFS(), image.Command[0]), "--no-warnings", filepath.Join(dir, "direct.mjs"))
	cmd.Dir = dir
	askProgram(t, cmd, map[string]any{"language": language, "cases": cases}, answers)
}

// askRuby runs the image's own Ruby in the image's tree, outside of any box.
func askRuby(t *testing.T, language string, cases []directCase, answers *[]directAnswer) {
	t.Helper()
	corpus := filepath.Join(boxtest.Root(t), "corpus")
	var program []byte
	for _, file := range []string{filepath.Join(language, "direct.rb"), "direct.rb"} {
		text, err := os.ReadFile(filepath.Join(corpus, file))
		if err != nil {
			t.Fatal(err)
		}
		program = append(program, text...)
	}
	askProgram(t, rubyOfImage(t, string(program)), map[string]any{"cases": cases}, answers)
}

// rubyOfImage is the image's command, with a program in place of a zygote's.
func rubyOfImage(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	i := boxtest.Image(t, "ruby")
	args := append([]string{i.RootFS()}, i.Command...)
	cmd := exec.CommandContext(t.Context(), "chroot", append(args, "-e", program)...)
	cmd.Env = []string{"LANG=C.UTF-8"}
	return cmd
}

func askProgram(t *testing.T, cmd *exec.Cmd, question, answer any) {
	t.Helper()
	input, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = bytes.NewReader(input)
	var said bytes.Buffer
	cmd.Stderr = &said
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("compile directly: %v\n%s", err, said.Bytes())
	}
	if err := json.Unmarshal(output, answer); err != nil {
		t.Fatalf("compile directly: %v in %.200s", err, output)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
