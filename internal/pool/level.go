package pool

import "sync"

// level is a number that others can wait on: how many parkers of a tenure are
// to hold a cell.
type level struct {
	mu      sync.Mutex
	n       int
	changed chan struct{} // closed at the next change; nil while nobody waits
}

func (l *level) set(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n == l.n {
		return
	}
	l.n = n
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// above reports whether the level is above n, and returns a channel that is
// closed when the level changes.
func (l *level) above(n int) (bool, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.n > n, l.changed
}
