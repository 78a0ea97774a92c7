package pool

import (
	"slices"
	"testing"

	"github.com/fumehood/fumehood/internal/box"
)

// The boxes weigh what the most urgent thing does that they have to do, and as
// usual at rest.
func TestPace(t *testing.T) {
	t.Parallel()
	var set []box.Weight
	p := pace{weigh: func(w box.Weight) { set = append(set, w) }}
	first, second := p.begin(box.Usual), p.begin(box.Usual)
	first.falter() // the second is to be served soon
	second.end()   // least
	first.falter()
	behind := p.begin(box.Low)  // low
	third := p.begin(box.Usual) // usual
	third.end()                 // low
	behind.falter()             // least
	behind.end()
	first.end() // as usual
	first.falter()
	want := []box.Weight{box.Least, box.Low, box.Usual, box.Low, box.Least, box.Usual}
	if !slices.Equal(set, want) {
		t.Errorf("weights %v, want %v", set, want)
	}
	if p.counts != [3]int{} {
		t.Errorf("left: %v", p.counts)
	}
}
