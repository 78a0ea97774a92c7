package box

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Weight is a box's share of the processors beside other boxes and the rest of
// the machine, while they are all wanted.
type Weight int

// Usual is any program's share. Least is next to nothing, for a box in which
// nothing runs but what can wait: whatever else wants a processor has it at
// once.
const (
	Usual Weight = iota
	Least
)

// weights are the words for each Weight in a control group's file, the best
// file first: of version 1, or 2. Before Linux 5.15 no group can be idle, and a
// small share has to do, behind which others wait for their turn (kernel,
// cgroup-v2 and sched-design-CFS).
var weights = []struct {
	group, file string
	words       [2]string
}{
	{"1:cpu:/", "cpu.idle", [2]string{Usual: "0", Least: "1"}},
	{"1:cpu:/", "cpu.shares", [2]string{Usual: "1024", Least: "2"}},
	{"0::/", "cpu.idle", [2]string{Usual: "0", Least: "1"}},
	{"0::/", "cpu.weight", [2]string{Usual: "100", Least: "1"}},
}

// scale is where a box's weight is set.
type scale struct {
	file  *os.File
	words [2]string
}

// openScale finds the control group that the runtime has made for a box.
func openScale(id string) (*scale, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var tried error
	for _, w := range weights {
		dir, _, err := ControlGroup(w.group+id, string(mounts), "cpu")
		if err == nil {
			var file *os.File
			if file, err = os.OpenFile(filepath.Join(dir, w.file), os.O_WRONLY, 0); err == nil {
				return &scale{file, w.words}, nil
			}
		}
		tried = errors.Join(tried, err)
	}
	return nil, tried
}

func (s *scale) set(w Weight) error {
	if _, err := s.file.WriteAt([]byte(s.words[w]), 0); err != nil {
		return fmt.Errorf("set the weight of a box: %w", err)
	}
	return nil
}
