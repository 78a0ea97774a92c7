package bench

import (
	"slices"

	"github.com/fumehood/fumehood/internal/job"
)

// hostile is a source that does not end by itself, or wants more than there
// is, and what may become of it.
type hostile struct {
	Source
	outcomes []job.Outcome
}

var (
	endless = []job.Outcome{job.Timeout}
	hungry  = []job.Outcome{job.OutOfMemory, job.Timeout}
)

// loops are endless, bombs ask for memory; by language. Engines that only
// translate have neither.
var (
	loops = map[string]string{
		"haml": "- loop {}", "slim": "- loop {}", "erb": "<% loop {} %>",
		"pug": "- for (;;);", "ejs": "<% for (;;); %>", "eta": "<% for (;;); %>",
		"scss": "@while true {}", "sass": "@while true\n  $a: 1",
	}
	bombs = map[string]string{
		"haml": "- a = []\n- loop { a << 'x' * 1_000_000 }",
		"slim": "- a = []\n- loop { a << 'x' * 1_000_000 }",
		"erb":  "<% a = []; loop { a << 'x' * 1_000_000 } %>",
		"pug":  "- var a = []; for (;;) a.push(new Array(100000).fill(1.5))",
		"ejs":  "<% const a = []; for (;;) a.push(new Array(100000).fill(1.5)) %>",
		"eta":  "<% const a = []; for (;;) a.push(new Array(100000).fill(1.5)) %>",
		"scss": "$a: 1; @while true { $a: $a $a; }",
		"sass": "$a: 1\n@while true\n  $a: $a $a",
		"less": ".m(@n) when (@n > 0) { .m(@n - 1); .m(@n - 1); } .m(60);",
	}
)

// Harm says which hostile sources are sent.
type Harm string

// The closed set of it.
const (
	Loops Harm = "loops" // endless loops
	Bombs Harm = "bombs" // sources that ask for more memory than there is
	Both  Harm = "both"
)

// Harms lists the set.
var Harms = []Harm{Loops, Bombs, Both}

// Valid reports whether h is of the set.
func (h Harm) Valid() bool { return slices.Contains(Harms, h) }

// hostilesOf lists a language's hostile sources of a sort; none, if it has no
// way to be hostile.
func hostilesOf(language string, h Harm) []hostile {
	var all []hostile
	add := func(of map[string]string, sort Harm, outcomes []job.Outcome) {
		if text, ok := of[language]; ok && (h == sort || h == Both) {
			all = append(all, hostile{Source{language, text, marks[language]}, outcomes})
		}
	}
	add(loops, Loops, endless)
	add(bombs, Bombs, hungry)
	return all
}

// Harmful reports whether the mix has hostile sources of its sort.
func (m Mix) Harmful() bool {
	return slices.ContainsFunc(m.Sources, func(s Source) bool { return len(hostilesOf(s.Language, m.Harm)) > 0 })
}
