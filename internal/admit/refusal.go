package admit

import (
	"fmt"
	"time"
)

// Reason is why a compile was refused.
type Reason string

// The reasons: the line is as long as it may be, or longer than what can be
// served in time; the time in it is up; the tenant's quota is used up.
const (
	Full  Reason = "queue_full"
	Late  Reason = "queue_timeout"
	Quota Reason = "quota"
	// Crowd: the tenant runs as many as it may.
	Crowd Reason = "tenant_concurrency"
)

// Reasons lists every reason.
var Reasons = []Reason{Full, Late, Quota, Crowd}

// reason is Crowd where it is the tenant's own limit that keeps it waiting.
// Precondition: mu held.
func (g *Gate) reason(t *tenant, otherwise Reason) Reason {
	if g.config.TenantRunning > 0 && t.running >= g.config.TenantRunning {
		return Crowd
	}
	return otherwise
}

// Refusal is the answer to a compile that is not run.
type Refusal struct {
	Reason Reason
	// RetryAfter is when the same compile may have better luck: what is in line
	// has been served, or some of the quota is there again.
	RetryAfter time.Duration
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("compile refused: %s, come back in %v", r.Reason, r.RetryAfter)
}

// Check reports, before anything of a request is known but whose it is, that it
// would be refused whatever it asks for. The error is *Refusal.
func (g *Gate) Check(tenantName string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.mayPay(g.tenant(tenantName)); err != nil {
		return err
	}
	// Who has nothing in line may run at once, or take another's place.
	if t := g.tenant(tenantName); len(t.line) > 0 && g.waiting >= 2*g.config.Queue {
		return g.refuse(g.reason(t, Full), g.longest(t))
	}
	return nil
}

// Refuses reports that a compile of a kind would find no place in its line now.
// It is for who would otherwise prepare one in vain. The error is *Refusal.
func (g *Gate) Refuses(kindName, tenantName string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, err := g.place(g.tenant(tenantName), g.kind(kindName))
	return err
}

// place says why a compile cannot wait for its turn, or who has to leave for
// it, if anybody. In a line that is full a newcomer takes the place of the last
// one of the tenant that has the most there, if that has more than the
// newcomer's own.
// Precondition: mu held.
func (g *Gate) place(t *tenant, k *kind) (leaves *waiter, err error) {
	if err := g.mayPay(t); err != nil {
		return nil, err
	}
	wait := g.backlog(t, k)
	if k.waiting < g.config.Queue && g.waiting < 2*g.config.Queue && wait < g.config.Timeout {
		return nil, nil
	}
	if len(t.line) == 0 && g.mayRun(t) && g.mayRunOf(k) {
		return nil, nil
	}
	line := k
	if k.waiting < g.config.Queue && wait < g.config.Timeout {
		line = nil // it is all lines together that are too long
	}
	if leaves = g.lastOfLongest(t, line); leaves == nil {
		return nil, g.refuse(g.reason(t, Full), g.comeBack(t, k))
	}
	return leaves, nil
}

// Precondition: mu held.
func (g *Gate) mayPay(t *tenant) error {
	if debt := t.debt(time.Now()); debt > 0 {
		return g.refuse(Quota, debt)
	}
	return nil
}

// lastOfLongest is the newest waiter for a kind, or for any if that is nil, of
// the tenant that has the most of them, nil unless that has two more than t.
// Precondition: mu held.
func (g *Gate) lastOfLongest(t *tenant, k *kind) *waiter {
	own, _ := t.waiting(k)
	most, last := own+1, (*waiter)(nil)
	for _, other := range g.tenants {
		if n, newest := other.waiting(k); n > most {
			most, last = n, newest
		}
	}
	return last
}

// longest is when a tenant may come back for whatever kind.
// Precondition: mu held.
func (g *Gate) longest(t *tenant) time.Duration {
	var longest time.Duration
	for _, k := range g.kinds {
		longest = max(longest, g.comeBack(t, k))
	}
	return longest
}

// Precondition: mu held.
func (g *Gate) refuse(why Reason, after time.Duration) error {
	g.refused[why]++
	return &Refusal{Reason: why, RetryAfter: max(after, time.Second)}
}
