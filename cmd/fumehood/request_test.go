package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/lang"
)

// A caller pins an engine by its name, a version or the first parts of one, and
// the answer says which it was.
func TestEnginePins(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	const square = "f = (a) -> a * a\nclass A\n"
	const v1, v2 = "A = (function() {", "A = class A {};"
	tests := []struct{ language, source, engine, used, output string }{
		{"scss", "a{b:c}", "", "sass@1.108.2", "a {\n  b: c;\n}"},
		{"scss", "a{b:c}", "sass", "sass@1.108.2", "a {\n  b: c;\n}"},
		{"scss", "a{b:c}", "sass@1", "sass@1.108.2", "a {\n  b: c;\n}"},
		{"scss", "a{b:c}", "sass@1.108", "sass@1.108.2", "a {\n  b: c;\n}"},
		{"scss", "a{b:c}", "sass@1.108.2", "sass@1.108.2", "a {\n  b: c;\n}"},
		{"coffeescript", square, "", "coffeescript@2.7.0", v2},
		{"coffeescript", square, "coffeescript", "coffeescript@2.7.0", v2},
		{"coffeescript", square, "coffeescript@2", "coffeescript@2.7.0", v2},
		{"coffeescript", square, "coffeescript@1", "coffeescript@1.12.7", v1},
		{"coffeescript", square, "coffeescript@1.12", "coffeescript@1.12.7", v1},
		{"coffee", square, "coffeescript@1.12.7", "coffeescript@1.12.7", v1},
	}
	for _, test := range tests {
		got := s.compile(t, test.language, test.source, map[string]any{"engine": test.engine})
		if got.Outcome != "ok" || got.Engine != test.used || !strings.Contains(got.output(), test.output) {
			t.Errorf("%s by %q: %s by %s %q, want %s %q", test.language, test.engine, got.Outcome, got.Engine, got.output(), test.used, test.output)
		}
	}
}

// refused is a request that must be answered by 4xx, and what that names.
type refused struct {
	name, body     string
	status         int
	field, message string
}

func (r refused) check(t *testing.T, s *serving) {
	t.Helper()
	response, body := httpPost(t, s.url+"/v1/render", "application/json", []byte(r.body))
	code, field, message := errorOf(t, body)
	if response.StatusCode != r.status || code != "invalid" || field != r.field || !strings.Contains(message, r.message) {
		t.Errorf("%s: %d %s %q %.300q, want %d invalid %q with %q", r.name, response.StatusCode, code, field, message, r.status, r.field, r.message)
	}
}

// An engine that is not there is refused, with those that are.
func TestEnginePinsRefused(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for _, engine := range []string{
		"sass@1.1", "sass@1.10", "sass@2", "sass@1.108.20", "sass@1.108.2.1", "sass@1.", "sass@.", "sass@latest", "sass@^1", "dart-sass",
		"Sass", "less", "@1.108.2", "sass@1@1", " sass", "coffeescript@1", strings.Repeat("x", 5000),
	} {
		body := `{"language":"scss","source":"","engine":` + encode(t, engine) + `}`
		refused{engine, body, 400, "engine", "(there is: sass@1.108.2)"}.check(t, s)
	}
	refused{"coffeescript@3", `{"language":"coffeescript","source":"","engine":"coffeescript@3"}`, 400, "engine", "(there is: coffeescript@2.7.0, coffeescript@1.12.7)"}.check(t, s)
	refused{"number", `{"language":"scss","source":"","engine":1}`, 400, "engine", "wrong type"}.check(t, s)
}

