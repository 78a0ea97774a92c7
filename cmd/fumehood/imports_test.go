package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/lang"
)

// importing is how a language names a file of the request. Each of statements
// is a source with the file's name in place of %s.
type importing struct {
	statements []string
	// found is a source that imports, files what it imports, want a part of
	// what comes out.
	found string
	files map[string]string
	want  string
}

var imports = map[string]importing{
	"pug": {
		[]string{"include %s\n", "extends %s\n", "p\n  include:plain %s\n"},
		"include a/b\n", map[string]string{"a/b.pug": "p found\n"}, "<p>found</p>",
	},
	"nunjucks": {
		[]string{`{%% include "%s" %%}`, `{%% extends "%s" %%}`, `{%% import "%s" as x %%}{{ x }}`, `{%% from "%s" import x %%}{{ x }}`},
		`{% include "a/b.njk" %}`, map[string]string{"a/b.njk": "found"}, "found",
	},
	"ejs": {
		[]string{`<%%- include("%s") %%>`},
		`<%- include("a/b") %>`, map[string]string{"a/b.ejs": "found"}, "found",
	},
	"handlebars": {
		[]string{`{{> "%s"}}`, `{{> (lookup . "x") "%s"}}`, `{{#> "%s"}}{{/"%[1]s"}}`},
		`{{> a/b}}`, map[string]string{"a/b.hbs": "found"}, "found",
	},
	"mustache": {
		[]string{`{{> %s}}`},
		`{{> a/b}}`, map[string]string{"a/b.mustache": "found"}, "found",
	},
	"liquid": {
		[]string{`{%% include "%s" %%}`, `{%% render "%s" %%}`, `{%% layout "%s" %%}`},
		`{% render "a/b" %}`, map[string]string{"a/b.liquid": "found"}, "found",
	},
	"twig": {
		[]string{
			`{%% include "%s" %%}`, `{%% extends "%s" %%}`, `{%% import "%s" as x %%}{{ x }}`, `{%% embed "%s" %%}{%% endembed %%}`,
			`{{ source("%s") }}`, `{{ include("%s") }}`,
		},
		`{% include "a/b.twig" %}`, map[string]string{"a/b.twig": "found"}, "found",
	},
	"eta": {
		[]string{`<%%~ include("%s") %%>`, `<%% layout("%s") %%>`},
		`<%~ include("a/b") %>`, map[string]string{"a/b.eta": "found"}, "found",
	},
	"asciidoc": {
		[]string{
			"include::%s[]\n", "----\ninclude::%s[]\n----\n", ",===\ninclude::%s[]\n,===\n", "include::{x}%s[]\n",
			":data-uri:\n:allow-uri-read:\n\nimage::%s[opts=inline,format=svg]\n", ":docinfo: shared\n:docinfodir: %s\n\nx\n",
			":stylesheet: %s\n:linkcss!:\n\nx\n",
		},
		"include::a/b.adoc[]\n", map[string]string{"a/b.adoc": "found\n"}, "<p>found</p>",
	},
	"scss": {
		[]string{`@use "%s" as a;`, `@import "%s";`, `@forward "%s";`, "@use \"sass:meta\";\n@include meta.load-css(\"%s\");"},
		`@use "a/b";`, map[string]string{"a/_b.scss": ".found { a: b }"}, ".found",
	},
	"sass": {
		[]string{"@use \"%s\" as a\n", "@import \"%s\"\n", "@forward \"%s\"\n", "@use \"sass:meta\"\n@include meta.load-css(\"%s\")\n"},
		"@use \"a/b\"\n", map[string]string{"a/_b.sass": ".found\n  a: b\n"}, ".found",
	},
	"less": {
		[]string{
			`@import "%s";`, `@import (inline) "%s";`, `@import (less) "%s";`, `@import (optional, inline) "%s";`, `@plugin "%s";`,
			`a { b: data-uri("%s"); }`, `a { b: image-size("%s"); }`,
		},
		`@import "a/b";`, map[string]string{"a/b.less": ".found { a: b }"}, ".found",
	},
	"stylus": {
		[]string{
			"@import '%s'\n", "@require '%s'\n", "json('%s')\n", "a\n  b embedurl('%s')\n", "use('%s')\n", "a\n  b image-size('%s')\n",
			"@import '%s/*'\n",
		},
		"@import 'a/b'\n", map[string]string{"a/b.styl": ".found\n  a b\n"}, ".found",
	},
	"postcss": {
		[]string{`@import "%s";`, `@import url(%s);`, `@import "%s" layer(a) print;`},
		`@import "a/b";`, map[string]string{"a/b.css": ".found { a: b }"}, ".found",
	},
	"sugarss": {
		[]string{"@import \"%s\"\n", "@import url(%s)\n"},
		"@import \"a/b\"\n", map[string]string{"a/b.sss": ".found\n  a: b\n"}, ".found",
	},
	"tailwind": {
		[]string{
			`@import "%s";`, `@import "%s" layer(a);`, `@reference "%s";`, `@plugin "%s";`, `@config "%s";`,
			`@import "tailwindcss/utilities" source("%s");`, "@import \"tailwindcss/utilities\";\n@source \"%s\";",
		},
		`@import "./a/b.css";`, map[string]string{"a/b.css": ".found { a: b }"}, ".found",
	},
	"unocss": {
		[]string{`<link rel="stylesheet" href="%s">`, `@import "%s";`},
		"", map[string]string{"a/b.html": `<p class="p-4">`}, ".p-4",
	},
	"css": {
		[]string{`@import "%s";`, `a { b: url(%s) }`, "a { b: c }\n/*# sourceMappingURL=%s */\n"},
		"a { b: c }", map[string]string{"input.map": `{"version":3,"sources":["found.scss"],"names":[],"mappings":"AAAA"}`}, "found.scss",
	},
	"javascript": {
		[]string{`import "%s";`, `import("%s");`, `require("%s");`, "f();\n//# sourceMappingURL=%s\n"},
		"f();\n", map[string]string{"input.map": `{"version":3,"sources":["found.ts"],"names":[],"mappings":"AAAA"}`}, "found.ts",
	},
}

