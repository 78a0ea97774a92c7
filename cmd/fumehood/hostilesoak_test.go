package main

import (
	"testing"

	attacks "github.com/fumehood/fumehood/corpus/attacks"

	"github.com/fumehood/fumehood/corpus"
	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
)

// Attacks and compiles at once, against the default installation: every
// compile has its own right answer, every attack its documented end, and at
// each rest everything is as it was before the first.
func TestHostileSoak(t *testing.T) {
	boxtest.Kinds(t)
	soaked := &hostileSoak{requests: 2_000}
	var attacker, neighbour string
	s := startDaemon(t, func(c *config.Config) {
		c.Boxes = ""
		var err error
		if attacker, neighbour, err = soaked.prepare(c); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(soaked.tidy)
	r := attackerWith(t, attack.Options{URL: s.url, Token: attacker, CanaryToken: neighbour, Local: true})
	samples, err := attack.LoadSamples(corpus.Files)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := attack.Load(attacks.Files)
	if err != nil {
		t.Fatal(err)
	}
	soak, err := r.Soak(t.Context(), attack.SoakOptions{
		Requests: soaked.requests, Parallel: 8, Hostile: 0.34, Canaries: 100, Cases: cases, Samples: samples,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range soak.Failures {
		t.Error(failure)
	}
	if soak.Hostile != 680 || soak.Legitimate != 1_320 || soak.Rests < 20 || soak.Attacked.Count == 0 {
		t.Errorf("%d attacks, %d compiles, %d rests, %d canaries", soak.Hostile, soak.Legitimate, soak.Rests, soak.Attacked.Count)
	}
	t.Logf("%.0f requests a second; canaries %+v, beside compiles %+v, beside attacks %+v", soak.PerSecond, soak.Quiet, soak.Loaded, soak.Attacked)
}
