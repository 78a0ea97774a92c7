package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

const renderHelp = `Usage: fumehood render [FLAGS] [FILE|-]

Compile FILE, or standard input, and print the output. The language is guessed
from the file's extension unless -l names it. Diagnostics go to standard error
as file:line:column: message, with the line under it.

With --server, or FUMEHOOD_SERVER in the environment, the daemon there does the
work; without, one is started for this call, which needs root. Where a token is
needed, FUMEHOOD_TOKEN has it.

  fumehood render page.haml
  fumehood render -l haml -o escape_html=false --locals page.json - < page.haml
  fumehood render -o minify=true --file _colors.scss style.scss
`

type renderFlags struct {
	language, engine, locals, server, token string
	asJSON                                  bool
	options                                 optionFlags
	files                                   fileFlags
}

// fileFlags collects --file NAME=PATH, or PATH, which is named by its place
// beside the source.
type fileFlags []namedFile

type namedFile struct{ name, path string }

func (f *fileFlags) String() string { return "" }

func (f *fileFlags) Set(text string) error {
	name, path, named := strings.Cut(text, "=")
	if !named {
		name, path = "", text
	}
	*f = append(*f, namedFile{name, path})
	return nil
}

// read returns the texts of the files by name. source is the path of what is
// compiled.
func (f fileFlags) read(source string, s streams) (map[string]string, error) {
	texts := make(map[string]string)
	for _, file := range f {
		name := file.name
		if name == "" {
			relative, err := filepath.Rel(filepath.Dir(source), file.path)
			if err != nil {
				return nil, fmt.Errorf("%s has no place beside the source: name it with --file NAME=%s", file.path, file.path)
			}
			name = filepath.ToSlash(relative)
		}
		if _, twice := texts[name]; twice {
			return nil, fmt.Errorf("file %s is given twice", name)
		}
		content, err := readInput(file.path, s.in)
		if err != nil {
			return nil, err
		}
		texts[name] = string(content)
	}
	return texts, nil
}

// optionFlags collects -o NAME=VALUE. A value is JSON if it can be read as
// such, else a string.
type optionFlags map[string]jsontext.Value

func (o optionFlags) String() string { return "" }

func (o optionFlags) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("must be NAME=VALUE")
	}
	if _, twice := o[name]; twice {
		return fmt.Errorf("%s is given twice", name)
	}
	if v := jsontext.Value(value); v.IsValid() {
		o[name] = v
		return nil
	}
	quoted, err := jsontext.AppendQuote(nil, value)
	o[name] = quoted
	return err
}

func renderCommand(ctx context.Context, args []string, s streams) error {
	f := renderFlags{options: make(optionFlags)}
	c := config.Default()
	c.LogLevel = "warn"
	flags := flag.NewFlagSet("render", flag.ContinueOnError)
	flags.StringVar(&f.language, "l", "", "language (default: by the file's extension)")
	flags.Var(f.options, "o", "option of the language, as NAME=VALUE, VALUE being JSON or else a string; may be repeated")
	flags.StringVar(&f.engine, "engine", "", "version of the engine to use, such as sass@1.108 (default: the language's)")
	flags.Var(&f.files, "file", "file that the source may import, as NAME=PATH, or PATH below the source's folder; may be repeated")
	flags.StringVar(&f.locals, "locals", "", "JSON file with variables for the template")
	flags.StringVar(&f.server, "server", "", "daemon to use, such as http://127.0.0.1:8080")
	flags.StringVar(&f.token, "token", "", "token for that daemon; better as FUMEHOOD_TOKEN in the environment")
	flags.BoolVar(&f.asJSON, "json", false, "print the whole result as JSON")
	for _, setting := range config.Settings(&c) {
		if setting.Name == "data-dir" || setting.Name == "state-dir" || setting.Name == "runtime" {
			config.RegisterOne(flags, setting)
		}
	}
	err := parseFlags(flags, args, s, renderHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	if flags.NArg() > 1 {
		return usageError("render takes one file", "flags go before the file")
	}
	err = f.run(ctx, c, flags.Arg(0), s)
	if f.asJSON && err != nil && !errors.Is(err, errSourceRefused) {
		writeError(s.out, err)
	}
	return err
}

func (f *renderFlags) run(ctx context.Context, c config.Config, file string, s streams) error {
	in, err := f.request(file, s)
	if err != nil {
		return err
	}
	result, err := f.send(ctx, c, in, s)
	if err != nil {
		return err
	}
	return f.print(file, result, s)
}

// writeError says in JSON why there is no result.
func writeError(w io.Writer, why error) {
	text, err := json.Marshal(map[string]any{"error": map[string]string{"message": why.Error()}}, jsontext.AllowInvalidUTF8(true))
	if err == nil {
		fmt.Fprintf(w, "%s\n", text)
	}
}

// cliRequest is the body of POST /v1/render, as this client sends it.
type cliRequest struct {
	Language string            `json:"language"`
	Engine   string            `json:"engine,omitempty"`
	Source   string            `json:"source"`
	Files    map[string]string `json:"files,omitempty"`
	Options  optionFlags       `json:"options,omitempty"`
	Locals   jsontext.Value    `json:"locals,omitempty"`
}

// A file longer than the server takes is refused there, with its own words.
const maxInput = 64 << 20

func (f *renderFlags) request(file string, s streams) (cliRequest, error) {
	in := cliRequest{Language: f.language, Engine: f.engine, Options: f.options}
	if in.Language == "" {
		name, ok := lang.ByExtension(strings.ToLower(filepath.Ext(file)))
		if !ok {
			return in, usageError(fmt.Sprintf("cannot guess the language of %q", displayName(file)), "name it with -l: "+strings.Join(lang.IDs(), ", "))
		}
		in.Language = name
	}
	source, err := readInput(file, s.in)
	if err != nil {
		return in, usageError(err.Error(), "")
	}
	in.Source = string(source)
	if in.Files, err = f.files.read(file, s); err != nil {
		return in, usageError(err.Error(), "")
	}
	if f.locals == "" {
		return in, nil
	}
	locals, err := readInput(f.locals, s.in)
	if err != nil {
		return in, usageError(err.Error(), "")
	}
	if in.Locals = locals; !in.Locals.IsValid() {
		return in, usageError(f.locals+" is not valid JSON", "")
	}
	return in, nil
}

func readInput(file string, stdin io.Reader) ([]byte, error) {
	r := stdin
	if file != "" && file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		r = opened
	}
	content, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err == nil && len(content) > maxInput {
		err = fmt.Errorf("%s has more than %d bytes", displayName(file), maxInput)
	}
	return content, err
}

