package bench

import "errors"

// errNoResult: a target answered something else than a result.
var errNoResult = errors.New("the answer is no result")
