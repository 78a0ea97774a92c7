package pool

import (
	"sync"
	"sync/atomic"

	"github.com/fumehood/fumehood/internal/job"
)

// appetite watches how many jobs a pool has at once, and claims the cells for
// them from the daemon's budget.
type appetite struct {
	budget *Budget
	share  share
	// wanted is how many jobs run or wait, known the most that the demand
	// knows of: most jobs change neither, and take no lock.
	wanted, known atomic.Int64

	mu     sync.Mutex
	demand demand
	claim  claim
	up     bool // a box is, or was: the cost is known
}

func (a *appetite) open(c Config, grant func(cells int)) {
	a.budget, a.share.grant = c.Budget, grant
	a.claim = claim{least: c.Least, most: c.Most}
	a.demand.note(firstDemand)
	a.known.Store(firstDemand)
}

// want counts a job in; what it returns counts it out.
func (a *appetite) want() (done func()) {
	if n := a.wanted.Add(1); n > a.known.Load() {
		a.note(int(n))
	}
	return func() { a.wanted.Add(-1) }
}

// miss notes that a job found no parked cell. However few jobs there are at
// once, they come faster than cells are parked: one more would have helped.
func (a *appetite) miss() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.demand.cells() < a.claim.most {
		a.raise(a.demand.most() + 1)
	}
}

func (a *appetite) note(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.raise(n)
}

// costs sets what a parked cell costs, as the newest box has it. From the first
// time on the pool claims cells.
func (a *appetite) costs(cell job.Bytes) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.claim.cost, a.up = cell, true
	a.ask()
}

// turn moves the window of the demand on.
func (a *appetite) turn() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.demand.turn(int(a.wanted.Load()))
	a.known.Store(int64(a.demand.most()))
	a.ask()
}

// cost is what a parked cell has of its own.
func (a *appetite) cost() job.Bytes {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.claim.cost
}

// raise and ask want mu to be held.
func (a *appetite) raise(n int) {
	if a.demand.note(n) {
		a.known.Store(int64(n))
		a.ask()
	}
}

func (a *appetite) ask() {
	if a.up {
		a.claim.wanted = a.demand.cells()
		a.budget.ask(&a.share, a.claim)
	}
}
