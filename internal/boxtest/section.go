package boxtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Section is the part of a page in docs/ between the comments <!-- mark --> and
// <!-- /mark -->, and what writes another one in its place.
func Section(t testing.TB, page, mark string) (text string, write func(string)) {
	t.Helper()
	name := filepath.Join(Root(t), "docs", page)
	all, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->\n"
	before, rest, found := strings.Cut(string(all), begin)
	text, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %q and %q", name, begin, end)
	}
	return text, func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(before+begin+text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
