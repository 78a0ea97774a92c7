package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/job"
)

// control is an honest template that uses what its interpreter offers; the
// walls must let it.
type control struct{ name, language, source, want string }

var controls = slices.Concat(rubyControls, scriptControls)

func controlsOf(language string) []control {
	var of []control
	for _, c := range controls {
		if c.language == language {
			of = append(of, c)
		}
	}
	return of
}

func TestControls(t *testing.T) {
	s := sharedDaemon(t)
	for _, c := range controls {
		t.Run(c.language+" "+c.name, func(t *testing.T) {
			t.Parallel()
			got := s.compile(t, c.language, c.source, nil)
			if got.Outcome != "ok" || strings.TrimSpace(got.output()) != c.want {
				t.Errorf("%s %q %q, want ok %q", got.Outcome, got.output(), got.message(), c.want)
			}
		})
	}
}

// The limit is the last length that passes, in each kind of box.
func TestSourceOfTheLimit(t *testing.T) {
	s := sharedDaemon(t)
	for _, test := range []struct{ language, first, filler, last string }{
		{"erb", "<p>", "x", "</p>"},
		{"ejs", "<p>", "x", "</p>"},
		{"css", "a{color:red}/*", "x", "*/"},
		{"typescript", "/*", "x", "*/"},
	} {
		t.Run(test.language, func(t *testing.T) {
			t.Parallel()
			limit := int(s.config.Source / job.Bytes(len(test.filler)))
			source := test.first + strings.Repeat(test.filler, limit-len(test.first)-len(test.last)) + test.last
			if got := s.compile(t, test.language, source, nil); got.Outcome != "ok" {
				t.Errorf("%d bytes: %s %q, want ok", len(source), got.Outcome, got.message())
			}
		})
	}
}
