package pool

import (
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

const (
	// slowAfter is the processor time that a job has like any other; all but a
	// few compiles take less. It is not real time: on a busy machine that would
	// put behind the others whoever has had least.
	slowAfter = 25 * time.Millisecond
	// idleAfter is the processor time after which its box may wait for all
	// others, if that is all it has to do. It is more than honest compiles take:
	// on a full machine they would run out of their real time.
	idleAfter = 150 * time.Millisecond
	// longAfter is the real time after which a job gives its turn back, even if
	// it has used nothing: it may be asleep, or wait for a cell.
	longAfter = 100 * time.Millisecond
	// behindNice is the priority of a job that gives way from its start, slowNice
	// of one that takes longer than others, idleNice of one that takes very long.
	behindNice, slowNice, idleNice = 5, 10, 19
)

// giveWay has the job of a cell give way to others, at once if its watcher wants
// that, and else when it has used its time. It is asked for at growing
// intervals, as only the zygote can tell; that ends with the stride.
func (c *parkedCell) giveWay(w job.Watcher, s *stride) {
	if w.Behind() {
		c.conn.Nice(behindNice, 0, nil)
	}
	var long atomic.Bool
	slowed := func(used time.Duration) {
		w.Slow()
		if used >= idleAfter {
			long.Store(true)
			s.falter()
		}
	}
	s.repeat(slowAfter, func() {
		if long.Load() {
			c.conn.Nice(idleNice, slowAfter, slowed)
		} else {
			c.conn.Nice(slowNice, slowAfter, slowed)
		}
	})
}
