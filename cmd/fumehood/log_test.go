package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// stringer is a value that is logged by its String.
type stringer string

func (s stringer) String() string { return string(s) }

// Whatever gets into a message's values, a line is one line of JSON, short, and
// plain to read on any terminal.
func TestLogIsHarmless(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a forged line": "x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\r\n", "colours": "\x1b[31m\x07\x7f", "NUL": "a\x00b",
		"C1 controls": "\u0080\u0085\u009b31m", "bidirectional": "a\u202e\u2066\u200fb\u2069\u061c", "line separators": "a\u2028b\u2029c",
		"invisible": "\ufeff\u200b\u2060\u00ad\U000e0041", "no UTF-8": "a\xff\xc0\x80b", "long": strings.Repeat("é\n", 1<<19),
		"long of invisible ones": strings.Repeat("\u202e", 1<<19),
	} {
		for kind, value := range map[string]any{"string": text, "error": errors.New(text), "stringer": stringer(text)} {
			var out bytes.Buffer
			newLog(streams{err: &out}, "info").With("with", text).Info("message", "value", value)
			line := out.String()
			var entry struct{ Msg, Value, With string }
			if err := json.Unmarshal(out.Bytes(), &entry); err != nil || entry.Msg != "message" || entry.Value == "" || entry.Value != entry.With {
				t.Errorf("%s as %s: %v in %.300q", name, kind, err, line)
			}
			if strings.Count(line, "\n") != 1 || len(line) > 40<<10 || !utf8.ValidString(line) {
				t.Errorf("%s as %s: %d bytes in %d lines", name, kind, len(line), strings.Count(line, "\n"))
			}
			for _, r := range strings.TrimSuffix(line, "\n") {
				if r < ' ' || strings.ContainsRune("\x7f\u0080\u0085\u009b\u00ad\u061c\u200b\u200f\u2028\u2029\u202e\u2060\u2066\u2069\ufeff\U000e0041", r) {
					t.Errorf("%s as %s: %U is in the line", name, kind, r)
					break
				}
			}
		}
	}
	if got := clean("Grüße, 世界 😀"); got != "Grüße, 世界 😀" {
		t.Errorf("clean makes %q of plain text", got)
	}
}
