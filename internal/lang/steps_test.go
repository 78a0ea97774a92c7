package lang_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

func find(t *testing.T, name string) *lang.Language {
	t.Helper()
	l, ok := lang.Find(name)
	if !ok {
		t.Fatalf("there is no language %q", name)
	}
	return l
}

// Behind a style sheet comes CSS, behind a script JavaScript, behind a page and
// behind these two themselves nothing.
func TestStep(t *testing.T) {
	t.Parallel()
	behind := map[lang.Class]string{lang.Style: "css", lang.Script: "javascript"}
	for _, l := range lang.Table {
		want := behind[l.Class]
		if l.ID == want {
			want = ""
		}
		if got := id(l.Step()); got != want {
			t.Errorf("%s: the step is %q, want %q", l.ID, got, want)
		}
		if step := l.Step(); step != nil && step.Class != l.Class {
			t.Errorf("%s is a %s, and its step makes a %s", l.ID, l.Class, step.Class)
		}
	}
}

// AllOptions has each name once, the language's own first and as the language
// means it.
func TestAllOptions(t *testing.T) {
	t.Parallel()
	names := func(options []lang.Option) []string {
		all := []string{}
		for _, o := range options {
			all = append(all, o.Name)
		}
		return all
	}
	for _, test := range []struct {
		language string
		want     []string
	}{
		{"css", []string{"autoprefixer", "browsers", "minify", "source_map"}},
		{"javascript", []string{"loop_protect", "loop_protect_ms", "minify", "source_map"}},
		{"mustache", names(find(t, "mustache").Options)},
		{"tailwind", []string{"source_map", "autoprefixer", "browsers", "minify"}},
		{"postcss", []string{"plugins", "stage", "browsers", "source_map", "autoprefixer", "minify"}},
	} {
		if diff := cmp.Diff(test.want, names(find(t, test.language).AllOptions())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.language, diff)
		}
	}
	for _, l := range lang.Table {
		if diff := cmp.Diff(l.Options, l.AllOptions()[:len(l.Options)]); diff != "" && len(l.Options) > 0 {
			t.Errorf("%s: its own options (-want +got):\n%s", l.ID, diff)
		}
	}
}

// Options of the step go to the step, with what both have in common; without
// any of the step's own there is none.
func TestOptionsOfAStep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, language, options, own, next string }{
		{"none", "scss", `{}`, `{}`, ``},
		{"own ones", "less", `{"compress":true,"source_map":true}`, `{"compress":true,"source_map":true}`, ``},
		{"the step's", "less", `{"minify":true}`, `{}`, `{"minify":true}`},
		{"the step's default", "less", `{"minify":false,"autoprefixer":false,"browsers":[]}`, `{}`, ``},
		{"both", "less", `{"compress":true,"minify":true}`, `{"compress":true}`, `{"minify":true}`},
		{"a map of both", "less", `{"source_map":true,"autoprefixer":true}`, `{"source_map":true}`, `{"autoprefixer":true,"source_map":true}`},
		{"browsers alone, which are the language's own", "postcss", `{"browsers":["ie 11"]}`, `{"browsers":["ie 11"]}`, ``},
		{"browsers of both", "postcss", `{"browsers":["ie 11"],"minify":true}`, `{"browsers":["ie 11"]}`, `{"browsers":["ie 11"],"minify":true}`},
		{"browsers of the step", "tailwind", `{"browsers":["ie 11"],"autoprefixer":true}`, `{}`, `{"autoprefixer":true,"browsers":["ie 11"]}`},
		{"what is not in common stays", "postcss", `{"plugins":[],"stage":0,"minify":true}`, `{"plugins":[],"stage":0}`, `{"minify":true}`},
		{"a script's", "typescript", `{"source_map":true,"loop_protect_ms":5,"loop_protect":true}`, `{"source_map":true}`, `{"loop_protect":true,"loop_protect_ms":5,"source_map":true}`},
		{"the step asked for by itself", "css", `{"minify":true}`, `{"minify":true}`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			own, next, err := find(t, test.language).CanonicalOptions([]byte(test.options), "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.own, test.next}, []string{string(own), string(next)}); diff != "" {
				t.Errorf("own and next (-want +got):\n%s", diff)
			}
			if (next == nil) != (test.next == "") {
				t.Errorf("next is %q, want nil exactly where there is no step", next)
			}
		})
	}
}

// A page has no step, and its options are not those of a style sheet; a wrong
// value of the step's is told like any other.
func TestOptionsOfAStepRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ language, options, field, reason string }{
		{"without", `{"minify":true}`, "options.minify", "is not an option of without, which has none"},
		{"tailwind", `{"loop_protect":true}`, "options.loop_protect", "is not an option of tailwind (there is: source_map, autoprefixer, browsers, minify)"},
		{"tailwind", `{"minify":1}`, "options.minify", "must be true or false"},
	} {
		l := withoutLocals
		if test.language != l.ID {
			l = find(t, test.language)
		}
		got, _, err := l.CanonicalOptions([]byte(test.options), "")
		refused(t, got, err, job.Invalid{Field: test.field, Reason: test.reason})
	}
}

// An option that a language has in common with its step is handed on as it is:
// the step must take all that the language takes. What a language makes with
// each option of the step is what the step itself takes.
func TestSharedOptionsMeanTheSame(t *testing.T) {
	t.Parallel()
	shared := 0
	for _, l := range lang.Table {
		step := l.Step()
		if step == nil {
			continue
		}
		for _, theirs := range step.Options {
			for _, own := range l.Options {
				if own.Name != theirs.Name {
					continue
				}
				shared++
				own.Help, theirs.Help = "", ""
				if diff := cmp.Diff(theirs, own); diff != "" {
					t.Errorf("%s.%s (-step's +its own):\n%s", l.ID, own.Name, diff)
				}
			}
		}
	}
	if shared == 0 {
		t.Error("no language shares an option with its step")
	}
}

// A name may stand for options; what the caller says himself wins, and so does
// saying what is the default anyway.
func TestImplied(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ called, options, want string }{
		{"markdown", ``, `{}`},
		{"md", ``, `{}`},
		{"gfm", ``, `{"linkify":true,"task_lists":true}`},
		{"gfm", `null`, `{"linkify":true,"task_lists":true}`},
		{"gfm", `{"linkify":false}`, `{"task_lists":true}`},
		{"gfm", `{"task_lists":false,"linkify":false,"html":false}`, `{"html":false}`},
		{"typescript", ``, `{}`},
		{"ts", ``, `{}`},
		{"tsx", ``, `{"tsx":true}`},
		{"tsx", `{"tsx":false}`, `{}`},
		{"flow", ``, `{"presets":["env","react","flow"]}`},
		{"flow", `{"presets":["env","react"]}`, `{}`},
	} {
		got, _, err := find(t, test.called).CanonicalOptions([]byte(test.options), test.called)
		if err != nil {
			t.Errorf("%s %s: %v", test.called, test.options, err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.called, test.options, diff)
		}
	}
}

// To be called by a name that implies options changes nothing of the table.
func TestImpliedStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Table {
		for called, implied := range l.Implied {
			before, err := json.Marshal(implied)
			if err != nil {
				t.Fatal(err)
			}
			for name := range implied {
				if _, _, err := l.CanonicalOptions([]byte(`{"`+name+`":null}`), called); err == nil {
					t.Errorf("%s: null for %s passed", called, name)
				}
			}
			after, err := json.Marshal(implied)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(before), string(after)); diff != "" {
				t.Errorf("%s (-before +after):\n%s", called, diff)
			}
		}
	}
}
