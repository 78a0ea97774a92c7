package attack

import (
	"sync"
	"time"
)

// showProgress tells how far the soak is until it is stopped.
func (s *soaking) showProgress() (stop func()) {
	if s.o.Progress == nil {
		return func() {}
	}
	ended := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		last := int64(0)
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				done := s.done.Load()
				s.o.Progress(s.progress(done, max(0, done-last)))
				last = done
			}
		}
	})
	return func() {
		close(ended)
		shown.Wait()
	}
}

// progress makes a line of what is done, and how much of it since the last.
func (s *soaking) progress(done, since int64) SoakProgress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := SoakProgress{
		Phase: "attacks and compiles", Done: done, Requests: int64(s.o.Requests), Failed: int64(s.report.Failed),
		PerSecond: float64(since) / progressEvery.Seconds(),
	}
	if !s.attacking {
		p.Phase, p.Requests = "compiles alone", p.Requests/loadedShare
	}
	if n := len(s.report.Failures); n > 0 {
		p.Latest = s.report.Failures[n-1]
	}
	if p.PerSecond > 0 {
		p.Remaining = float64(p.Requests-done) / p.PerSecond
	}
	return p
}
