package render

import "errors"

// ErrBusy: there was no room in the queue, or no turn in time. The request
// can be sent again later.
var ErrBusy = errors.New("too many compiles are waiting")
