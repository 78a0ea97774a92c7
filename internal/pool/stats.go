package pool

import (
	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
)

// Stats describe a pool at one moment.
type Stats struct {
	Kind  string
	Ready bool
	// Jobs is how many jobs were given to a cell.
	Jobs uint64
	// Parked, Running and Dying are cells that are alive.
	Parked, Running, Dying int
	// Generations is how many boxes were started. Each but the living has been
	// recycled, by count or age; retired, after a death that was Suspect; or
	// lost: it went down by itself or had to be destroyed.
	Generations, Recycled, Retired, Lost uint64
	// PendingRetirement: the serving box will be retired when it may be.
	PendingRetirement bool
	// Deaths counts how cells ended, by each of cell.Deaths.
	Deaths map[cell.Death]uint64
	// Missing are the walls that the serving box lacks, with the operator's
	// consent.
	Missing []string
	// Boxes are the pool's boxes, draining ones included.
	Boxes []box.Stats
}

// Stats returns the pool's counters, all of one moment.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Stats{
		Kind: p.config.Kind, Ready: p.serving != nil, Jobs: p.jobs.Load(),
		Generations: p.started, Recycled: p.ended[recycled], Retired: p.ended[retired], Lost: p.ended[lost],
		PendingRetirement: p.serving != nil && isClosed(p.serving.suspected),
		Deaths:            make(map[cell.Death]uint64, len(cell.Deaths)),
	}
	if p.serving != nil {
		s.Missing = p.serving.missing
	}
	for _, d := range cell.Deaths {
		s.Deaths[d] = p.deaths[d]
	}
	for t := range p.tenures {
		s.Parked += int(t.parked.Load())
		s.Running += int(t.running.Load())
		s.Dying += int(t.dying.Load())
		s.Boxes = append(s.Boxes, t.box.Stats())
	}
	return s
}

// countDeath counts a cell's death, unless nobody knows of it.
func (p *Pool) countDeath(d cell.Death) {
	if d == cell.DeathUnknown {
		return
	}
	p.mu.Lock()
	p.deaths[d]++
	p.mu.Unlock()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
