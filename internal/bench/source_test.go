package bench

import (
	"testing"

	"github.com/fumehood/fumehood/internal/lang"
)

// Every language has sources without number. (That they compile, and to the
// same, is a test of cmd/fumehood.)
func TestSourcesDiffer(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Table {
		first, second := newTags(), newTags()
		s := ExampleOf(l)
		if marks[l.ID] == "" {
			t.Errorf("%s has no mark", l.ID)
		}
		seen := make(map[string]bool)
		for range 10 {
			seen[s.With(first.tag())] = true
			seen[s.With(second.tag())] = true
		}
		if len(seen) != 20 {
			t.Errorf("%s: of 20 sources %d differ", l.ID, len(seen))
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	tags := newTags()
	a, b := tags.tag(), tags.tag()
	if len(a) != len(noTag) {
		t.Errorf("a tag has %d characters, its stand-in %d", len(a), len(noTag))
	}
	if plain("/* "+a+" */", a) != plain("/* "+b+" */", b) {
		t.Error("outputs that differ in their tags alone are not the same")
	}
	if plain("/* "+a+" */", b) == plain("/* "+b+" */", b) {
		t.Error("another one's tag goes unnoticed")
	}
}

// Every hostile source is of a language that there is, and unlike the next.
func TestHostiles(t *testing.T) {
	t.Parallel()
	for _, of := range []map[string]string{loops, bombs} {
		for language := range of {
			if _, ok := lang.Find(language); !ok {
				t.Errorf("%s is no language", language)
			}
		}
	}
	for harm, want := range map[Harm]int{Loops: 1, Bombs: 1, Both: 2} {
		if got := len(hostilesOf("haml", harm)); got != want {
			t.Errorf("%s: %d, want %d", harm, got, want)
		}
	}
	if got := hostilesOf("markdown", Both); got != nil {
		t.Errorf("markdown is hostile: %v", got)
	}
}
