package pool

import (
	"sync"

	"github.com/fumehood/fumehood/internal/job"
)

// Budget divides the memory that parked cells may have between the pools of a
// daemon. It is safe for concurrent use.
type Budget struct {
	bytes job.Bytes

	mu     sync.Mutex
	shares []*share // in the order in which their pools came up
}

// share is one pool's part of a Budget.
type share struct {
	claim
	// grant is told how many cells the pool may park. It must not block, nor
	// call the budget.
	grant func(cells int)
}

// NewBudget makes a budget of so many bytes for all parked cells together.
func NewBudget(bytes job.Bytes) *Budget {
	return &Budget{bytes: bytes}
}

// ask replaces what a pool claims, and grants every pool its part anew.
func (b *Budget) ask(s *share, c claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.claim = c
	known := false
	claims := make([]claim, 0, len(b.shares)+1)
	for _, other := range b.shares {
		known = known || other == s
		claims = append(claims, other.claim)
	}
	if !known {
		b.shares = append(b.shares, s)
		claims = append(claims, c)
	}
	for at, cells := range divide(claims, b.bytes) {
		b.shares[at].grant(cells)
	}
}

// claim is what one pool asks of a Budget.
type claim struct {
	// wanted is how many parked cells suit the demand.
	wanted int
	// least and most bound what is granted, whatever is wanted.
	least, most int
	// cost is what one parked cell has of its own.
	cost job.Bytes
}

// divide returns how many cells each claim is granted. Each gets its least,
// even beyond the budget: a pool without a parked cell would fork on every
// job's way. What is left of the budget goes cell by cell to where most are
// missing.
func divide(claims []claim, budget job.Bytes) []int {
	granted := make([]int, len(claims))
	for at, c := range claims {
		granted[at] = c.least
		budget -= job.Bytes(c.least) * c.cost
	}
	missing := func(at int) int {
		return min(claims[at].wanted, claims[at].most) - granted[at]
	}
	for {
		next := -1
		for at, c := range claims {
			if missing(at) > 0 && c.cost <= budget && (next < 0 || missing(at) > missing(next)) {
				next = at
			}
		}
		if next < 0 {
			return granted
		}
		granted[next]++
		budget -= claims[next].cost
	}
}
