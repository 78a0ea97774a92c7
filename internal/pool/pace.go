package pool

import (
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/box"
)

// pace knows how much a pool's boxes have to do, of three levels: what is to be
// done soon - jobs, waiting ones included, and cells to bury - what gives way to
// other tenants, and what has taken long. Cells to fork are of the level of the
// job that came last. The most urgent that there is
// decides what the boxes weigh beside others.
type pace struct {
	mu     sync.Mutex
	counts [3]int // by box.Weight
	weight box.Weight
	// weigh gives the boxes their weight.
	weigh func(box.Weight)
}

// move takes one from a level and adds one to another; none is neither.
func (p *pace) move(from, to box.Weight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from != none {
		p.counts[from]--
	}
	if to != none {
		p.counts[to]++
	}
	want := box.Usual
	for level, n := range p.counts {
		if n > 0 {
			want = box.Weight(level)
			break
		}
	}
	if want != p.weight {
		p.weight = want
		p.weigh(want)
	}
}

const none box.Weight = -1

// begin counts something that the boxes have to do. It must be ended.
func (p *pace) begin(level box.Weight) *stride {
	p.move(none, level)
	return &stride{pace: p, level: level}
}

// stride is one such thing.
type stride struct {
	pace *pace

	mu    sync.Mutex
	level box.Weight
	over  bool
	timer *time.Timer // nil unless something repeats
}

// repeat calls do after some time, and then each time after twice as long as
// before, until the stride ends.
func (s *stride) repeat(after time.Duration, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(after, func() {
		do()
		s.mu.Lock()
		defer s.mu.Unlock()
		after *= 2
		if !s.over {
			s.timer.Reset(after)
		}
	})
}

// falter says that the job has taken long.
func (s *stride) falter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.level == box.Least {
		return
	}
	s.pace.move(s.level, box.Least)
	s.level = box.Least
}

func (s *stride) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.pace.move(s.level, none)
}
