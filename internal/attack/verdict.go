package attack

// Result is how a case ended.
type Result string

// The results of a case.
const (
	// Stopped: nothing got through, and nothing was left behind.
	Stopped Result = "stopped"
	Failed  Result = "failed"
	// Skipped: it could not be tried here; the reason says why.
	Skipped Result = "skipped"
)

// Verdict is what is said of one case.
type Verdict struct {
	ID     string   `json:"id"`
	Class  string   `json:"class"`
	Title  string   `json:"title"`
	Walls  []string `json:"walls"`
	Result Result   `json:"result"`
	// Reason says what went wrong, or why it was skipped.
	Reason string `json:"reason,omitempty"`
	// Outcome, Status and Seen are of the last answer: what was observed.
	Outcome      string  `json:"outcome,omitempty"`
	Status       int     `json:"status"`
	Seen         string  `json:"seen,omitempty"`
	Milliseconds float64 `json:"ms"`
}

// seenBytes is how much of an answer a verdict repeats.
const seenBytes = 120

func (v *Verdict) see(got *answer) {
	v.Outcome, v.Status, v.Seen = got.Outcome, got.status, got.message()
	if got.Output != nil {
		v.Seen = *got.Output
	}
	if len(v.Seen) > seenBytes {
		v.Seen = v.Seen[:seenBytes]
	}
}
