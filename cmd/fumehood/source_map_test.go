package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/lang"
)

// Source maps, with and without a step behind, are of version 3, name the
// input, hold its text and lead from what came out to where it was.
func TestSourceMaps(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	// In each source the word needle is once, and in the output too.
	tests := []struct {
		language, engine, input, source string
		steps                           []string
	}{
		{"scss", "", "input.scss", "$a: 1px;\n\n@mixin m { .needle { user-select: none; b: $a; } }\n.c { @include m; }\n", nil},
		{"sass", "", "input.sass", "$a: 1px\n\n@mixin m\n  .needle\n    user-select: none\n.c\n  @include m\n", nil},
		{"less", "", "input.less", "@a: 1px;\n\n.needle {\n  user-select: none; b: @a;\n}\n", nil},
		{"stylus", "", "input.styl", "a = 1px\n\n.c\n  .needle\n    user-select none\n", nil},
		{"postcss", "", "input.pcss", "/* a */\n\n.c {\n  & .needle { user-select: none; }\n}\n", nil},
		{"sugarss", "", "input.sss", "// a\n\n.c\n  & .needle\n    user-select: none\n", nil},
		{"tailwind", "", "input.css", "@theme { --a: b; }\n\n.c {\n  .needle { user-select: none; }\n}\n", nil},
		{"css", "", "input.css", "/* a */\n\n.c .needle { user-select: none; }\n", nil},
		{"coffeescript", "", "input.coffee", "# a\nf = (value) ->\n  loop\n    needle value\nf 1\n", nil},
		{"coffeescript", "coffeescript@1", "input.coffee", "# a\nf = (value) ->\n  loop\n    needle value\nf 1\n", nil},
		{"livescript", "", "input.ls", "# a\nf = (value) ->\n  while true\n    needle value\nf 1\n", nil},
		{"civet", "", "input.civet", "// a\nf := (value: number) ->\n  while true\n    needle value\nf 1\n", nil},
		{"typescript", "", "input.ts", "interface A { b: number }\nfunction f(value: A): void {\n  while (true) { needle(value); }\n}\nf({ b: 1 });\n", nil},
		{"babel", "", "input.jsx", "// a\nfunction f(value) {\n  while (true) { needle(<b c={value ?? 1} />); }\n}\nf();\n", nil},
		{"javascript", "", "input.js", "// a\nfunction f(value) {\n  while (true) { needle(value); }\n}\nf();\n", nil},
		{"vue", "", "input.vue", "<template><p>{{ a }}</p></template>\n\n<script>\nfor (;;) { needle(); }\nexport default {};\n</script>\n", nil},
		{"svelte", "", "input.svelte", "<p>a</p>\n\n<script>\n  for (;;) { needle(); }\n</script>\n", nil},
		{"mdx", "", "input.mdx", "# a\n\nexport const b = () => {\n  for (;;) { needle() }\n}\n", nil},
	}
	for _, test := range tests {
		t.Run(cmp.Or(test.engine, test.language), func(t *testing.T) {
			t.Parallel()
			steps := []string{`{"source_map":true}`, `{"source_map":true,"minify":true}`}
			l, _ := lang.Find(test.language)
			if l.Class == lang.Style {
				steps = append(steps, `{"source_map":true,"autoprefixer":true,"browsers":["safari 15"]}`)
			} else {
				steps = append(steps, `{"source_map":true,"loop_protect":true}`, `{"source_map":true,"loop_protect":true,"minify":true}`)
			}
			if test.language == "postcss" || test.language == "sugarss" {
				steps[2] = `{"source_map":true,"autoprefixer":true}`
			}
			for _, options := range steps {
				got := s.compile(t, test.language, test.source, map[string]any{"engine": test.engine, "options": json.RawMessage(options)})
				if got.Outcome != "ok" || strings.Count(got.output(), "needle") != 1 {
					t.Errorf("%s: %s %q %q, want the needle in it once", options, got.Outcome, got.message(), got.output())
					continue
				}
				checkMap(t, options, text(got.SourceMap), got.output(), test.input, test.source)
			}
		})
	}
}

func checkMap(t *testing.T, options, sourceMap, output, input, source string) {
	t.Helper()
	var m struct {
		Version        int
		Sources        []string
		SourcesContent []string
		Mappings       string
	}
	if err := json.Unmarshal([]byte(sourceMap), &m); err != nil {
		t.Errorf("%s: %v in the map %q", options, err, sourceMap)
		return
	}
	if m.Version != 3 || !slices.Equal(m.Sources, []string{input}) || !slices.Equal(m.SourcesContent, []string{source}) {
		t.Errorf("%s: map of version %d of %q with %q, want 3 of %s", options, m.Version, m.Sources, m.SourcesContent, input)
	}
	from, line := positionOf(output, "needle"), positionOf(source, "needle").line
	if to, ok := lookUp(t, m.Mappings, from); !ok || to.line != line {
		t.Errorf("%s: the needle at %+v leads to line %d (%v), want %d\n%s\n%s", options, from, to.line, ok, line, output, m.Mappings)
	}
}

// position in a text, counted from 0 as source maps do.
type position struct{ line, column int }

func positionOf(text, word string) position {
	before, _, _ := strings.Cut(text, word)
	return position{strings.Count(before, "\n"), len(before) - (strings.LastIndex(before, "\n") + 1)}
}

// lookUp returns where a source map's mappings lead from a position: as the last
// mapping at or before it in its line says, or else the first one behind it.
func lookUp(t *testing.T, mappings string, from position) (position, bool) {
	t.Helper()
	var at [5]int // column, source, line, column, name
	var best position
	found := false
	for i, line := range strings.Split(mappings, ";") {
		at[0] = 0
		for _, segment := range strings.Split(line, ",") {
			fields := decodeVLQ(t, segment)
			for n, delta := range fields {
				at[n] += delta
			}
			if i == from.line && len(fields) >= 4 && (at[0] <= from.column || !found) {
				best, found = position{at[2], at[3]}, true
			}
		}
	}
	return best, found
}

// decodeVLQ reads the numbers of one segment.
func decodeVLQ(t *testing.T, segment string) []int {
	t.Helper()
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var numbers []int
	value, shift := 0, 0
	for _, c := range segment {
		digit := strings.IndexRune(digits, c)
		if digit < 0 {
			t.Fatalf("%q is no segment of a source map", segment)
		}
		value |= digit & 31 << shift
		shift += 5
		if digit&32 != 0 {
			continue
		}
		number := value >> 1
		if value&1 != 0 {
			number = -number
		}
		numbers = append(numbers, number)
		value, shift = 0, 0
	}
	if len(numbers) > 5 {
		t.Fatalf("%q is no segment of a source map", segment)
	}
	return numbers
}
