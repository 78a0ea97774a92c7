package cell

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/wire"
)

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	const source = "%p\n  text\n%a"
	for _, test := range []struct {
		name string
		said []wire.Diagnostic
		want []job.Diagnostic
	}{
		{"none", nil, nil},
		{"none, but a list", []wire.Diagnostic{}, nil},
		{
			"every field",
			[]wire.Diagnostic{{Line: 2, Column: 3, EndLine: 3, EndColumn: 2, Code: "Haml::SyntaxError", Message: "illegal nesting"}},
			[]job.Diagnostic{{
				Severity: job.Error, Message: "illegal nesting", Code: "Haml::SyntaxError",
				Line: 2, Column: 3, EndLine: 3, EndColumn: 2,
			}},
		},
		{
			"each severity, in order",
			[]wire.Diagnostic{{Severity: 0, Message: "a"}, {Severity: 1, Message: "b"}, {Severity: 2, Message: "c"}},
			[]job.Diagnostic{
				{Severity: job.Error, Message: "a"}, {Severity: job.Warning, Message: "b"}, {Severity: job.Info, Message: "c"},
			},
		},
		{
			"severities that are none",
			[]wire.Diagnostic{{Severity: 3}, {Severity: math.MaxUint8}},
			[]job.Diagnostic{{Severity: job.Error}, {Severity: job.Error}},
		},
		{
			"positions behind the source",
			[]wire.Diagnostic{{Line: 1000, Column: 5, EndLine: math.MaxUint32, EndColumn: math.MaxUint32}},
			[]job.Diagnostic{{Severity: job.Error, Line: 3, EndLine: 3}},
		},
		{
			"columns behind the line",
			[]wire.Diagnostic{{Line: 1, Column: 1000, EndLine: 2, EndColumn: math.MaxUint32}},
			[]job.Diagnostic{{Severity: job.Error, Line: 1, Column: 3, EndLine: 2, EndColumn: 7}},
		},
		{
			"an end before the start",
			[]wire.Diagnostic{{Line: 3, Column: 1, EndLine: 2, EndColumn: 1}},
			[]job.Diagnostic{{Severity: job.Error, Line: 3, Column: 1}},
		},
		{
			"a start without an end",
			[]wire.Diagnostic{{Line: 2, Column: 4}},
			[]job.Diagnostic{{Severity: job.Error, Line: 2, Column: 4}},
		},
		{
			"a column without a line",
			[]wire.Diagnostic{{Column: 4, EndColumn: 5}},
			[]job.Diagnostic{{Severity: job.Error}},
		},
		{
			"texts that would deceive a terminal",
			[]wire.Diagnostic{{Code: "\x1b]0;title\x07", Message: "red \x1b[31m\xff\u202e"}},
			[]job.Diagnostic{{Severity: job.Error, Code: "]0;title", Message: "red [31m\uFFFD"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, diagnostics(job.Job{Source: source}, test.said)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

// Only the first hundred are shown, in the order in which they were said.
func TestDiagnosticsAreFew(t *testing.T) {
	t.Parallel()
	for _, said := range []int{1, 99, 100, 101, 5000} {
		many := make([]wire.Diagnostic, said)
		want := make([]job.Diagnostic, min(said, 100))
		for i := range many {
			many[i].Message = strings.Repeat("m", i%7)
		}
		for i := range want {
			want[i] = job.Diagnostic{Severity: job.Error, Message: many[i].Message}
		}
		if diff := cmp.Diff(want, diagnostics(job.Job{}, many)); diff != "" {
			t.Errorf("%d said (-want +got):\n%s", said, diff)
		}
	}
}

func TestClamp(t *testing.T) {
	t.Parallel()
	type position struct{ Line, Column int }
	for _, test := range []struct {
		name, source string
		line, column uint32
		want         position
	}{
		{"no line", "abc", 0, 0, position{0, 0}},
		{"no line, but a column", "abc", 0, 2, position{0, 0}},
		{"no column", "abc", 1, 0, position{1, 0}},
		{"the first column", "abc", 1, 1, position{1, 1}},
		{"the last column", "abc", 1, 3, position{1, 3}},
		{"the end of the line", "abc", 1, 4, position{1, 4}},
		{"behind the end of the line", "abc", 1, 5, position{1, 4}},
		{"the largest column", "abc", 1, math.MaxUint32, position{1, 4}},
		{"the last line", "a\nbc", 2, 2, position{2, 2}},
		{"behind the last line", "a\nbc", 3, 2, position{2, 0}},
		{"the largest line", "a\nbc", math.MaxUint32, 2, position{2, 0}},
		{"behind a final newline", "a\nbc\n", 3, 1, position{3, 1}},
		{"an empty line before a final newline", "a\n\n", 2, 5, position{2, 1}},
		{"behind two final newlines", "a\n\n", 3, 5, position{3, 1}},
		{"a line more than that", "a\n\n", 4, 5, position{3, 0}},
		{"an empty source", "", 1, 1, position{1, 1}},
		{"behind an empty source", "", 2, 7, position{1, 0}},
		{"a newline alone", "\n", 1, 9, position{1, 1}},
		{"behind a newline alone", "\n", 2, 9, position{2, 1}},
		{"the carriage return is no column", "ab\r\ncd", 1, 9, position{1, 3}},
		{"a tab is one column", "\tab", 1, 9, position{1, 4}},
		{"a letter of two bytes is one column", "é", 1, 9, position{1, 2}},
		{"an emoji is two columns", "😀x", 1, 9, position{1, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got position
			got.Line, got.Column = clamp(strings.Split(test.source, "\n"), test.line, test.column)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("clamp (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, said, want string }{
		{"nothing", "", ""},
		{"plain text", "undefined local variable `x'", "undefined local variable `x'"},
		{"other scripts", "é ß 漢字 😀 العربية עברית", "é ß 漢字 😀 العربية עברית"},
		{"tabs stay, newlines become spaces", "a\tb\nc", "a\tb c"},
		{"carriage returns go", "safe\rnot\r\n", "safenot "},
		{"every other control character of ASCII", controls(0, 0x20) + "a\x7fb", "\t ab"},
		{"the control characters beyond ASCII", "a" + controls(0x80, 0xa0) + "b", "ab"},
		{"the characters beside them", " ~\u00a0¡", " ~\u00a0¡"},
		{"a colour", "\x1b[31mred\x1b[0m", "[31mred[0m"},
		{"a title, by a control character beyond ASCII", "\u009d0;title\u009c", "0;title"},
		{"line and paragraph separators", "a\u2028b\u2029c", "abc"},
		{"embeddings and overrides", "a\u202ab\u202bc\u202cd\u202de\u202ef", "abcdef"},
		{"marks of direction", "a\u061cb\u200ec\u200fd", "abcd"},
		{"isolates", "a\u2066b\u2067c\u2068d\u2069e", "abcde"},
		{"the characters beside the marks", "\u2027\u202f\u2065\u2070", "\u2027\u202f\u2065\u2070"},
		{"bytes that are no text", "a\xffb", "a\uFFFDb"},
		{"a run of them", "a\xff\xfe\xc0b", "a\uFFFDb"},
		{"half a letter at the end", "a\xc3", "a\uFFFD"},
		{"a surrogate", "a\xed\xa0\x80b", "a\uFFFDb"},
		{"a control character in a form too long", "a\xc0\x9b[31m", "a\uFFFD[31m"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := printable(test.said)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("printable (-want +got):\n%s", diff)
			}
			if again := printable(got); again != got {
				t.Errorf("what is printable already: got %q, want %q", again, got)
			}
		})
	}
}

// controls are the characters from first up to, but without, end.
func controls(first, end rune) string {
	var s strings.Builder
	for r := first; r < end; r++ {
		s.WriteRune(r)
	}
	return s.String()
}
