package admit

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Config of a Gate. All fields are needed, but for those that say otherwise.
type Config struct {
	// Turns is how many compiles run at full priority at once, Running how many
	// run in all: those that took long go on without a turn.
	Turns, Running int
	// SharedTurns is how many turns a tenant has at most while another tenant is
	// there, 0 for all: what is left runs whoever comes.
	SharedTurns int
	// Queue is how many may wait for each kind of box, and twice as many in all.
	Queue int
	// Timeout is how long a compile may wait.
	Timeout time.Duration
	// TenantRunning is how many a tenant may run at once, 0 for what is fair.
	TenantRunning int
	// TenantCPU is the processor time that a tenant may use in a minute, 0 for
	// any. A tenant that was idle may use a minute's worth at once.
	TenantCPU time.Duration
}

// Gate admits compiles. It is safe for concurrent use.
type Gate struct {
	config Config

	mu      sync.Mutex
	tenants map[string]*tenant
	kinds   map[string]*kind
	// brisk is how many hold a turn, running how many run, waiting how many are
	// in a line.
	brisk, running, waiting int
	// virtual is the used time of the tenant that was served last: who has been
	// away joins there, and not with what it did not use meanwhile.
	virtual time.Duration
	refused map[Reason]uint64
	slow    uint64
	// last and before are the tenants that were here last.
	last, before visit
}

// visit is when a tenant was here.
type visit struct {
	tenant *tenant
	at     time.Time
}

// company is how long a tenant counts as being there after it came, got a turn, and
// was done with it.
const company = 10 * time.Second

// visited notes that a tenant is here.
// Precondition: mu held.
func (g *Gate) visited(t *tenant) {
	if g.last.tenant != t {
		g.before = g.last
	}
	g.last = visit{t, time.Now()}
}

// shared reports whether others than t are there.
// Precondition: mu held.
func (g *Gate) shared(t *tenant) bool {
	for _, v := range []visit{g.last, g.before} {
		if v.tenant != nil && v.tenant != t && time.Since(v.at) < company {
			return true
		}
	}
	return false
}

// New makes a Gate.
func New(config Config) *Gate {
	return &Gate{config: config, tenants: make(map[string]*tenant), kinds: make(map[string]*kind), refused: make(map[Reason]uint64)}
}

// kind is what is known of the compiles of one kind of box.
type kind struct {
	running, waiting int
	// hold is how long one holds its turn, whole how long it runs in all, cpu what
	// it uses: means in which the past fades.
	hold, whole, cpu time.Duration
}

// guess is what a kind is taken for before one of it has run.
const guess = 5 * time.Millisecond

// fade moves a mean towards what was just seen.
func fade(mean *time.Duration, seen time.Duration) {
	*mean += (seen - *mean) / 8
}

// waiter is a compile in a line. It is told once: that it has its turn, or why
// it has none.
type waiter struct {
	turn *Turn
	told chan error
	// done: it was told.
	done bool
}

// Admit waits for the turn of a compile of a kind for a tenant, which is empty
// for callers without a name. The turn must be ended. The errors are *Refusal,
// and ctx's own when the caller left.
func (g *Gate) Admit(ctx context.Context, kind, tenant string) (*Turn, error) {
	w, err := g.enter(kind, tenant)
	if err != nil {
		return nil, err
	}
	timeout := time.NewTimer(g.config.Timeout)
	defer timeout.Stop()
	select {
	case err = <-w.told:
	case <-ctx.Done():
		err = g.leave(w, ctx.Err())
	case <-timeout.C:
		err = g.leave(w, nil)
	}
	if err != nil {
		return nil, err
	}
	return w.turn, nil
}

// enter puts a compile in its line, or gives it a turn at once.
func (g *Gate) enter(kindName, tenantName string) (*waiter, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, k := g.tenant(tenantName), g.kind(kindName)
	leaves, err := g.place(t, k)
	if err != nil {
		return nil, err
	}
	if leaves != nil {
		g.unqueue(leaves)
		leaves.told <- g.refuse(g.reason(leaves.turn.tenant, Full), g.comeBack(leaves.turn.tenant, leaves.turn.kind))
	}
	g.visited(t)
	w := &waiter{turn: &Turn{gate: g, tenant: t, kind: k}, told: make(chan error, 1)}
	t.join(w, g.virtual)
	k.waiting++
	g.waiting++
	g.dispatch()
	return w, nil
}

// leave takes a waiter out of its line whose caller left, or whose time is up
// for why nil. If it was told meanwhile, that stands: a turn is given back.
func (g *Gate) leave(w *waiter, why error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.done {
		err := <-w.told
		if err == nil && why != nil {
			w.turn.end()
			err = why
		}
		return err
	}
	g.unqueue(w)
	if why == nil {
		why = g.refuse(g.reason(w.turn.tenant, Late), g.comeBack(w.turn.tenant, w.turn.kind))
	}
	return why
}

