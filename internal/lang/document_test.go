package lang_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/lang"
)

var update = flag.Bool("update", false, "write docs/LANGUAGES.md")

// docs/LANGUAGES.md is the table in words: a row that changes changes the page.
func TestDocumentAgrees(t *testing.T) {
	t.Parallel()
	const path = "../../docs/LANGUAGES.md"
	want := document()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s (-table +page; 'go test ./internal/lang -update' writes it):\n%s", path, diff)
	}
}

// Each language has an example to show.
func TestEveryLanguageHasAnExample(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Table {
		if l.Example() == "" {
			t.Errorf("%s has no example", l.ID)
		}
	}
}

func document() string {
	var b strings.Builder
	b.WriteString(`# Languages

Written from the language table (internal/lang) by 'go test ./internal/lang -update'. 'GET /v1/languages' tells the same of a
running daemon, with the versions of the engines. Options are left out of a request when the default will do.

| Language | Also called | File names | Becomes | Engine | Box |
|---|---|---|---|---|---|
`)
	for _, l := range lang.Table {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %s |\n",
			l.Title, anchor(l.Title), codes(l.Aliases), codes(l.Extensions), becomes[l.Class], l.Engine, l.Box)
	}
	b.WriteString("\n## Steps that may follow\n\n")
	b.WriteString("Options of plain CSS can be given with every other language that becomes a style sheet, and options of plain JavaScript with\n" +
		"every other one that becomes a script: what comes out is then compiled once more, in a cell of its own. A source map that the\n" +
		"first step made is carried on.\n")
	for _, l := range lang.Table {
		describe(&b, l)
	}
	return b.String()
}

var becomes = map[lang.Class]string{lang.Markup: "HTML", lang.Style: "CSS", lang.Script: "JavaScript"}

func describe(b *strings.Builder, l *lang.Language) {
	fmt.Fprintf(b, "\n## %s\n\n", l.Title)
	fmt.Fprintf(b, "`%s`", l.ID)
	if len(l.Aliases) > 0 {
		fmt.Fprintf(b, ", also %s", codes(l.Aliases))
	}
	fmt.Fprintf(b, ". Takes %s.", takes(l))
	if step := l.Step(); step != nil {
		fmt.Fprintf(b, " Options of [%s](#%s) may follow.", step.Title, anchor(step.Title))
	}
	fmt.Fprintf(b, "\n\n```\n%s```\n", l.Example())
	for _, alias := range l.Aliases {
		if implied := l.Implied[alias]; len(implied) > 0 {
			fmt.Fprintf(b, "\nAsked for as `%s` it has the options `%s`.\n", alias, encoded(implied))
		}
	}
	if len(l.Options) > 0 {
		b.WriteString("\n| Option | Type | Default | |\n|---|---|---|---|\n")
		for _, o := range l.Options {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", o.Name, typeText(o), cell(code(encoded(o.Default))), cell(o.Help))
		}
	}
	if len(l.Notes) > 0 {
		b.WriteString("\n")
		for _, note := range l.Notes {
			fmt.Fprintf(b, "- %s\n", note)
		}
	}
}

func takes(l *lang.Language) string {
	var all []string
	if l.Locals != lang.NoLocals {
		all = append(all, "locals")
	}
	if l.Files {
		all = append(all, "files")
	}
	if len(all) == 0 {
		return "neither locals nor files"
	}
	return strings.Join(all, " and ")
}

// anchor is what a heading is linked by.
func anchor(title string) string {
	return strings.ReplaceAll(strings.ToLower(title), " ", "-")
}

func codes(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = code(name)
	}
	return strings.Join(quoted, ", ")
}

// code quotes text, which may have back quotes of its own.
func code(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

// cell is text for a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

func encoded(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// What the table holds can be encoded.
	_ = encoder.Encode(v)
	return strings.TrimSpace(b.String())
}

func typeText(o lang.Option) string {
	switch o.Type {
	case lang.Enum:
		values := make([]string, len(o.Values))
		for i, value := range o.Values {
			values[i] = code(encoded(value))
		}
		return cell(strings.Join(values, " "))
	case lang.Int:
		return fmt.Sprintf("int, %d to %d", o.Min, o.Max)
	case lang.Text, lang.Strings, lang.Vars:
		if o.Pattern != "" && len(o.Pattern) < 80 {
			return fmt.Sprintf("%s, each %s", o.Type, cell(code(o.Pattern)))
		}
	}
	return string(o.Type)
}