// The list of languages says which engines can be pinned, whether they can
// compile now, and has a source to try, which compiles without a word.
func TestLanguagesListEngines(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	var listed struct {
		Languages []struct {
			ID, Engine, Example string
			Engines             []string
			Ready               bool
		}
	}
	_, body := get(t, s.url+"/v1/languages")
	if err := json.Unmarshal(body, &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed.Languages) != len(lang.Table) {
		t.Fatalf("%d languages, want %d", len(listed.Languages), len(lang.Table))
	}
	for i, l := range listed.Languages {
		row := lang.Table[i]
		var want []string
		for _, version := range boxtest.Kind(t, row.Box).Engines[row.Engine] {
			want = append(want, row.Engine+"@"+version)
		}
		if !l.Ready || l.ID != row.ID || !slices.Equal(l.Engines, want) || l.Engine != want[0] || l.Example != row.Example() {
			t.Errorf("language %+v, want %s by %v", l, row.ID, want)
		}
		for _, engine := range l.Engines {
			got := s.compile(t, l.ID, l.Example, map[string]any{"engine": engine})
			if got.Outcome != "ok" || got.Engine != engine || len(got.Diagnostics) > 0 || got.output() == "" {
				t.Errorf("example of %s by %s: %s %q by %s", l.ID, engine, got.Outcome, got.message(), got.Engine)
			}
		}
	}
}

// What is wrong with files is told by their field.
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	body := func(language string, files map[string]string) string {
		return encode(t, map[string]any{"language": language, "source": "a{b:c}", "files": files})
	}
	for _, name := range []string{
		"/etc/passwd", "input.scss", "..", "../a", "a/../b", "a/..", ".", "./a", "a/./b", "", "/", "a/", "a//b", `a\b`, `..\a`, "a\x00b", "a\nb", "a\tb",
		".hidden", "a/.b", "~/a", "a:b", "C:/a", "file:///a", "a?b", "a%2fb", "é", "a\u202eb", " a", "-a", strings.Repeat("x", 201),
	} {
		refused{fmt.Sprintf("name %.40q", name), body("scss", map[string]string{name: ""}), 400, "files", "have the name"}.check(t, s)
	}
	many := make(map[string]string)
	for i := range 101 {
		many[fmt.Sprintf("a%d.scss", i)] = ""
	}
	half := strings.Repeat("/", 128<<10)
	for _, r := range []refused{
		{"101 files", body("scss", many), 413, "files", "are 101, the limit is 100"},
		{"too large together", body("scss", map[string]string{"a.scss": half, "b.scss": half}), 413, "files.b.scss", "the limit is"},
		{"too large alone", body("scss", map[string]string{"a.scss": half + half}), 413, "files.a.scss", "the limit is"},
		{"language without files", body("haml", map[string]string{"a": ""}), 400, "files", "haml has no way to import files"},
		{"NUL in a file", body("scss", map[string]string{"a.scss": "x\ny\x00"}), 400, "files.a.scss", "NUL character in line 2"},
		{"file of wrong type", `{"language":"scss","source":"","files":{"a":1}}`, 400, "files.a", "wrong type"},
		{"files of wrong type", `{"language":"scss","source":"","files":["a"]}`, 400, "files", "wrong type"},
		{"file twice", `{"language":"scss","source":"","files":{"a":"","a":""}}`, 400, "files.a", "twice"},
	} {
		r.check(t, s)
	}
	delete(many, "a0.scss")
	many["a1.scss"], many["a2.scss"] = half, half[:len(half)-100]
	delete(many, "a3.scss")
	many["page.scss"] = "z{y:x}"
	if got := s.compile(t, "scss", "a{b:c}", map[string]any{"files": many}); got.Outcome != "ok" || got.output() != "a {\n  b: c;\n}" {
		t.Errorf("100 files: %s %q %q", got.Outcome, got.message(), got.output())
	}
	if got := s.compile(t, "haml", "%p", map[string]any{"files": map[string]string{}}); got.Outcome != "ok" {
		t.Errorf("no files for haml: %s", got.Outcome)
	}
}

