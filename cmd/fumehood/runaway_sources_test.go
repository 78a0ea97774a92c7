package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// runaway is a source that does not end by itself or wants more than there is.
type runaway struct {
	name, source string
	fields       map[string]any
	// outcomes are those that it may have.
	outcomes []string
}

// What may become of each sort of them. An engine may run out of stack, which it
// says; of memory; or of time. Where it copes, or has a limit of its own, it may
// say that too.
var (
	endless   = []string{"timeout"}
	hungry    = []string{"out_of_memory", "timeout"}
	exploding = []string{"out_of_memory", "timeout", "source_error", "output_too_large"}
	overflow  = []string{"source_error"}
	deep      = []string{"ok", "source_error", "timeout", "out_of_memory", "output_too_large"}
	// V8 ends the process when the heap cannot grow any more.
	trapped = append([]string{"crashed"}, deep...)
)

// fieldsOf are a request's fields besides language and source.
type fieldsOf = map[string]any

func nest(open string, times int) string { return strings.Repeat(open, times) }

// many is a list of a thousand numbers as a local, for templates that cannot
// count.
func many() fieldsOf {
	return fieldsOf{"locals": map[string]any{"l": make([]int, 1000)}}
}

func withFiles(files ...string) fieldsOf {
	named := make(map[string]string)
	for i := 0; i < len(files); i += 2 {
		named[files[i]] = files[i+1]
	}
	return fieldsOf{"files": named}
}

func withOptions(options string) fieldsOf {
	return fieldsOf{"options": json.RawMessage(options)}
}

