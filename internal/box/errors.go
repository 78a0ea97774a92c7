package box

import "errors"

var (
	// ErrDown: the box has ended; what was in it is lost.
	ErrDown = errors.New("box is down")
	// ErrRefused: the zygote could not fork.
	ErrRefused = errors.New("zygote refused the cell")
)
