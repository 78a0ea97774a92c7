package job

import "time"

// Watcher is told how a job goes. Its methods may be called from any goroutine,
// and do not block.
type Watcher interface {
	// Behind reports whether the job shall give way to others from its start:
	// whose it is has others running.
	Behind() bool
	// Slow says that the job takes longer than most do, or waits for its cell.
	// It may be called more than once.
	Slow()
	// Spent says how much processor time a cell of the job has used, as the
	// kernel counted it. It is called for each cell that ended, perhaps long
	// after the result is there.
	Spent(cpu time.Duration)
}
