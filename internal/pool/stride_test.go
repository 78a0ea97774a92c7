package pool

import (
	"slices"
	"testing"

	"github.com/fumehood/fumehood/internal/box"
)

// The boxes weigh less exactly while there is something and all of it gives way.
func TestPace(t *testing.T) {
	t.Parallel()
	var set []box.Weight
	p := pace{weigh: func(w box.Weight) { set = append(set, w) }}
	first, second := p.begin(), p.begin()
	first.falter() // the second is to be served at once
	second.end()   // only one that gives way is left: less
	first.falter()
	third := p.begin() // as usual
	third.falter()     // less
	first.end()
	third.end() // nothing is left: as usual
	third.falter()
	want := []box.Weight{box.Least, box.Usual, box.Least, box.Usual}
	if !slices.Equal(set, want) {
		t.Errorf("weights %v, want %v", set, want)
	}
	if p.fresh != 0 || p.slow != 0 {
		t.Errorf("left: %d fresh, %d slow", p.fresh, p.slow)
	}
}