// Precondition: mu held.
func (g *Gate) unqueue(w *waiter) {
	w.done = true
	w.turn.tenant.part(w)
	w.turn.kind.waiting--
	g.waiting--
}

// dispatch gives turns to whoever is next, for as long as there are any.
// Precondition: mu held.
func (g *Gate) dispatch() {
	for g.waiting > 0 {
		g.dropUnpaid()
		w := g.next()
		if w == nil {
			return
		}
		g.unqueue(w)
		w.turn.begin()
		w.told <- nil
	}
}

// dropUnpaid refuses what waits for tenants that have used up their quota since.
// Precondition: mu held.
func (g *Gate) dropUnpaid() {
	if g.config.TenantCPU == 0 {
		return
	}
	for _, t := range g.tenants {
		if len(t.line) == 0 {
			continue
		}
		if debt := t.debt(time.Now()); debt > 0 {
			for _, w := range slices.Clone(t.line) {
				g.unqueue(w)
				w.told <- g.refuse(Quota, debt)
			}
		}
	}
}

// next picks the first compile that may run of the tenant that has used the
// least.
// Precondition: mu held.
func (g *Gate) next() *waiter {
	var best *waiter
	for _, t := range g.tenants {
		if best != nil && t.used+t.pending >= best.turn.tenant.used+best.turn.tenant.pending {
			continue
		}
		if w := g.firstOf(t); w != nil {
			best = w
		}
	}
	return best
}

// Precondition: mu held.
func (g *Gate) firstOf(t *tenant) *waiter {
	if len(t.line) == 0 || !g.mayRun(t) {
		return nil
	}
	for _, w := range t.line {
		if g.mayRunOf(w.turn.kind) {
			return w
		}
	}
	return nil
}

// mayRun reports whether the tenant may have another turn.
// Precondition: mu held.
func (g *Gate) mayRun(t *tenant) bool {
	free := g.config.Running - g.running
	// The last place is for who has none.
	return (free > 1 || free == 1 && t.running == 0) && (t.brisk == 0 || g.brisk < g.config.Turns && t.brisk < g.turnsOf(t)) && t.running < tenantShare*free &&
		(g.config.TenantRunning == 0 || t.running < g.config.TenantRunning)
}

// turnsOf is how many turns a tenant may have now.
// Precondition: mu held.
func (g *Gate) turnsOf(t *tenant) int {
	if g.config.SharedTurns > 0 && g.shared(t) {
		return min(g.config.SharedTurns, g.config.Turns)
	}
	return g.config.Turns
}

// mayRunOf reports whether another compile of the kind may run.
// Precondition: mu held.
func (g *Gate) mayRunOf(k *kind) bool {
	return k.running < kindShare*(g.config.Running-g.running)
}

// tenantShare and kindShare are how many times what is free one may have: two
// thirds of all when alone, and four fifths.
const (
	tenantShare = 2
	kindShare   = 4
)

// backlog is how long it takes until the compiles that wait for a kind have run,
// and one more of the tenant: as fast as turns become free, the tenant's own as
// fast as those that it may have, or places for those that go on without one, of
// which one tenant has two thirds at most.
// Precondition: mu held.
func (g *Gate) backlog(t *tenant, k *kind) time.Duration {
	places := max(1, g.config.Running*tenantShare/(tenantShare+1))
	own, _ := t.waiting(k)
	n, mine := time.Duration(k.waiting+1), time.Duration(own+1)
	return max(n*k.hold/time.Duration(g.config.Turns), mine*k.hold/time.Duration(g.turnsOf(t)), n*k.whole/time.Duration(places))
}

// comeBack is when a tenant that is refused may have better luck: the backlog, and
// what of it is the tenant's own as fast as its own limit lets it run. That is no
// reason to refuse anybody, as a mean of all tenants may be another's doing.
// Precondition: mu held.
func (g *Gate) comeBack(t *tenant, k *kind) time.Duration {
	wait := g.backlog(t, k)
	if limit := g.config.TenantRunning; limit > 0 {
		own, _ := t.waiting(k)
		wait = max(wait, time.Duration(own+1)*k.whole/time.Duration(limit))
	}
	return wait
}

// Precondition: mu held.
func (g *Gate) kind(name string) *kind {
	k, ok := g.kinds[name]
	if !ok {
		k = &kind{hold: guess, whole: guess, cpu: guess}
		g.kinds[name] = k
	}
	return k
}

// Precondition: mu held.
func (g *Gate) tenant(name string) *tenant {
	t, ok := g.tenants[name]
	if !ok {
		t = newTenant(g.config.TenantCPU)
		g.tenants[name] = t
	}
	return t
}
