package admit

import (
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// Turn is a compile that runs. Its methods may be called from many goroutines.
type Turn struct {
	gate   *Gate
	tenant *tenant
	kind   *kind
	// began is when it got the turn; yielded says that it gave it back, ended
	// that it runs no more.
	began          time.Time
	yielded, ended bool
	// behind says that it is one of many of its tenant, while somebody else is
	// there.
	behind bool
	// estimate is what the tenant was charged for it ahead.
	estimate time.Duration
}

var _ job.Watcher = (*Turn)(nil)

// Precondition: mu held.
func (t *Turn) begin() {
	g := t.gate
	g.visited(t.tenant)
	g.brisk++
	g.running++
	t.tenant.brisk++
	t.tenant.running++
	t.kind.running++
	g.virtual = max(g.virtual, t.tenant.used)
	t.behind = (t.tenant.running > 1 || time.Since(t.tenant.idle) < pause) && g.shared(t.tenant)
	t.estimate = t.kind.cpu
	t.tenant.pending += t.estimate
	t.began = time.Now()
}

// pause is how long a tenant has to run nothing for its next compile not to be
// one of many. Who keeps the processors busy without one gives way to who comes
// now and then.
const pause = 10 * time.Millisecond

// Behind reports whether the compile gives way to others: the first of a tenant
// after a pause does not, and nobody does while there is one tenant alone.
func (t *Turn) Behind() bool { return t.behind }

// Slow gives the turn to the next: the compile takes longer than most.
func (t *Turn) Slow() {
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	if t.ended || t.yielded {
		return
	}
	t.gate.slow++
	t.yield()
	t.gate.dispatch()
}

// Precondition: gate.mu held.
func (t *Turn) yield() {
	t.yielded = true
	t.gate.brisk--
	t.tenant.brisk--
	fade(&t.kind.hold, time.Since(t.began))
}

// Spent charges the tenant for processor time that one of the compile's cells
// has used. It may come after End, as an answer does not wait for it.
func (t *Turn) Spent(cpu time.Duration) {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	t.tenant.used += cpu
	t.tenant.pending -= t.estimate
	t.estimate = 0
	t.tenant.charge(time.Now(), cpu)
	fade(&t.kind.cpu, cpu)
}

// End says that the compile is over. It must be called once.
func (t *Turn) End() {
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	t.end()
}

// Precondition: gate.mu held.
func (t *Turn) end() {
	if !t.yielded {
		t.yield()
	}
	t.ended = true
	fade(&t.kind.whole, time.Since(t.began))
	t.gate.running--
	t.tenant.running--
	t.tenant.idle = time.Now()
	t.gate.visited(t.tenant)
	t.kind.running--
	t.gate.dispatch()
}
