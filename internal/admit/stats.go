package admit

// Stats are a gate's counters.
type Stats struct {
	// Brisk compiles hold a turn; Running run, those that took long included;
	// Waiting are in a line.
	Brisk, Running, Waiting int
	// Slow is how many took long and gave their turn back.
	Slow uint64
	// Refused has each of Reasons.
	Refused map[Reason]uint64
}

// Stats returns the counters, all of one moment.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Stats{Brisk: g.brisk, Running: g.running, Waiting: g.waiting, Slow: g.slow, Refused: make(map[Reason]uint64)}
	for _, r := range Reasons {
		s.Refused[r] = g.refused[r]
	}
	return s
}
