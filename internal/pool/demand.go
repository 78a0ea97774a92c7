package pool

const (
	// remembered is into how many parts the window is cut over which demand is
	// remembered: it is forgotten a part at a time.
	remembered = 5
	// firstDemand is what is expected of a box that has just come up: with its
	// room for a burst, eight cells.
	firstDemand = 5
)

// demand is how many jobs were wanted at the same time, at most, over a window
// that moves on by turns. The zero value has seen none.
type demand struct {
	peaks [remembered]int // the newest first
}

// note has it that n were wanted at the same time. It reports whether that
// is more than before.
func (d *demand) note(n int) bool {
	more := n > d.most()
	d.peaks[0] = max(d.peaks[0], n)
	return more
}

// turn forgets the oldest part of the window. The new one begins with what is
// wanted now.
func (d *demand) turn(now int) {
	copy(d.peaks[1:], d.peaks[:remembered-1])
	d.peaks[0] = now
}

func (d *demand) most() int {
	most := 0
	for _, peak := range d.peaks {
		most = max(most, peak)
	}
	return most
}

// cells is how many parked cells suit that demand: one for each job, and half
// as many again for a burst.
func (d *demand) cells() int {
	n := d.most()
	return n + (n+1)/2
}