// The steps that can follow a language run on what it makes.
func TestSteps(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	const old, minify = `{"autoprefixer":true,"browsers":["safari 15"]}`, `{"minify":true}`
	const both = `{"autoprefixer":true,"browsers":["safari 15"],"minify":true}`
	const prefixed, short = "a b {\n  -webkit-user-select: none;\n          user-select: none;\n}", "a b{-webkit-user-select:none;user-select:none}"
	for _, test := range []struct{ language, source, options, output string }{
		{"scss", "a { b { user-select: none } }", old, prefixed},
		{"scss", "a { b { user-select: none } }", both, short},
		{"scss", "a { b { user-select: none } }", `{"autoprefixer":true,"browsers":["chrome 120"]}`, "a b {\n  user-select: none;\n}"},
		{"scss", "a { b: #ff0000 }", minify, "a{b:red}"},
		{"sass", "a\n  b\n    user-select: none\n", both, short},
		{"less", "a { b { user-select: none } }", old, prefixed + "\n"},
		{"less", "a { b { user-select: none } }", both, short},
		{"stylus", "a\n  b\n    user-select none\n", old, prefixed + "\n"},
		{"stylus", "a\n  b\n    user-select none\n", both, short},
		{"sugarss", "a\n  b: #ff0000\n", minify, "a{b:red}"},
		{"postcss", "a { & b { c: #ff0000 } }", minify, "a b{c:red}"},
		{"css", "a b { user-select: none }", both, short},
		{"coffeescript", "@f = (value) -> value * 2\n", minify, "(function(){this.f=function(n){return 2*n}}).call(this);"},
		{"coffeescript", "while a\n  b()\n", `{"loop_protect":true,"bare":true}`, "var _LP = Date.now();\nwhile (a) {\n  if (Date.now() - _LP > 100) break;\n  b();\n}"},
		{"coffeescript", "while a\n  b()\n", `{"loop_protect":true,"loop_protect_ms":7,"bare":true,"minify":true}`, "for(var _LP=Date.now();a&&!(Date.now()-_LP>7);)b();"},
		{"typescript", "const f = (value: number) => value * 2;\nexport default f;\n", minify, "export default e=>2*e;"},
		{"typescript", "for (let i: number = 0; ; ) f(i);\n", `{"loop_protect":true}`, "var _LP = Date.now();\nfor (let i = 0;;) {\n  if (Date.now() - _LP > 100) break;\n  f(i);\n}"},
		{"babel", "const a = (value) => <b>{value}</b>;\nf(a);", `{"minify":true,"react_runtime":"classic"}`, `var a=function(e){return React.createElement("b",null,e)};f(a);`},
		{"babel", "do a(); while (b)", `{"loop_protect":true}`, "var _LP = Date.now();\ndo {\n  if (Date.now() - _LP > 100) break;\n  a();\n} while (b);"},
		{"livescript", "f = (value) -> value * 2\n", `{"minify":true,"bare":true,"header":false}`, "var f;f=function(f){return 2*f};"},
		{"javascript", "function f(value) { return value * 2 }", minify, "function f(n){return 2*n}"},
	} {
		got := s.compile(t, test.language, test.source, map[string]any{"options": json.RawMessage(test.options)})
		if got.Outcome != "ok" || got.output() != test.output || got.Language != test.language {
			t.Errorf("%s with %s: %s %q %q, want %q", test.language, test.options, got.Outcome, got.message(), got.output(), test.output)
		}
	}
}

// An option of a step that cannot follow is refused like an unknown one.
func TestStepsRefused(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for language, options := range map[string]string{
		"scss": "loop_protect", "less": "loop_protect_ms", "stylus": "loop_protect", "css": "loop_protect", "unocss": "loop_protect",
		"coffeescript": "autoprefixer", "typescript": "browsers", "babel": "autoprefixer", "javascript": "autoprefixer",
		"haml": "minify", "markdown": "minify", "pug": "autoprefixer", "asciidoc": "source_map", "erb": "loop_protect",
	} {
		body := `{"language":"` + language + `","source":"","options":{"` + options + `":true}}`
		refused{language, body, 400, "options." + options, "is not an option of " + language}.check(t, s)
	}
	refused{"browsers", `{"language":"scss","source":"","options":{"browsers":"ie 11"}}`, 400, "options.browsers", "must be a list"}.check(t, s)
	refused{"milliseconds", `{"language":"babel","source":"","options":{"loop_protect_ms":0}}`, 400, "options.loop_protect_ms", "from 1 to 60000"}.check(t, s)
}

