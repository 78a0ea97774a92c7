package pool

import (
	"testing"
	"time"
)

// Demand grows at once, is kept for the window, and then forgotten.
func TestDemand(t *testing.T) {
	t.Parallel()
	var d demand
	if d.cells() != 0 {
		t.Errorf("without demand %d cells", d.cells())
	}
	if !d.note(8) || d.note(8) || d.note(3) {
		t.Error("note does not tell a new peak from others")
	}
	for turn := range remembered - 1 {
		d.turn(1)
		d.note(2)
		if d.most() != 8 || d.cells() != 12 {
			t.Errorf("after %d turns at most %d, %d cells, want 8 and 12", turn+1, d.most(), d.cells())
		}
	}
	d.turn(1)
	if d.most() != 2 || d.cells() != 3 {
		t.Errorf("after the window at most %d, %d cells, want 2 and 3", d.most(), d.cells())
	}
	// What still runs is wanted in the new part of the window too.
	d.turn(5)
	for range remembered - 1 {
		d.turn(0)
	}
	if d.most() != 5 {
		t.Errorf("at most %d, want the 5 that ran at the turn", d.most())
	}
	d.turn(0)
	if d.most() != 0 {
		t.Errorf("at most %d, want nothing", d.most())
	}
}

// A box more, and one less, only when each of the conditions holds for long
// enough.
func TestStrain(t *testing.T) {
	t.Parallel()
	const s = time.Second
	start := time.Now()
	type step struct {
		waited, forking, idle time.Duration // within the second before
		boxes                 int
		slots                 bool
		want                  verdict
	}
	strained := step{waited: 2 * s, forking: s, idle: s, boxes: 1, slots: true}
	but := func(change func(*step)) step {
		other := strained
		change(&other)
		return other
	}
	third := but(func(s *step) { s.want = more })
	two := but(func(s *step) { s.boxes, s.forking = 2, 2*time.Second })
	rest := step{forking: s / 2, idle: s, boxes: 2, slots: true}
	lastRest := rest
	lastRest.want = fewer
	for name, steps := range map[string][]step{
		"strain":                     {strained, strained, third},
		"strain is interrupted":      {strained, strained, rest, strained, strained, third},
		"few wait":                   {strained, strained, but(func(c *step) { c.waited = s / 4 }), strained},
		"the zygote has time":        {strained, strained, but(func(c *step) { c.forking = s / 2 }), strained},
		"no processor is free":       {strained, strained, but(func(c *step) { c.idle = s / 4 }), strained},
		"no slot is free":            {strained, strained, but(func(c *step) { c.slots = false }), strained},
		"no box serves":              {strained, strained, but(func(c *step) { c.boxes = 0 }), strained, strained, third},
		"no more than the most":      {strained, strained, third, two, two, two, two, two},
		"rest":                       {strained, strained, third, rest, rest, rest, lastRest, rest, rest, rest, rest, rest},
		"rest is interrupted":        {strained, strained, third, rest, rest, rest, two, rest, rest, rest, lastRest},
		"the first is never spared":  {rest, rest, rest, rest, rest, rest},
		"two are needed a while yet": {strained, strained, third, but(func(c *step) { c.boxes, c.forking = 2, s }), rest, rest, rest, lastRest},
	} {
		follower := strain{boxes: Boxes{Most: 2, After: 3 * s, Rest: 4 * s}, last: sight{at: start}, allowed: 1}
		now := follower.last
		for at, step := range steps {
			now.at = now.at.Add(s)
			now.waited += step.waited
			now.forking += step.forking
			now.idle += step.idle
			now.boxes, now.slots = step.boxes, step.slots
			if got := follower.judge(now); got != step.want {
				t.Errorf("%s: second %d: %v, want %v", name, at+1, got, step.want)
			}
		}
	}
}

// However many things are under way at once, time passes once.
func TestBusyTime(t *testing.T) {
	t.Parallel()
	var b busyTime
	if b.read() != 0 {
		t.Errorf("busy for %v before anything began", b.read())
	}
	began := time.Now()
	first, second := b.begin(), b.begin()
	first()
	time.Sleep(time.Millisecond)
	if got := b.read(); got < time.Millisecond || got > time.Since(began) {
		t.Errorf("busy for %v, want from 1ms to %v", got, time.Since(began))
	}
	second()
	once := b.read()
	time.Sleep(time.Millisecond)
	if got := b.read(); got != once || got > time.Since(began) {
		t.Errorf("busy for %v when all is over, before for %v", got, once)
	}
}