// Words that are in the files of the machine and in what it serves, and paths
// of a box. None of them is in the sources.
var (
	leaks    = []string{"root:", "nobody:", "jitless", "LD_PRELOAD", `"ok":true`, "Uid:"}
	boxPaths = []string{"/fumehood", "/npm", "/usr", "/lib/", "node_modules", "/var/"}
)

// A source imports nothing but the files of its own request: not by an absolute
// path, not by climbing out, not by a URL. What it is told of the attempt shows
// no path of the box.
func TestImportsStayInTheRequest(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	targets := []string{
		"/etc/passwd", "../../../../etc/passwd", "..%2f..%2f..%2fetc/passwd", "file:///etc/passwd", "file:/etc/passwd",
		"/proc/self/status", "/proc/self/cmdline", "../../proc/self/environ", s.url + "/healthz", strings.TrimPrefix(s.url, "http:") + "/healthz",
		"http://127.0.0.1/x", "missing", "./missing", "missing.css", "/dev/stdin", "fs", "node:fs", "data:text/css,a{b:c}",
	}
	for _, l := range lang.Table {
		if !l.Files {
			continue
		}
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			for _, statement := range imports[l.ID].statements {
				for _, target := range targets {
					checkImport(t, s, l, statement, target)
				}
			}
		})
	}
}

func checkImport(t *testing.T, s *serving, l *lang.Language, statement, target string) {
	t.Helper()
	source := fmt.Sprintf(statement, target)
	fields := map[string]any{}
	if slices.ContainsFunc(l.Options, func(o lang.Option) bool { return o.Name == lang.SourceMap }) {
		fields["options"] = map[string]any{lang.SourceMap: true}
	}
	got := s.compile(t, l.ID, source, fields)
	if got.Outcome != "ok" && got.Outcome != "source_error" {
		t.Errorf("%q: %s %q", source, got.Outcome, got.message())
	}
	said := []string{text(got.Output), text(got.SourceMap)}
	for _, d := range got.Diagnostics {
		said = append(said, d.Message, text(d.File), text(d.Code))
		for _, path := range append([]string{boxtest.Root(t)}, boxPaths...) {
			if strings.Contains(d.Message, path) {
				t.Errorf("%q: message %q has the path %s", source, d.Message, path)
			}
		}
	}
	for _, word := range leaks {
		if strings.Contains(strings.Join(said, "\n"), word) {
			t.Errorf("%q: %s brings %q in %.200q", source, got.Outcome, word, said)
		}
	}
}

// Every language with files finds one that is there, in a folder.
func TestImportsFindTheFilesOfTheRequest(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for _, l := range lang.Table {
		how, ok := imports[l.ID]
		if ok != l.Files {
			t.Errorf("%s: files %v, and here %v", l.ID, l.Files, ok)
		}
		if !ok {
			continue
		}
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			fields := map[string]any{"files": how.files}
			if how.files["input.map"] != "" {
				fields["options"] = map[string]any{lang.SourceMap: true}
			}
			got := s.compile(t, l.ID, how.found, fields)
			if got.Outcome != "ok" || !strings.Contains(got.output()+text(got.SourceMap), how.want) {
				t.Errorf("answer = %s %q %q, want %q in it", got.Outcome, got.message(), got.output(), how.want)
			}
		})
	}
}