// send asks the named daemon, or one that lives for this call.
func (f *renderFlags) send(ctx context.Context, c config.Config, in cliRequest, s streams) (*cliResult, error) {
	if f.server != "" {
		return post(ctx, newClient(f.server, f.token), in)
	}
	// One compile needs one parked cell of each box it goes through.
	c.Parked, c.Boxes, c.CacheSize = 1, boxesFor(in), 0
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if err := d.wait(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	result, err := post(ctx, embeddedClient(d.server.Handler()), in)
	return result, errors.Join(err, d.close())
}

// boxesFor lists the kinds of box that a request needs, as config.Boxes has
// them. A request that the server will refuse needs any one.
func boxesFor(in cliRequest) string {
	l, ok := lang.Find(in.Language)
	if !ok {
		return lang.Table[0].Box
	}
	options, err := json.Marshal(in.Options)
	if err != nil {
		return l.Box
	}
	if _, next, err := l.CanonicalOptions(options, in.Language); err != nil || next == nil || l.Step().Box == l.Box {
		return l.Box
	}
	return l.Box + "," + l.Step().Box
}

func (f *renderFlags) print(file string, r *cliResult, s streams) error {
	if f.asJSON {
		if err := (&r.raw).Indent(jsontext.WithIndent("  ")); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.out, "%s\n", r.raw); err != nil {
			return err
		}
	} else if r.Output != nil {
		if _, err := io.WriteString(s.out, *r.Output); err != nil {
			return err
		}
	}
	if !f.asJSON {
		for _, d := range r.Diagnostics {
			fmt.Fprint(s.err, d.text(displayName(file)))
		}
	}
	if !r.OK {
		return errSourceRefused
	}
	return nil
}

func displayName(file string) string {
	if file == "" || file == "-" {
		return "stdin"
	}
	return file
}

// cliResult is what this client reads of an answer.
type cliResult struct {
	OK          bool            `json:"ok"`
	Outcome     string          `json:"outcome"`
	Output      *string         `json:"output"`
	Diagnostics []cliDiagnostic `json:"diagnostics"`

	raw jsontext.Value
}

type cliDiagnostic struct {
	Severity string  `json:"severity"`
	Message  string  `json:"message"`
	Line     *int    `json:"line"`
	Column   *int    `json:"column"`
	File     *string `json:"file"`
	Frame    *string `json:"frame"`
}

// text is "file:line:column: message" and the source line below it. What is
// not known is left out.
func (d cliDiagnostic) text(file string) string {
	var b strings.Builder
	if d.File != nil {
		file = *d.File
	}
	b.WriteString(file)
	for _, n := range []*int{d.Line, d.Column} {
		if n != nil {
			fmt.Fprintf(&b, ":%d", *n)
		}
	}
	b.WriteString(": ")
	if d.Severity != "error" {
		b.WriteString(d.Severity + ": ")
	}
	b.WriteString(d.Message + "\n")
	if d.Frame != nil {
		for line := range strings.Lines(*d.Frame) {
			b.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	return b.String()
}

func decodeResult(body []byte) (*cliResult, error) {
	r := &cliResult{raw: body}
	err := json.Unmarshal(body, r)
	if err != nil || !slices.Contains(job.Outcomes, job.Outcome(r.Outcome)) || r.OK != (r.Output != nil) {
		return nil, unavailable(errors.New("the daemon's answer is no result"), "is that a Fumehood daemon?")
	}
	return r, nil
}