// runaways are by language.
var runaways = map[string][]runaway{
	"haml": {
		{"loop", "- loop {}", nil, endless},
		{"loop that rescues", "- begin\n  - loop {}\n- rescue Exception\n  - retry\n", nil, endless},
		{"memory", "- a = []\n- loop { a << 'x' * 1_000_000 }", nil, hungry},
		{"output", "- loop do\n  %p x", nil, []string{"timeout", "out_of_memory", "output_too_large"}},
		{"recursion", "- f = lambda { f.() }\n- f.()\n", nil, overflow},
		{"brackets", "= " + nest("[", 200_000), nil, overflow},
		{"interpolation", "%p " + nest("#{\"", 60_000), nil, deep},
		{"attributes", "%p" + nest("{a: ", 60_000), nil, deep},
		{"tags in a line", nest("%p/", 60_000), nil, deep},
	},
	"slim": {
		{"loop", "- loop {}", nil, endless},
		{"memory", "- a = []\n- loop { a << 'x' * 1_000_000 }", nil, hungry},
		{"recursion", "- f = lambda { f.() }\n- f.()\n", nil, overflow},
		{"brackets", "= " + nest("[", 200_000), nil, overflow},
		{"attributes", "p" + nest("[", 200_000), nil, deep},
		{"tags in a line", nest("p: ", 60_000) + "p", nil, deep},
	},
	"erb": {
		{"loop", "<% loop {} %>", nil, endless},
		{"memory", "<% a = []; loop { a << 'x' * 1_000_000 } %>", nil, hungry},
		{"output", "<% loop do %>x<% end %>", nil, []string{"timeout", "out_of_memory", "output_too_large"}},
		{"recursion", "<% f = lambda { f.() }; f.() %>", nil, overflow},
		{"brackets", "<%= " + nest("[", 200_000) + " %>", nil, overflow},
		{"tags", nest("<%", 120_000), nil, deep},
		{"blocks", nest("<% if 1 %>", 20_000), nil, deep},
	},
	"pug": {
		{"loop", "- while(1){}", nil, endless},
		{"loop that catches", "- for(;;) try { for(;;); } catch {}", nil, endless},
		{"regular expression", "- /^(a|a)*$/.test('a'.repeat(40) + '!')", nil, endless},
		{"memory", "- var a = []; while (1) a.push(new Array(100000).fill(1.5))", nil, hungry},
		{"buffers", "- var a = []; while (1) a.push(new Uint8Array(1e6).fill(1))", nil, []string{"out_of_memory", "timeout", "source_error"}},
		{"string", "- var a = 'x'; while (1) a += a", nil, exploding},
		{"recursion", "- function f() { return f() + 1 }\n- f()", nil, overflow},
		{"mixin in itself", "mixin a\n  +a\n+a\n", nil, overflow},
		{"include in itself", "include a\n", withFiles("a.pug", "include a\n"), overflow},
		{"brackets", "p= " + nest("[", 200_000), nil, deep},
		{"interpolation", "p " + nest("#[b ", 60_000), nil, deep},
		{"attributes", "p" + nest("(", 200_000), nil, deep},
		{"tags in a line", nest("p: ", 60_000) + "p", nil, deep},
	},
	"nunjucks": {
		{"loop", "{% for i in range(9999) %}{% for i in range(9999) %}{% for i in range(9999) %}{% endfor %}{% endfor %}{% endfor %}", nil, hungry},
		{"range", "{% for i in range(1000000000) %}{% endfor %}", nil, exploding},
		{"string", "{% set a = 'x' %}{% for i in range(99) %}{% set a = a + a %}{% endfor %}{{ a }}", nil, exploding},
		{"macro in itself", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", nil, overflow},
		{"include in itself", "{% include 'a' %}", withFiles("a", "{% include 'a' %}"), exploding},
		{"brackets", "{{ " + nest("[", 200_000), nil, deep},
		{"blocks", nest("{% if 1 %}", 20_000), nil, deep},
		{"filters", "{{ 1" + nest("|abs", 50_000) + " }}", nil, deep},
	},
	"ejs": {
		{"loop", "<% while (true) {} %>", nil, endless},
		{"endless microtasks", "<% for (;;) await 0 %>", withOptions(`{"async":true}`), endless},
		{"promise that never settles", "<% await new Promise(() => {}) %>", withOptions(`{"async":true}`), overflow},
		{"regular expression", "<% /^(a|a)*$/.test('a'.repeat(40) + '!') %>", nil, endless},
		{"memory", "<% const a = []; while (1) a.push(new Array(100000).fill(1.5)) %>", nil, hungry},
		{"output", "<% while (1) { %>x<% } %>", nil, exploding},
		{"recursion", "<% const f = () => f() + 1; f() %>", nil, overflow},
		{"include in itself", "<%- include('a') %>", withFiles("a.ejs", "<%- include('a') %>"), exploding},
		{"brackets", "<%= " + nest("[", 200_000) + " %>", nil, deep},
		{"tags", nest("<%", 120_000), nil, deep},
	},
	"eta": {
		{"loop", "<% while (true) {} %>", nil, endless},
		{"endless microtasks", "<% for (;;) await 0 %>", withOptions(`{"async":true}`), endless},
		{"promise that never settles", "<% await new Promise(() => {}) %>", withOptions(`{"async":true}`), overflow},
		{"memory", "<% const a = []; while (1) a.push(new Array(100000).fill(1.5)) %>", nil, hungry},
		{"output", "<% while (1) { %>x<% } %>", nil, exploding},
		{"recursion", "<% const f = () => f() + 1; f() %>", nil, overflow},
		{"include in itself", "<%~ include('a') %>", withFiles("a.eta", "<%~ include('a') %>"), exploding},
		{"brackets", "<%= " + nest("[", 200_000) + " %>", nil, deep},
		{"templates", "<%= " + nest("`${", 60_000) + " %>", nil, deep},
		{"tags", nest("<%", 120_000), nil, deep},
	},
	"handlebars": {
		{"loops", "{{#each l}}{{#each @root.l}}{{#each @root.l}}{{/each}}{{/each}}{{/each}}", many(), hungry},
		{"partial in itself", "{{> a}}", withFiles("a.hbs", "{{> a}}"), overflow},
		{"partial twice in itself", "{{#if l}}{{> a}}{{/if}}", fieldsOf{"locals": many()["locals"], "files": map[string]string{"a.hbs": "x{{#if l}}{{> a}}{{> a}}{{/if}}"}}, exploding},
		{"blocks", nest("{{#a}}", 40_000), nil, deep},
		{"blocks that are closed", nest("{{#a}}", 15_000) + nest("{{/a}}", 15_000), nil, deep},
		{"brackets", "{{a " + nest("(a ", 60_000), nil, deep},
		{"braces", nest("{{", 120_000), nil, deep},
	},
	"mustache": {
		{"loops", "{{#l}}{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}{{/l}}", many(), hungry},
		{"output", "{{#l}}{{#l}}{{#l}}xxxxxxxxxxxxxxxx{{/l}}{{/l}}{{/l}}", fieldsOf{"locals": map[string]any{"l": slices.Repeat([]int{1}, 1000)}}, exploding},
		{"partial in itself", "{{> a}}", withFiles("a.mustache", "{{> a}}"), overflow},
		{"sections", nest("{{#a}}", 40_000), nil, deep},
		{"sections that are closed", nest("{{#a}}", 15_000) + nest("{{/a}}", 15_000), fieldsOf{"locals": map[string]any{"a": true}}, deep},
		{"braces", nest("{{", 120_000), nil, deep},
	},
	"liquid": {
		{"range", "{% for i in (1..1000000000) %}{% endfor %}", nil, exploding},
		{"loops", "{% for i in (1..9999) %}{% for i in (1..9999) %}{% for i in (1..9999) %}{% endfor %}{% endfor %}{% endfor %}", nil, hungry},
		{"string", "{% assign a = 'x' %}{% for i in (1..99) %}{% assign a = a | append: a %}{% endfor %}{{ a }}", nil, exploding},
		{"partial in itself", "{% render 'a' %}", withFiles("a.liquid", "{% render 'a' %}"), exploding},
		{"blocks", nest("{% if a %}", 20_000), nil, deep},
		{"brackets", "{{ a" + nest("[a", 100_000) + " }}", nil, deep},
		{"parentheses", "{% if " + nest("(", 200_000) + " %}", withOptions(`{"grouped_expressions":true}`), deep},
		{"braces", nest("{{", 120_000), nil, deep},
	},
	"twig": {
		{"range", "{% for i in 1..1000000000 %}{% endfor %}", nil, exploding},
		{"loops", "{% for i in 1..9999 %}{% for i in 1..9999 %}{% for i in 1..9999 %}{% endfor %}{% endfor %}{% endfor %}", nil, hungry},
		{"string", "{% set a = 'x' %}{% for i in 1..99 %}{% set a = a ~ a %}{% endfor %}{{ a }}", nil, exploding},
		{"macro in itself", "{% macro f() %}{% import _self as s %}{{ s.f() }}{% endmacro %}{% import _self as s %}{{ s.f() }}", nil, exploding},
		{"include in itself", "{% include 'a' %}", withFiles("a", "{% include 'a' %}"), exploding},
		{"brackets", "{{ " + nest("[", 200_000) + " }}", nil, deep},
		{"parentheses", "{{ " + nest("(", 100_000) + "1" + nest(")", 100_000) + " }}", nil, deep},
		{"blocks", nest("{% if a %}", 20_000), nil, deep},
		{"braces", nest("{{", 120_000), nil, deep},
	},
	"markdown": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"links", nest("[a](", 60_000), nil, deep},
		{"images", nest("![", 100_000) + nest("](a)", 10_000), nil, deep},
		{"quotes", nest(">", 200_000), nil, deep},
		{"lists", nest("- ", 100_000), nil, deep},
		{"emphasis", nest("*a_ ", 60_000), nil, deep},
		{"emphasis of many stars", nest("*", 200_000) + "a" + nest("*", 60_000), nil, deep},
		{"code", nest("`a", 100_000), nil, deep},
		{"code of growing length", growing("`", " a ", 700), nil, deep},
		{"HTML", nest("<a ", 80_000), nil, deep},
		{"HTML declarations", nest("<!A ", 60_000), nil, deep},
		{"entities", nest("&#", 120_000), nil, deep},
		{"mail addresses", nest("a@a.a ", 40_000), withOptions(`{"linkify":true}`), deep},
		{"quotation marks", nest("\"'", 120_000), withOptions(`{"typographer":true}`), deep},
		{"footnotes", nest("^[", 120_000), withOptions(`{"footnotes":true}`), deep},
		{"table", nest("|", 100_000) + "\n" + nest("|-", 70_000) + "|", nil, deep},
	},
	"asciidoc": {
		{"file that includes itself twice", "include::a.adoc[]\n", withFiles("a.adoc", "include::a.adoc[]\ninclude::a.adoc[]\n"), []string{"timeout", "ok", "out_of_memory"}},
		{"brackets", nest("[", 200_000), nil, deep},
		{"spans", nest("[a]#", 60_000), nil, deep},
		{"passes", nest("+++", 80_000), nil, deep},
		{"macros", nest("footnote:[", 25_000), nil, deep},
		{"lists", growing("*", " a\n", 700), nil, deep},
		{"blocks", blocks("=", 500), nil, deep},
		{"cells", "|===\n" + nest("a|!===\n", 30_000), nil, deep},
		{"attributes", ":a: " + nest("{a}", 80_000) + "\n\n{a}", nil, deep},
	},
	"textile": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"links", nest("\"a\":", 60_000), nil, deep},
		{"emphasis", nest("*_", 120_000), nil, deep},
		{"spans", nest("%{a}", 60_000), nil, deep},
		{"lists", growing("*", " a\n", 700), nil, deep},
		{"table", nest("|a", 120_000), nil, deep},
		{"HTML", nest("<b>", 80_000), nil, deep},
		{"notextile", nest("==", 120_000), nil, deep},
	},
	"scss": {
		{"loop", "@while true {}", nil, endless},
		{"long loop", "@for $i from 1 through 1000000000 {}", nil, endless},
		{"list", "$a: 1; @while true { $a: $a $a; }", nil, hungry},
		{"string", "$a: 'x'; @while true { $a: $a + $a; }", nil, exploding},
		{"output", "@while true { a { b: c } }", nil, []string{"timeout", "out_of_memory", "output_too_large"}},
		{"function in itself", "@function f($a) { @return f($a); } a { b: f(1) }", nil, overflow},
		{"mixin in itself", "@mixin m { @include m; } @include m;", nil, overflow},
		{"mixin twice in itself", "@mixin m($n) { @if $n > 0 { @include m($n - 1); @include m($n - 1); } } @include m(40);", nil, endless},
		{"selectors that double", nest("a,b{", 40) + "c:d" + nest("}", 40), nil, exploding},
		{"brackets", "a { b: " + nest("[", 200_000), nil, deep},
		{"parentheses", "a { b: " + nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"blocks", nest("a{", 100_000), nil, deep},
		{"interpolation", nest("#{", 100_000), nil, deep},
		{"calc", "a { b: " + nest("calc(", 40_000) + "1" + nest(")", 40_000) + "}", nil, deep},
	},
	"sass": {
		{"loop", "@while true\n  $a: 1\n", nil, endless},
		{"list", "$a: 1\n@while true\n  $a: $a $a\n", nil, hungry},
		{"function in itself", "@function f($a)\n  @return f($a)\na\n  b: f(1)\n", nil, overflow},
		{"brackets", "a\n  b: " + nest("[", 200_000), nil, deep},
		{"interpolation", nest("#{", 100_000), nil, deep},
		{"indentation", growing(" ", "a\n", 700), nil, deep},
	},
	"less": {
		{"range", "each(range(100000000), { .a { b: c } });", nil, exploding},
		{"mixin that counts", ".l(@i) when (@i > 0) { .l(@i - 1); } .l(100000000);", nil, exploding},
		{"mixin in itself", ".a() { .a(); } .b { .a(); }", nil, exploding},
		{"mixin twice in itself", ".m(@n) when (@n > 0) { .m(@n - 1); .m(@n - 1); } .m(40);", nil, exploding},
		{"string", lessDoubling(30), nil, exploding},
		{"selectors that double", nest("a,b{", 40) + "c:d" + nest("}", 40), nil, exploding},
		{"extends", nest(".a:extend(.a all){b:c}", 4_000), nil, deep},
		{"brackets", "a { b: " + nest("[", 200_000), nil, deep},
		{"parentheses", "a { b: " + nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"blocks", nest("a{", 100_000), nil, deep},
		{"interpolation", "a { b: ~\"" + nest("@{a", 60_000), nil, deep},
	},
	"stylus": {
		{"long range", "for i in 1..100000000\n  a\n    b i\n", nil, exploding},
		{"loops", "for i in 1..9999\n  for j in 1..9999\n    k = i\n", nil, hungry},
		{"function in itself", "f()\n  f()\na\n  b f()\n", nil, overflow},
		{"function twice in itself", "f(n)\n  if n > 0\n    f(n - 1)\n    f(n - 1)\na\n  b f(40)\n", nil, exploding},
		{"list", "a = 1\nfor i in 1..99\n  a = a a\nb\n  c a\n", nil, exploding},
		{"string", "a = 'x'\nfor i in 1..99\n  a = a + a\nb\n  c a\n", nil, exploding},
		{"selectors that double", nest("a,b{", 40) + "c:d" + nest("}", 40), nil, exploding},
		{"brackets", "a\n  b " + nest("[", 200_000), nil, deep},
		{"parentheses", "a\n  b " + nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"blocks", nest("a{", 100_000), nil, deep},
		{"interpolation", "a\n  {" + nest("{", 100_000), nil, deep},
		{"indentation", growing(" ", "a\n", 700), nil, deep},
	},
	"postcss": {
		{"selectors that double", nest("a,b{", 40) + "c:d" + nest("}", 40), withOptions(`{"plugins":["nested"]}`), exploding},
		{"import in itself", "@import 'a';", withFiles("a.css", "@import 'a'; a { b: c }"), []string{"ok"}},
		{"blocks", nest("a{", 100_000), nil, deep},
		{"blocks that are closed", nest("a{", 2_000) + nest("}", 2_000), nil, deep},
		{"parentheses", "a { b: " + nest("(", 100_000) + nest(")", 100_000) + "}", nil, deep},
		{"selectors", nest(":is(", 40_000) + "a" + nest(")", 40_000) + "{b:c}", withOptions(`{"plugins":["preset-env"]}`), deep},
		{"calc", "a { b: " + nest("calc(", 40_000) + "1" + nest(")", 40_000) + "}", withOptions(`{"plugins":["cssnano"]}`), deep},
		{"comments", nest("/*", 120_000), nil, deep},
	},
	"sugarss": {
		{"selectors that double", doubling(30), withOptions(`{"plugins":["nested"]}`), exploding},
		{"parentheses", "a\n  b: " + nest("(", 200_000), nil, deep},
		{"indentation", growing(" ", "a\n", 700), nil, deep},
	},
	"tailwind": {
		{"range", `@import "tailwindcss/utilities"; @source inline("p-{0..1000000000}");`, nil, exploding},
		{"braces that multiply", `@import "tailwindcss/utilities"; @source inline("` + nest("{a,b}", 40) + `");`, nil, exploding},
		{"utility in itself", "@utility a { @apply a; } b { @apply a; }", nil, overflow},
		{"import in itself", "@import './a.css';", withFiles("a.css", "@import './a.css';"), exploding},
		{"import twice in itself", "@import './a.css';", withFiles("a.css", "@import './a.css'; @import './a.css';"), exploding},
		{"blocks", nest("a{", 100_000), nil, deep},
		{"blocks that are closed", nest("a{", 5_000) + nest("}", 5_000), nil, deep},
		{"parentheses", "a { b: " + nest("(", 100_000) + nest(")", 100_000) + "}", nil, deep},
		{"classes", `@import "tailwindcss/utilities";`, withFiles("a.html", nest("[a:b(", 40_000)), deep},
		{"variants", `@import "tailwindcss/utilities";`, withFiles("a.html", nest("hover:", 40_000)+"p-1"), deep},
	},
	"unocss": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"variants", nest("hover:", 40_000) + "p-1", nil, deep},
		{"variants of brackets", nest("[&_a]:", 40_000) + "p-1", nil, deep},
		{"groups", nest("hover:(", 35_000) + "p-1" + nest(")", 10_000), nil, deep},
		{"arbitrary values", "p-[" + nest("calc(", 40_000) + "]", nil, deep},
		{"many classes", manyClasses(20_000), nil, deep},
	},
	"css": {
		{"blocks", nest("a{", 100_000), nil, deep},
		{"blocks that are closed", nest("a{", 5_000) + nest("}", 5_000), nil, deep},
		{"parentheses", "a { b: " + nest("(", 100_000) + nest(")", 100_000) + "}", nil, deep},
		{"selectors, minified", nest(":is(", 40_000) + "a" + nest(")", 40_000) + "{b:c}", withOptions(`{"minify":true}`), deep},
		{"calc, minified", "a { b: " + nest("calc(", 40_000) + "1" + nest(")", 40_000) + "}", withOptions(`{"minify":true}`), deep},
		{"rules, minified", nest("a{b:c}d{e:f}", 15_000), withOptions(`{"minify":true}`), deep},
	},
	"coffeescript": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"parentheses", nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"interpolation", nest("\"#{", 60_000), nil, deep},
		{"indentation", growing(" ", "a\n", 700), nil, deep},
		{"functions", nest("-> ", 80_000), nil, deep},
		{"sum", "a = 1" + nest("+1", 100_000), nil, deep},
		{"brackets, version 1", nest("[", 200_000), fieldsOf{"engine": "coffeescript@1"}, deep},
		{"interpolation, version 1", nest("\"#{", 60_000), fieldsOf{"engine": "coffeescript@1"}, deep},
	},
	"livescript": {
		{"loop", "do !-> while true then 1", withOptions(`{"json":true}`), endless},
		{"loop that collects what it returns", "do -> while true then 1", withOptions(`{"json":true}`), hungry},
		{"memory", "a = []\nwhile true then a.push (new Array 100000).fill 1.5\n", withOptions(`{"json":true}`), hungry},
		{"range", "a: [1 to 1000000000].length", withOptions(`{"json":true}`), exploding},
		{"recursion", "f = -> 1 + f!\nf!\n", withOptions(`{"json":true}`), overflow},
		{"brackets", nest("[", 200_000), nil, deep},
		{"parentheses", nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"interpolation", nest("\"#{", 60_000), nil, trapped},
		{"indentation", growing(" ", "a\n", 700), nil, deep},
		{"functions", nest("-> ", 80_000), nil, deep},
	},
	"civet": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"parentheses", nest("(", 1_000) + "1" + nest(")", 1_000), nil, deep},
		{"interpolation", nest("\"#{", 60_000), nil, deep},
		{"functions", nest("-> ", 80_000), nil, deep},
		{"indentation", growing(" ", "a\n", 700), nil, deep},
	},
	"typescript": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"parentheses", nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"types", "type A = " + nest("A<", 100_000), nil, deep},
		{"templates", nest("`${", 80_000), nil, deep},
		{"functions", nest("a=>", 80_000), nil, deep},
		{"arrows that are none", nest("(a,b?:", 40_000), nil, deep},
		{"sum", "a = 1" + nest("+1", 100_000), nil, deep},
		{"JSX", nest("<a>", 80_000), withOptions(`{"tsx":true}`), deep},
	},
	"babel": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"parentheses", nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"templates", nest("`${", 80_000), nil, deep},
		{"functions", nest("a=>", 80_000), nil, deep},
		{"sum", "a = 1" + nest("+1", 100_000), nil, deep},
		{"JSX", nest("<a>", 80_000), nil, deep},
		{"types", "type A = " + nest("A<", 100_000), withOptions(`{"presets":["typescript"]}`), deep},
		{"arrows of Flow", nest("a?(b):", 40_000), withOptions(`{"presets":["flow"]}`), deep},
	},
	"javascript": {
		{"brackets", nest("[", 200_000), nil, deep},
		{"parentheses", nest("(", 100_000) + "1" + nest(")", 100_000), nil, deep},
		{"loops", nest("for(;;)", 30_000) + ";", withOptions(`{"loop_protect":true}`), deep},
		{"sum, minified", "a = 1" + nest("+1", 100_000), withOptions(`{"minify":true}`), deep},
		{"functions, minified", nest("a=>", 80_000) + "1", withOptions(`{"minify":true}`), deep},
		{"strings that double, minified", "var a='x'" + nest(";a=a+a", 40_000), withOptions(`{"minify":true}`), deep},
	},
	"vue": {
		{"elements", "<template>" + nest("<a>", 80_000), nil, deep},
		{"elements that are closed", "<template>" + nest("<a>", 20_000) + nest("</a>", 20_000) + "</template>", nil, deep},
		{"expression", "<template>{{ " + nest("(", 100_000) + "1" + nest(")", 100_000) + " }}</template>", nil, deep},
		{"braces", "<template>" + nest("{{", 100_000) + "</template>", nil, deep},
		{"script", "<script setup>" + nest("[", 200_000) + "</script>", nil, deep},
		{"styles", "<style scoped>" + nest("a{", 100_000) + "</style>", nil, deep},
	},
	"svelte": {
		{"elements", nest("<a>", 80_000), nil, deep},
		{"elements that are closed", nest("<b>", 20_000) + nest("</b>", 20_000), nil, deep},
		{"blocks", nest("{#if a}", 35_000), nil, deep},
		{"expression", "{" + nest("(", 100_000) + "1" + nest(")", 100_000) + "}", nil, deep},
		{"script", "<script>" + nest("[", 200_000) + "</script>", nil, deep},
		{"styles", "<style>" + nest("a{", 100_000) + "</style>", nil, deep},
		{"selectors", "<p/><style>" + nest(":is(", 40_000) + "p" + nest(")", 40_000) + "{b:c}</style>", nil, deep},
	},
	"mdx": {
		{"quotes", nest(">", 200_000), nil, deep},
		{"lists", nest("- ", 100_000), nil, deep},
		{"brackets", nest("[", 200_000), nil, deep},
		{"emphasis", nest("*a_ ", 60_000), nil, deep},
		{"elements", nest("<a>", 80_000), nil, deep},
		{"braces", nest("{", 200_000), nil, deep},
		{"expression", "{" + nest("[", 100_000) + "1" + nest("]", 100_000) + "}", nil, deep},
	},
}

// growing is lines, each with one more of what than the one before.
func growing(what, end string, lines int) string {
	var b strings.Builder
	for i := range lines {
		b.WriteString(strings.Repeat(what, i) + end)
	}
	return b.String()
}

// blocks are delimited blocks of AsciiDoc, one in the other.
func blocks(delimiter string, depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(delimiter, i+4) + "\n")
	}
	return b.String()
}

// doubling is nested rules in SugarSS with two selectors each.
func doubling(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a, b\n")
	}
	return b.String() + strings.Repeat(" ", depth) + "c: d\n"
}

// lessDoubling is a string in Less that doubles with every variable.
func lessDoubling(times int) string {
	var b strings.Builder
	b.WriteString("@v0: 'x';")
	for i := range times {
		fmt.Fprintf(&b, "@v%d: '@{v%d}@{v%[2]d}';", i+1, i)
	}
	return fmt.Sprintf("%s a { b: @v%d }", b.String(), times)
}

// manyClasses are utilities of which no two are the same.
func manyClasses(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "p-[%dpx] ", i)
	}
	return b.String()
}
