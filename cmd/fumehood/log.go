package main

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// newLog writes JSON, a line for each message, to standard error.
func newLog(s streams, level string) *slog.Logger {
	var l slog.Level
	// Validate has seen the level.
	_ = l.UnmarshalText([]byte(level))
	return slog.New(slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: l, ReplaceAttr: cleanAttribute}))
}

// maxLogged is what of one value is logged: a stack, but not a source.
const maxLogged = 4096

// cleanAttribute makes a value short, and harmless on a terminal that shows
// JSON as it is. The handler escapes quotes, ASCII's control characters and
// U+2028; the other invisible ones are for us.
func cleanAttribute(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if text := a.Value.String(); len(text) > maxLogged || !plain(text) {
			a.Value = slog.StringValue(clean(text))
		}
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case error:
			a.Value = slog.StringValue(clean(v.Error()))
		case fmt.Stringer:
			a.Value = slog.StringValue(clean(v.String()))
		}
	}
	return a
}

// firstOther is the first control character that JSON leaves as it is.
const firstOther = 0x7f

func plain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= firstOther {
			return false
		}
	}
	return true
}

func clean(text string) string {
	if len(text) > maxLogged {
		text = strings.ToValidUTF8(text[:maxLogged], "") + "…"
	}
	if plain(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		// Cf holds the bidirectional marks, Cc the controls from U+007F.
		if r >= firstOther && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			fmt.Fprintf(&b, "\\u{%04X}", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
