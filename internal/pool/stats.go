package pool

import (
	"slices"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cell"
	"github.com/fumehood/fumehood/internal/job"
)

// Stats describe a pool at one moment.
type Stats struct {
	Kind  string
	Ready bool
	// Jobs is how many jobs were given to a cell.
	Jobs uint64
	// Missed is how many jobs found no parked cell, Wait how long jobs waited
	// for theirs.
	Missed uint64
	Wait   Histogram
	// Parked, Running and Dying are cells that are alive.
	Parked, Running, Dying int
	// Target is how many cells are to be parked, CellBytes what one of them has
	// of its own, as measured before its box served.
	Target    int
	CellBytes job.Bytes
	// Fork is the time from a cell's opening until it was parked, Teardown from
	// the hang-up until its death was reported.
	Fork, Teardown Histogram
	// Forking is the time in which a zygote had a cell to fork, of all boxes.
	Forking time.Duration
	// Leaked is how many cells were not reported dead in time, after four looks
	// (docs/adr/009). Their boxes were destroyed.
	Leaked uint64
	// Generations is how many boxes were started. Each but the living has been
	// recycled, by count or age; retired, after a death that was Suspect; or
	// lost: it went down by itself or had to be destroyed; or dismissed: it was
	// not needed any more beside others.
	Generations, Recycled, Retired, Lost, Dismissed uint64
	// PendingRetirement: a serving box will be retired when it may be.
	PendingRetirement bool
	// Deaths counts how cells ended, by each of cell.Deaths.
	Deaths map[cell.Death]uint64
	// Missing are the walls that a serving box lacks, with the operator's
	// consent.
	Missing []string
	// Boxes are the pool's boxes, draining ones included.
	Boxes []box.Stats
}

// Stats returns the pool's counters, all of one moment.
func (p *Pool) Stats() Stats {
	cost := p.appetite.cost() // before mu: a claim is granted under both
	p.mu.Lock()
	defer p.mu.Unlock()
	serving := p.serving()
	s := Stats{
		Kind: p.config.Kind, Ready: len(serving) > 0, Jobs: p.jobs.Load(), Missed: p.missed.Load(), Leaked: p.leaked.Load(),
		Wait: p.waits.read(), Fork: p.forks.read(), Teardown: p.teardowns.read(), Forking: p.forkingTime(),
		Target: p.target, CellBytes: cost,
		Generations: p.started, Recycled: p.ended[recycled], Retired: p.ended[retired], Lost: p.ended[lost], Dismissed: p.ended[dismissed],
		Deaths: make(map[cell.Death]uint64, len(cell.Deaths)),
	}
	for _, t := range serving {
		s.PendingRetirement = s.PendingRetirement || isClosed(t.suspected)
		for _, wall := range t.seen.Missing {
			if !slices.Contains(s.Missing, wall) {
				s.Missing = append(s.Missing, wall)
			}
		}
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

// forkingTime wants mu to be held.
func (p *Pool) forkingTime() time.Duration {
	sum := p.forking
	for t := range p.tenures {
		sum += t.forking.read()
	}
	return sum
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
