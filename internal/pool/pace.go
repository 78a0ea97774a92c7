package pool

import (
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/box"
)

// pace knows how much a pool's boxes have to do soon - jobs, waiting ones
// included, cells to fork and to bury - and how many jobs have taken long. While
// there is nothing but those, the boxes weigh less than others: a job in another
// box comes first.
type pace struct {
	mu          sync.Mutex
	fresh, slow int
	weight      box.Weight
	// weigh gives the boxes their weight.
	weigh func(box.Weight)
}

func (p *pace) change(fresh, slow int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fresh += fresh
	p.slow += slow
	want := box.Usual
	if p.fresh == 0 && p.slow > 0 {
		want = box.Least
	}
	if want != p.weight {
		p.weight = want
		p.weigh(want)
	}
}

// begin counts a job, or something else that the boxes have to do soon. It must
// be ended.
func (p *pace) begin() *stride {
	p.change(1, 0)
	return &stride{pace: p}
}

// stride is one job's.
type stride struct {
	pace *pace

	mu         sync.Mutex
	slow, over bool
	timer      *time.Timer // nil unless something repeats
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
	if s.slow || s.over {
		return
	}
	s.slow = true
	s.pace.change(-1, 1)
}

func (s *stride) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.slow {
		s.pace.change(0, -1)
	} else {
		s.pace.change(-1, 0)
	}
}
