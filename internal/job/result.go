package job

// Outcome names how a compile ended. It is decided by the daemon, from facts:
// frames, sizes, deadlines, exit status.
type Outcome string

// The closed set of outcomes. A broken source is a result, not an error.
const (
	OK             Outcome = "ok"
	SourceError    Outcome = "source_error"
	Timeout        Outcome = "timeout"
	OutOfMemory    Outcome = "out_of_memory"
	OutputTooLarge Outcome = "output_too_large"
	Crashed        Outcome = "crashed"
	Violation      Outcome = "violation"
)

// Outcomes lists every outcome.
var Outcomes = []Outcome{OK, SourceError, Timeout, OutOfMemory, OutputTooLarge, Crashed, Violation}

// Cacheable reports whether the same job would end the same way again. The
// others depend on the machine's load or on what an attacker tried.
func (o Outcome) Cacheable() bool {
	return o == OK || o == SourceError
}

// Severity of a diagnostic.
type Severity string

// The closed set of severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// A Diagnostic is one remark on the source. Lines and columns count from 1,
// columns in UTF-16 code units; 0 means that the engine did not say.
type Diagnostic struct {
	Severity           Severity
	Message            string
	Line, Column       int
	EndLine, EndColumn int
	// Code is the engine's own name for the mistake, or empty.
	Code string
	// File is the one of the job's files that it is about; empty for the
	// job's source.
	File string
}

// A Result is what became of a job.
type Result struct {
	Outcome Outcome
	// Output is set only when Outcome is OK.
	Output string
	// SourceMap is a source map of version 3 in JSON, or empty.
	SourceMap string
	// Diagnostics is never nil when Outcome is SourceError. For the outcomes
	// after it there is one, which says which limit was met.
	Diagnostics []Diagnostic
	Timing      Timing
}
