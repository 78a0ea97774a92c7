package box

// HangUp closes control, as the kernel does when the daemon dies.
func (b *Box) HangUp() { b.control.Close() }

// Abandon lets go of the directory without removing it, as a crash does.
func (s *State) Abandon() { s.lock.Close() }

// Dir is the daemon's own directory.
func (s *State) Dir() string { return s.dir }