// A step runs after what succeeded only. It runs alone: the number of jobs
// counts the neighbours too.
func TestFailedStepIsTheLast(t *testing.T) {
	s := sharedDaemon(t)
	jobs := func() uint64 {
		for _, p := range s.pools {
			if stats := p.Stats(); stats.Kind == "node-postcss" {
				return stats.Jobs
			}
		}
		t.Fatal("there is no box for the step")
		return 0
	}
	minify := map[string]any{"options": map[string]any{"minify": true}}
	before := jobs()
	if got := s.compile(t, "scss", "a { b: c }", minify); got.Outcome != "ok" || jobs() != before+1 {
		t.Errorf("a good source: %s after %d jobs of the step, want 1", got.Outcome, jobs()-before)
	}
	before = jobs()
	got := s.compile(t, "scss", "a {\n  b: $c;\n}", minify)
	if got.Outcome != "source_error" || got.line() != 2 || len(got.Diagnostics) != 1 || got.Output != nil {
		t.Errorf("a broken source: %s line %d %q %q", got.Outcome, got.line(), got.message(), got.output())
	}
	if after := jobs(); after != before {
		t.Errorf("the step ran %d times after a broken source", after-before)
	}
	// A step that fails has no output either, and no position in a text that
	// the caller never saw.
	got = s.compile(t, "scss", "a { b: c }", map[string]any{"options": map[string]any{"autoprefixer": true, "browsers": []string{"nonsense"}}})
	if got.Outcome != "source_error" || got.line() != 0 || got.Output != nil || !strings.Contains(got.message(), "nonsense") {
		t.Errorf("a step that fails: %s line %d %q %q", got.Outcome, got.line(), got.message(), got.output())
	}
}

// An alias means its language and the options that it stands for, which the
// caller can take back.
func TestAliases(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	const jsx, typed, task = "f(<b>c</b>);\n", "const a: number = 1;\n", "- [x] see https://a.example\n"
	for _, test := range []struct{ name, source, options, language, outcome, output string }{
		{"typescript", jsx, `{}`, "typescript", "source_error", ""},
		{"ts", jsx, `{}`, "typescript", "source_error", ""},
		{"tsx", jsx, `{}`, "typescript", "ok", `React.createElement("b", null, "c")`},
		{"tsx", jsx, `{"jsx":"preserve"}`, "typescript", "ok", "<b>c</b>"},
		{"tsx", jsx, `{"tsx":false}`, "typescript", "source_error", ""},
		{"tsx", "a = <any>b;\n", `{"tsx":false}`, "typescript", "ok", "a = b;"},
		{"markdown", task, `{}`, "markdown", "ok", "<li>[x] see https://a.example</li>"},
		{"md", task, `{}`, "markdown", "ok", "<li>[x] see https://a.example</li>"},
		{"gfm", task, `{}`, "markdown", "ok", `<a href="https://a.example">`},
		{"gfm", task, `{}`, "markdown", "ok", `type="checkbox"`},
		{"gfm", task, `{"linkify":false}`, "markdown", "ok", "see https://a.example</li>"},
		{"gfm", task, `{"linkify":false,"task_lists":false}`, "markdown", "ok", "<li>[x] see https://a.example</li>"},
		{"babel", typed, `{}`, "babel", "source_error", ""},
		{"jsx", typed, `{}`, "babel", "source_error", ""},
		{"flow", typed, `{}`, "babel", "ok", "var a = 1;"},
		{"flow", "// @flow\ntype A = {| a: number |};\n" + jsx, `{}`, "babel", "ok", "createElement(\"b\""},
		{"flow", typed, `{"presets":["react"]}`, "babel", "source_error", ""},
	} {
		got := s.compile(t, test.name, test.source, map[string]any{"options": json.RawMessage(test.options)})
		if got.Outcome != test.outcome || got.Language != test.language || test.outcome == "ok" && !strings.Contains(got.output(), test.output) {
			t.Errorf("%s %s: %s %s %q %q, want %s %s %q", test.name, test.options, got.Language, got.Outcome, got.message(), got.output(), test.language, test.outcome, test.output)
		}
	}
}
