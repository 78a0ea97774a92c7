package lang_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/lang"
)

var (
	idForm        = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	extensionForm = regexp.MustCompile(`^\.[a-z0-9]+$`)
	optionForm    = regexp.MustCompile(`^[a-z][a-z_]*$`)
)

// Whatever a caller may write finds one language.
func TestTableIsUnambiguous(t *testing.T) {
	t.Parallel()
	owners := make(map[string]string)
	claim := func(l *lang.Language, name string, form *regexp.Regexp) {
		if !form.MatchString(name) {
			t.Errorf("%s: %q is not of the form %s", l.ID, name, form)
		}
		if owner, ok := owners[name]; ok {
			t.Errorf("%q is claimed by %s and by %s", name, owner, l.ID)
		}
		owners[name] = l.ID
	}
	for _, l := range lang.Table {
		claim(l, l.ID, idForm)
		for _, alias := range l.Aliases {
			claim(l, alias, idForm)
		}
		for _, extension := range l.Extensions {
			claim(l, extension, extensionForm)
		}
		if l.Title == "" || l.Box == "" || l.Engine == "" || l.Class == "" {
			t.Errorf("%s: title, box, engine or class is missing in %+v", l.ID, l)
		}
	}
}

func TestOptionsAreSound(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Table {
		for _, note := range l.Notes {
			if !strings.HasSuffix(note, ".") {
				t.Errorf("%s: note %q is no sentence", l.ID, note)
			}
		}
		for alias, options := range l.Implied {
			given, err := json.Marshal(options)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.CanonicalOptions(given, ""); err != nil || !slices.Contains(l.Aliases, alias) {
				t.Errorf("%s: alias %s stands for %s: %v", l.ID, alias, given, err)
			}
		}
		seen := make(map[string]bool)
		for _, o := range l.Options {
			if seen[o.Name] || !optionForm.MatchString(o.Name) {
				t.Errorf("%s: option %q is there twice or not of the form %s", l.ID, o.Name, optionForm)
			}
			seen[o.Name] = true
			if o.Help == "" {
				t.Errorf("%s.%s: help is missing", l.ID, o.Name)
			}
			if got, want := fmt.Sprintf("%T", o.Default), goTypes[o.Type]; got != want {
				t.Errorf("%s.%s: the default is of type %s, want %s", l.ID, o.Name, got, want)
			}
			if got, want := o.Values != nil, o.Type == lang.Enum; got != want {
				t.Errorf("%s.%s: it has values: got %v, want %v", l.ID, o.Name, got, want)
			}
			if got, want := o.Min < o.Max, o.Type == lang.Int; got != want || (!want && (o.Min != 0 || o.Max != 0)) {
				t.Errorf("%s.%s: it has bounds: got %d to %d, want %v", l.ID, o.Name, o.Min, o.Max, want)
			}
		}
	}
}

// goTypes are the types that a checked value has.
var goTypes = map[lang.Type]string{
	lang.Bool: "bool", lang.Int: "int", lang.Enum: "string", lang.Strings: "[]string", lang.Text: "string", lang.Vars: "map[string]string",
}

// The schema says of each option what it takes: its default, which changes
// nothing, each of its values, and its bounds.
func TestOptionsTakeWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Table {
		for _, o := range l.Options {
			t.Run(l.ID+"."+o.Name, func(t *testing.T) {
				t.Parallel()
				for _, value := range append(others(o), o.Default) {
					given := object(t, o.Name, value)
					want := given
					if cmp.Equal(value, o.Default) {
						want = "{}"
					}
					got, _, err := l.CanonicalOptions([]byte(given), "")
					if err != nil {
						t.Errorf("%s: %v", given, err)
						continue
					}
					if diff := cmp.Diff(want, string(got)); diff != "" {
						t.Errorf("%s (-want +got):\n%s", given, diff)
					}
				}
			})
		}
	}
}

func others(o lang.Option) []any {
	var values []any
	switch o.Type {
	case lang.Bool:
		return []any{true, false}
	case lang.Int:
		return []any{o.Min, o.Max}
	case lang.Enum:
		for _, value := range o.Values {
			values = append(values, value)
		}
	case lang.Strings:
		return []any{[]string{}, []string{matching(o)}}
	case lang.Text:
		return []any{matching(o)}
	case lang.Vars:
		return []any{map[string]string{}, map[string]string{"a-b": matching(o)}}
	}
	return values
}

// matching is a text that the option takes.
func matching(o lang.Option) string {
	for _, text := range []string{"p", "env", "nested", "transform-classes", "1", "2px", "<", "text/x", "%"} {
		if o.Pattern == "" || regexp.MustCompile("^(?:"+o.Pattern+")$").MatchString(text) {
			return text
		}
	}
	return o.Name
}

func object(t *testing.T, name string, value any) string {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{name: value}); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text.String())
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, want string }{
		{"haml", "haml"},
		{"slim", "slim"},
		{"erb", "erb"},
		{"rhtml", "erb"},
		{"", ""},
		{"HAML", ""},
		{".haml", ""},
		{"haml ", ""},
		{"ham", ""},
	} {
		t.Run(fmt.Sprintf("%q", test.name), func(t *testing.T) {
			t.Parallel()
			l, ok := lang.Find(test.name)
			if got := id(l); got != test.want || ok != (test.want != "") {
				t.Errorf("got %q and %v, want %q", got, ok, test.want)
			}
		})
	}
}

func TestByExtension(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ extension, want string }{
		{".haml", "haml"},
		{".slim", "slim"},
		{".erb", "erb"},
		{".rhtml", "rhtml"},
		{".ts", "ts"},
		{".tsx", "tsx"},
		{"", ""},
		{"haml", ""},
		{".", ""},
		{".HAML", ""},
		{".html", ""},
		{"page.haml", ""},
	} {
		t.Run(fmt.Sprintf("%q", test.extension), func(t *testing.T) {
			t.Parallel()
			got, ok := lang.ByExtension(test.extension)
			if got != test.want || ok != (test.want != "") {
				t.Errorf("got %q and %v, want %q", got, ok, test.want)
			}
		})
	}
}

// Every row is found by each of its own names.
func TestFindEveryRow(t *testing.T) {
	t.Parallel()
	for i, l := range lang.Table {
		for _, name := range append([]string{l.ID}, l.Aliases...) {
			if got, ok := lang.Find(name); got != l || !ok {
				t.Errorf("Find(%q): got %q, want %q", name, id(got), l.ID)
			}
		}
		for _, extension := range l.Extensions {
			name, ok := lang.ByExtension(extension)
			if got, _ := lang.Find(name); got != l || !ok {
				t.Errorf("ByExtension(%q): got %q, want %q", extension, name, l.ID)
			}
		}
		if got := lang.IDs()[i]; got != l.ID {
			t.Errorf("IDs()[%d]: got %q, want %q", i, got, l.ID)
		}
	}
	if got, want := len(lang.IDs()), len(lang.Table); got != want {
		t.Errorf("IDs(): got %d, want %d", got, want)
	}
}

func id(l *lang.Language) string {
	if l == nil {
		return ""
	}
	return l.ID
}
