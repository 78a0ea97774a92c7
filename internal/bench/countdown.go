package bench

import "sync/atomic"

// countdown lets so many pass; all, if it began with 0.
type countdown struct {
	bounded bool
	left    atomic.Int64
}

func newCountdown(n int64) *countdown {
	c := &countdown{bounded: n > 0}
	c.left.Store(n)
	return c
}

func (c *countdown) take() bool {
	return !c.bounded || c.left.Add(-1) >= 0
}
