package attack

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/tools/txtar"

	"github.com/fumehood/fumehood/internal/lang"
)

// Walls are the names that a case may give for what should stop it.
var Walls = []string{
	"seccomp", "landlock", "pid namespace", "uid", "capabilities", "no_new_privs", "dumpable",
	"cpu limit", "data limit", "address space limit", "thread limit", "open files limit", "stack limit", "file size limit", "core limit",
	"closed descriptors", "no /proc", "output cap", "wall timer", "read-only rootfs", "network namespace", "box memory limit",
	"single use", "protocol", "engine configuration", "request validation",
}

// A Case is one attack in one language, or one raw HTTP request.
type Case struct {
	// ID is the file's name and the language: "C-01/erb".
	ID string
	// Class is the directory's name: "c-processes".
	Class string
	Title string
	// Walls are what should stop it, any of them alone.
	Walls []string

	// Language is empty for a raw request.
	Language         string
	Source           string
	Files            map[string]string
	Options, Locals  jsontext.Value
	WallMilliseconds int
	// Then is compiled after Source, and judged in its place.
	Then string
	// Repeat is how often it is done, Parallel how many at once.
	Repeat, Parallel int
	// Differ says that no two of the outputs may be the same.
	Differ bool
	// Arch is the architecture that its system calls' numbers are of, as Go
	// names it; empty for any.
	Arch string

	// Request is what is sent as it is.
	Request string

	// Outcomes are those that the walls leave.
	Outcomes []string
	// Status is that of the HTTP answer: "400", or "4xx"; empty for "200".
	Status string
	// Output is what the output must look like if the outcome is ok, Message the
	// first diagnostic if it is not, or the body of a refusal, Never what nothing
	// of the answer may.
	Output, Message, Never *regexp.Regexp
	// Headers are what lines of the answer's header must look like, by name.
	Headers map[string]*regexp.Regexp
}

// Load reads all cases of a corpus, in the order of their names.
func Load(corpus fs.FS) ([]*Case, error) {
	names, err := fs.Glob(corpus, "*/*.txtar")
	if err != nil {
		return nil, err
	}
	var all []*Case
	for _, name := range names {
		text, err := fs.ReadFile(corpus, name)
		if err != nil {
			return nil, err
		}
		cases, err := parse(path.Dir(name), strings.TrimSuffix(path.Base(name), ".txtar"), text)
		if err != nil {
			return nil, fmt.Errorf("attack %s: %w", name, err)
		}
		all = append(all, cases...)
	}
	return all, nil
}

// parse reads one file: a title, "key: value" lines, and sections. There is a
// case for each section input.EXT, and one for request.http.
func parse(class, id string, text []byte) ([]*Case, error) {
	archive := txtar.Parse(text)
	shared := Case{ID: id, Class: class, Repeat: 1, Parallel: 1, Files: make(map[string]string)}
	if err := shared.parseHead(archive.Comment); err != nil {
		return nil, err
	}
	if shared.Differ && shared.Repeat < 2 {
		return nil, errors.New("outputs can differ if there is more than one: repeat says how many")
	}
	inputs, thens := make(map[string]string), make(map[string]string)
	for _, section := range archive.Files {
		body := string(section.Data)
		switch {
		case strings.HasPrefix(section.Name, "input."):
			inputs[path.Ext(section.Name)] = body
		case strings.HasPrefix(section.Name, "then."):
			thens[path.Ext(section.Name)] = body
		case strings.HasPrefix(section.Name, "files/"):
			shared.Files[strings.TrimPrefix(section.Name, "files/")] = body
		case section.Name == "options.json":
			shared.Options = jsontext.Value(bytes.TrimSpace(section.Data))
		case section.Name == "locals.json":
			shared.Locals = jsontext.Value(bytes.TrimSpace(section.Data))
		case section.Name == "request.http":
			shared.Request = body
		default:
			return nil, fmt.Errorf("section %q is of no use", section.Name)
		}
	}
	if shared.Request != "" {
		if shared.Status == "" || len(inputs) > 0 {
			return nil, errors.New("a raw request needs a status, and no input")
		}
		return []*Case{&shared}, nil
	}
	if len(inputs) == 0 || len(shared.Outcomes) == 0 && shared.Status == "" {
		return nil, errors.New("there is no input, or no outcome")
	}
	return shared.inEach(inputs, thens)
}

// inEach gives a case for each language that there is an input for.
func (c Case) inEach(inputs, thens map[string]string) ([]*Case, error) {
	var cases []*Case
	for _, l := range lang.Table {
		for _, extension := range l.Extensions {
			source, ok := inputs[extension]
			if !ok {
				continue
			}
			one := c
			one.ID, one.Language, one.Source, one.Then = c.ID+"/"+l.ID, l.ID, source, thens[extension]
			cases = append(cases, &one)
			delete(inputs, extension)
			delete(thens, extension)
		}
	}
	if len(inputs)+len(thens) > 0 {
		return nil, fmt.Errorf("no language has the extension of %v %v", inputs, thens)
	}
	return cases, nil
}

func (c *Case) parseHead(comment []byte) error {
	title, rest, _ := strings.Cut(string(comment), "\n")
	if c.Title = strings.TrimSpace(title); c.Title == "" {
		return errors.New("the first line is the title")
	}
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("%q is no 'key: value'", line)
		}
		if err := c.set(key, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	if len(c.Walls) == 0 {
		return errors.New("walls says what should stop it")
	}
	return nil
}

func (c *Case) set(key, value string) (err error) {
	switch key {
	case "walls":
		c.Walls = list(value)
		for _, wall := range c.Walls {
			if !slices.Contains(Walls, wall) {
				return fmt.Errorf("no wall is called %q", wall)
			}
		}
	case "outcome":
		c.Outcomes = list(value)
	case "status":
		c.Status = value
	case "output":
		c.Output, err = regexp.Compile(`^(?s:` + value + `)$`)
	case "message":
		c.Message, err = regexp.Compile(`(?s)` + value)
	case "never":
		c.Never, err = regexp.Compile(`(?s)` + value)
	case "wall_ms":
		c.WallMilliseconds, err = strconv.Atoi(value)
	case "repeat":
		c.Repeat, err = strconv.Atoi(value)
	case "parallel":
		c.Parallel, err = strconv.Atoi(value)
	case "differ":
		if value != "yes" {
			return fmt.Errorf("%q is not yes", value)
		}
		c.Differ = true
	case "arch":
		c.Arch = value
	case "header":
		name, pattern, ok := strings.Cut(value, ":")
		if !ok {
			return fmt.Errorf("%q is no 'Name: pattern'", value)
		}
		if c.Headers == nil {
			c.Headers = make(map[string]*regexp.Regexp)
		}
		c.Headers[name], err = regexp.Compile(`^(?s:` + strings.TrimSpace(pattern) + `)$`)
	default:
		return errors.New("no such key")
	}
	return err
}

func list(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		items = append(items, strings.TrimSpace(item))
	}
	return items
}
