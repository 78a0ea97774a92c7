package pool

import (
	"sync"
	"time"
)

// Boxes says how many boxes of a kind run side by side, and when. A zygote
// forks one cell after the other, on one processor: where there are many, it
// can be what all jobs wait for.
type Boxes struct {
	// Most is how many there may be. With 1 nothing else matters.
	Most int
	// After is how long jobs must have waited for forks until another box is
	// started, Rest how long fewer boxes must have sufficed until one is ended.
	After, Rest time.Duration
	// Idle is the time that this machine's processors had nothing to do, all
	// together, since some moment in the past.
	Idle func() time.Duration
}

// looksBefore is how many looks in a row must show strain.
const looksBefore = 3

func (b Boxes) interval() time.Duration { return b.After / looksBefore }

// sight is what a look at a pool shows. The times are sums that only grow.
type sight struct {
	at time.Time
	// waited is how long jobs have waited for cells, forking how long zygotes
	// had cells to fork, idle how long processors had nothing to do.
	waited, forking, idle time.Duration
	// boxes serve; slots are free in each of them.
	boxes int
	slots bool
}

func (p *Pool) look() sight {
	s := sight{at: time.Now(), waited: time.Duration(p.waits.sum.Load()), slots: true}
	if p.config.Boxes.Most > 1 {
		s.idle = p.config.Boxes.Idle()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.forking = p.forkingTime()
	for _, t := range p.serving() {
		s.boxes++
		s.slots = s.slots && len(t.slots) > 0
	}
	return s
}

// verdict says what has to happen to the number of boxes.
type verdict int

const (
	enough verdict = iota
	more
	fewer
)

const (
	// waiting is how many jobs wait, on average, when boxes are short.
	waiting = 0.5
	// busy is the part of the time that every zygote has cells to fork then.
	busy = 0.9
	// freeProcessor is how much of a processor another box needs to be of use.
	freeProcessor = 0.5
	// spare is how busy the boxes that stay may be when one ends: less than
	// what starts one, so that the number does not swing.
	spare = 0.7
)

// strain follows a pool look by look.
type strain struct {
	boxes      Boxes
	last       sight
	strained   int
	spareSince time.Time // zero: no box can be spared
	allowed    int       // boxes, those included that start
}

// judge compares a look with the one before it.
func (s *strain) judge(now sight) verdict {
	last := s.last
	s.last = now
	if now.boxes == 0 {
		s.strained, s.spareSince = 0, time.Time{}
		return enough
	}
	part := func(d time.Duration) float64 { return float64(d) / float64(now.at.Sub(last.at)) }
	waited, forking, idle := part(now.waited-last.waited), part(now.forking-last.forking), part(now.idle-last.idle)

	if now.slots && waited >= waiting && forking >= busy*float64(now.boxes) && idle >= freeProcessor {
		s.strained++
	} else {
		s.strained = 0
	}
	if forking >= spare*float64(now.boxes-1) {
		s.spareSince = time.Time{}
	} else if s.spareSince.IsZero() {
		s.spareSince = last.at
	}
	switch {
	case s.strained >= looksBefore && s.allowed < s.boxes.Most:
		s.strained = 0
		s.allowed++
		return more
	case !s.spareSince.IsZero() && now.at.Sub(s.spareSince) >= s.boxes.Rest && s.allowed > 1:
		s.spareSince = time.Time{}
		s.allowed--
		return fewer
	}
	return enough
}

// busyTime adds up the time in which something was under way, however much at
// once.
type busyTime struct {
	mu       sync.Mutex
	under    int
	since    time.Time
	finished time.Duration
}

// begin says that something begins, and returns what says that it is over.
func (b *busyTime) begin() (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under++; b.under == 1 {
		b.since = time.Now()
	}
	return b.end
}

func (b *busyTime) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under--; b.under == 0 {
		b.finished += time.Since(b.since)
	}
}

func (b *busyTime) read() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under > 0 {
		return b.finished + time.Since(b.since)
	}
	return b.finished
}
