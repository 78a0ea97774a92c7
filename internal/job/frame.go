package job

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// frameBytes bounds a frame: a line of source may be as long as the source.
const frameBytes = 200

// Frame quotes the line of source that the diagnostic is about, with a mark
// under the column when there is one. It is empty when the line is not known.
func (d Diagnostic) Frame(source string) string {
	line, ok := nthLine(source, d.Line)
	if !ok {
		return ""
	}
	line = strings.Map(func(r rune) rune {
		if Deceives(r) {
			return utf8.RuneError
		}
		return r
	}, line)
	if len(line) > frameBytes {
		return strings.ToValidUTF8(line[:frameBytes], "") + "…"
	}
	if d.Column == 0 {
		return line
	}
	var under strings.Builder
	units := 0
	for _, r := range line {
		if units >= d.Column-1 {
			break
		}
		units += utf16.RuneLen(r)
		// A tab keeps its width; anything else takes one place.
		if r == '\t' {
			under.WriteByte('\t')
		} else {
			under.WriteByte(' ')
		}
	}
	return line + "\n" + under.String() + "^"
}

// Deceives reports whether a terminal would act on r instead of showing it:
// control characters other than tab, line separators, and the marks that
// reorder text (Unicode's bidirectional controls).
func Deceives(r rune) bool {
	switch {
	case r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029:
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// nthLine returns line n of source, counted from 1, without its end.
func nthLine(source string, n int) (string, bool) {
	if n < 1 {
		return "", false
	}
	for ; n > 1; n-- {
		_, rest, found := strings.Cut(source, "\n")
		if !found {
			return "", false
		}
		source = rest
	}
	line, _, _ := strings.Cut(source, "\n")
	return strings.TrimSuffix(line, "\r"), true
}
