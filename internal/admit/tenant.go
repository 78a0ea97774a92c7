package admit

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// tenant is a caller and what is running and waiting for it. There are as many
// as the token file names, so none is ever forgotten.
type tenant struct {
	line []*waiter
	// brisk hold a turn, running run.
	brisk, running int
	// idle is since when it has run nothing, if nothing runs.
	idle time.Time
	// used is the processor time that orders the tenants, and pending what is
	// expected of what runs: what its kind usually takes.
	used, pending time.Duration
	// quota is in microseconds of processor time, nil for any. It goes below
	// zero, as what a compile uses is known behind it.
	quota *rate.Limiter
}

func newTenant(perMinute time.Duration) *tenant {
	t := &tenant{}
	if perMinute > 0 {
		microseconds := perMinute.Microseconds()
		t.quota = rate.NewLimiter(rate.Limit(float64(microseconds)/time.Minute.Seconds()), int(microseconds))
	}
	return t
}

// join puts w at the end of the line. Who has been away is not owed the time
// that others used meanwhile.
func (t *tenant) join(w *waiter, virtual time.Duration) {
	if t.running == 0 && len(t.line) == 0 {
		t.used = max(t.used, virtual)
	}
	t.line = append(t.line, w)
}

func (t *tenant) part(w *waiter) {
	t.line = slices.DeleteFunc(t.line, func(other *waiter) bool { return other == w })
}

// waiting is how many of the line are for a kind, or any if that is nil, and the
// newest of them.
func (t *tenant) waiting(k *kind) (n int, newest *waiter) {
	for _, w := range t.line {
		if k == nil || w.turn.kind == k {
			n, newest = n+1, w
		}
	}
	return n, newest
}

// debt is how long it takes until some of the quota is there again, 0 if some
// is.
func (t *tenant) debt(now time.Time) time.Duration {
	if t.quota == nil {
		return 0
	}
	missing := 1 - t.quota.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(t.quota.Limit()) * float64(time.Second))
}

// charge takes processor time off the quota.
func (t *tenant) charge(now time.Time, cpu time.Duration) {
	if t.quota == nil {
		return
	}
	for left := int(cpu.Microseconds()); left > 0; left -= t.quota.Burst() {
		t.quota.ReserveN(now, min(left, t.quota.Burst()))
	}
}
