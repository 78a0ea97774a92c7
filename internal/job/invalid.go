package job

import "fmt"

// Fault says which of the caller's mistakes an Invalid is.
type Fault int

// The faults, in the order in which the server finds them.
const (
	// Malformed: a field is missing, unknown, of the wrong type or value.
	Malformed Fault = iota
	// TooLarge: a field is over its limit.
	TooLarge
	// Unsupported: the body is of a kind the server does not read.
	Unsupported
)

// Invalid is a request that cannot become a Job. It is the caller's to mend.
type Invalid struct {
	// Field is the JSON name of what is wrong, "body" for the whole.
	Field string
	// Reason is a sentence without a capital letter or a full stop. It may
	// quote names from the request, never its source.
	Reason string
	Fault  Fault
}

func (e *Invalid) Error() string {
	return fmt.Sprintf("%s: %s", e.Field, e.Reason)
}
