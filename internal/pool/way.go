package pool

import (
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

const (
	// slowAfter is the processor time that a job has like any other; all but a
	// few compiles take less. It is not real time: on a busy machine that would
	// put behind the others whoever has had least.
	slowAfter = 25 * time.Millisecond
	// longAfter is the real time after which a job gives its turn back, even if
	// it has used nothing: it may be asleep.
	longAfter = 100 * time.Millisecond
	// slowNice is the priority of a job that takes longer, behindNice of one that
	// gives way from its start.
	slowNice, behindNice = 19, 10
)

// giveWay has the job of a cell give way to others, at once if its watcher wants
// that, and else when it has used its time. It is asked for at growing
// intervals, as only the zygote can tell; that ends with the stride.
func (c *parkedCell) giveWay(w job.Watcher, s *stride) {
	if w.Behind() {
		c.conn.Nice(behindNice, 0, func() {})
	}
	slowed := func() {
		s.falter()
		w.Slow()
	}
	s.repeat(slowAfter, func() { c.conn.Nice(slowNice, slowAfter, slowed) })
}
