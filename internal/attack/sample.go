package attack

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/tools/txtar"

	"github.com/fumehood/fumehood/internal/lang"
)

// A Sample is a legitimate compile.
type Sample struct {
	// ID is the language and the file's name: "haml/attributes".
	ID string

	request request
	// compiles says that there is to be an output, which is it.
	compiles bool
	output   string
	// golden is the answer, without what differs from one time to the next, and
	// alone the time that it took.
	golden string
	alone  time.Duration
}

// LoadSamples reads the compile corpus.
func LoadSamples(corpus fs.FS) ([]*Sample, error) {
	names, err := fs.Glob(corpus, "*/*.txtar")
	if err != nil {
		return nil, err
	}
	var all []*Sample
	for _, name := range names {
		text, err := fs.ReadFile(corpus, name)
		if err != nil {
			return nil, err
		}
		if _, ok := lang.Find(path.Dir(name)); !ok {
			return nil, fmt.Errorf("sample %s: there is no such language", name)
		}
		s := &Sample{ID: strings.TrimSuffix(name, ".txtar")}
		s.request.Language = path.Dir(name)
		s.parse(text)
		all = append(all, s)
	}
	return all, nil
}

// parse reads one file; docs/ADAPTERS.md has its sections.
func (s *Sample) parse(text []byte) {
	s.request.Files = make(map[string]string)
	for _, section := range txtar.Parse(text).Files {
		body := string(section.Data)
		switch {
		case strings.HasPrefix(section.Name, "input"):
			s.request.Source = body
		case section.Name == "engine":
			s.request.Engine = strings.TrimSpace(body)
		case section.Name == "options.json":
			s.request.Options = jsontext.Value(body)
		case section.Name == "locals.json":
			s.request.Locals = jsontext.Value(body)
		case strings.HasPrefix(section.Name, "files/"):
			s.request.Files[strings.TrimPrefix(section.Name, "files/")] = body
		case section.Name == "output":
			s.compiles, s.output = true, body
		}
	}
}

// learn compiles the sample once, alone, and keeps the answer.
func (s *Sample) learn(ctx context.Context, a *api) error {
	got, err := a.compile(ctx, s.request)
	if err != nil {
		return err
	}
	// A section of txtar ends with a line end; an output need not.
	if compiles := got.Outcome == "ok"; compiles != s.compiles || strings.TrimSuffix(got.output(), "\n") != strings.TrimSuffix(s.output, "\n") {
		return fmt.Errorf("sample %s is not what the corpus has: %.300s", s.ID, got.raw)
	}
	s.alone = got.took
	s.golden, err = got.lasting()
	return err
}

// judge tells what is wrong with an answer.
func (s *Sample) judge(got *answer) []string {
	if got.status != http.StatusOK {
		return []string{fmt.Sprintf("status %d: %.200s", got.status, got.raw)}
	}
	if lasting, err := got.lasting(); err != nil || lasting != s.golden {
		return []string{fmt.Sprintf("another answer than when it was alone: %.300s", got.raw)}
	}
	return nil
}

// lasting is what an answer says of the source, and of nothing else.
func (a *answer) lasting() (string, error) {
	var parts struct {
		Outcome     string         `json:"outcome"`
		Output      jsontext.Value `json:"output"`
		Diagnostics jsontext.Value `json:"diagnostics"`
		SourceMap   jsontext.Value `json:"source_map"`
	}
	if err := json.Unmarshal(a.raw, &parts); err != nil {
		return "", err
	}
	text, err := json.Marshal(parts)
	return string(text), err
}
