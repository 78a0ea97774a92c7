package box

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Weight is a box's share of the processors beside other boxes and the rest of
// the machine, while they are all wanted.
type Weight int

// Usual is any program's share, Low a tenth of it. Least is next to nothing, for
// a box in which nothing runs but what can wait: whatever else wants a processor
// has it at once.
const (
	Usual Weight = iota
	Low
	Least
)

// shares are the words for each Weight in a control group's file: of version 1,
// which is asked for first, or 2 (kernel, sched-design-CFS and cgroup-v2).
var shares = []struct {
	group, file string
	words       [3]string
}{
	{"1:cpu:/", "cpu.shares", [3]string{Usual: "1024", Low: "102", Least: "2"}},
	{"0::/", "cpu.weight", [3]string{Usual: "100", Low: "10", Least: "1"}},
}

// idleFile of a group makes it idle, from Linux 5.15 on. Before, the least share
// has to do, behind which others wait for their turn.
const idleFile = "cpu.idle"

// scale is where a box's weight is set.
type scale struct {
	share, idle *os.File // idle is nil where there is none
	words       [3]string

	mu     sync.Mutex
	idling bool
}

// openScale finds the control group that the runtime has made for a box.
func openScale(id string) (*scale, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var tried error
	for _, of := range shares {
		dir, _, err := ControlGroup(of.group+id, string(mounts), "cpu")
		if err == nil {
			var s *scale
			if s, err = scaleIn(dir, of.file, of.words); err == nil {
				return s, nil
			}
		}
		tried = errors.Join(tried, err)
	}
	return nil, tried
}

func scaleIn(dir, file string, words [3]string) (*scale, error) {
	share, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	idle, err := os.OpenFile(filepath.Join(dir, idleFile), os.O_WRONLY, 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		share.Close()
		return nil, err
	}
	return &scale{share: share, idle: idle, words: words}, nil
}

// set sets the weight. An idle group takes no share until it is idle no more.
func (s *scale) set(w Weight) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil && (w == Least) != s.idling {
		word := "0"
		if w == Least {
			word = "1"
		}
		if _, err := s.idle.WriteAt([]byte(word), 0); err != nil {
			return fmt.Errorf("make a box idle: %w", err)
		}
		s.idling = w == Least
	}
	if s.idling {
		return nil
	}
	if _, err := s.share.WriteAt([]byte(s.words[w]), 0); err != nil {
		return fmt.Errorf("set the weight of a box: %w", err)
	}
	return nil
}

func (s *scale) close() {
	s.share.Close()
	if s.idle != nil {
		s.idle.Close()
	}
}
