package job_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

func TestFrame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source string
		line, column int
		want         string
	}{
		{"first line, first column", "%p\n  text\n", 1, 1, "%p\n^"},
		{"second line", "%p\n  text\n", 2, 3, "  text\n  ^"},
		{"last line without an end", "%p\n  text", 2, 6, "  text\n     ^"},
		{"no line", "%p\n", 0, 1, ""},
		{"line below 0", "%p\n", -1, 1, ""},
		{"line past the end", "%p\n", 3, 1, ""},
		{"behind the final newline", "%p\n", 2, 1, "\n^"},
		{"empty source", "", 1, 1, "\n^"},
		{"line past an empty source", "", 2, 1, ""},
		{"empty line between", "a\n\nb", 2, 1, "\n^"},

		{"no column", "%p\n  text\n", 2, 0, "  text"},
		{"column at the end", "abc", 1, 4, "abc\n   ^"},
		{"column past the end", "abc\nd", 1, 1000, "abc\n   ^"},

		{"CRLF", "a\r\n\tbc\r\nd", 2, 3, "\tbc\n\t ^"},
		{"CRLF, column past the end", "ab\r\n", 1, 99, "ab\n  ^"},
		{"CR alone ends no line", "a\rb\nc", 1, 3, "a\uFFFDb\n  ^"},

		{"what a terminal would act on is shown as unknown", "a\x1b[31mb\u202ec", 1, 2, "a\uFFFD[31mb\uFFFDc\n ^"},

		{"tabs keep their width", "\t\ta\tb", 1, 5, "\t\ta\tb\n\t\t \t^"},
		{"column of a tab", "\t\ta", 1, 2, "\t\ta\n\t^"},

		{"a letter of two bytes is one unit", "é=x", 1, 2, "é=x\n ^"},
		{"an emoji is two units", "😀=x", 1, 3, "😀=x\n ^"},
		{"behind two emoji", "a😀😀b", 1, 6, "a😀😀b\n   ^"},
		{"column inside an emoji", "😀=x", 1, 2, "😀=x\n ^"},
		{"a family is many units", "👨‍👩‍👧x", 1, 9, "👨‍👩‍👧x\n     ^"},

		{"as long as a frame may be", strings.Repeat("x", 200), 1, 200, strings.Repeat("x", 200) + "\n" + strings.Repeat(" ", 199) + "^"},
		{"a byte longer", strings.Repeat("x", 201), 1, 1, strings.Repeat("x", 200) + "…"},
		{"very long", "a\n" + strings.Repeat("x", 1<<20) + "\nb", 2, 7, strings.Repeat("x", 200) + "…"},
		{"very long, cut inside a letter", "x" + strings.Repeat("é", 200), 1, 1, "x" + strings.Repeat("é", 99) + "…"},
		{"very long, cut inside an emoji", "xxx" + strings.Repeat("😀", 100), 1, 0, "xxx" + strings.Repeat("😀", 49) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := job.Diagnostic{Line: test.line, Column: test.column}.Frame(test.source)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Frame (-want +got):\n%s", diff)
			}
		})
	}
}
