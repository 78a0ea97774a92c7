package main

import (
	"strings"
	"testing"

	attacks "github.com/fumehood/fumehood/corpus/attacks"
	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
)

// Every attack of the corpus is stopped by a daemon with the default settings,
// but for the number of parked cells, which stays the same.
func TestProve(t *testing.T) {
	boxtest.Kinds(t)
	s := startDaemon(t, func(c *config.Config) { c.Boxes = "" })
	r := attackerOf(t, s)
	cases := attackCases(t)
	if len(cases) < 200 {
		t.Errorf("%d attacks, want 200 or more", len(cases))
	}
	for _, c := range cases {
		v, err := r.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if v.Result != attack.Stopped {
			t.Errorf("%s %s %s: %s (%s %q)", v.Result, v.ID, v.Title, v.Reason, v.Outcome, v.Seen)
		}
	}
}

// No class of the threat model is without a case, and no id is given twice.
func TestAttackCorpusIsWhole(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	classes := make(map[byte]int)
	for _, c := range attackCases(t) {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		classes[c.ID[0]]++
		if !strings.EqualFold(c.ID[:1], c.Class[:1]) {
			t.Errorf("%s is in class %s", c.ID, c.Class)
		}
	}
	for letter := byte('A'); letter <= 'Q'; letter++ {
		if classes[letter] == 0 {
			t.Errorf("class %c has no case", letter)
		}
	}
}

func attackCases(t *testing.T) []*attack.Case {
	t.Helper()
	cases, err := attack.Load(attacks.Files)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func attackerOf(t *testing.T, s *serving) *attack.Runner {
	t.Helper()
	return attackerWith(t, attack.Options{URL: s.url, Local: true})
}

func attackerWith(t *testing.T, o attack.Options) *attack.Runner {
	t.Helper()
	r, err := attack.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}
