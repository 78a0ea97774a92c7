package render

import (
	"fmt"

	"github.com/fumehood/fumehood/internal/job"
)

// PreviousMap is the name under which a step finds the source map of what it
// is given, among its files.
const PreviousMap = "input.map"

// following is the job of a step: what came out of the job before goes in. All
// steps of a request share its wall time.
func following(first job.Job, step job.Step, before job.Result) job.Job {
	j := job.Job{
		Language: step.Language, Engine: step.Engine, Image: step.Image, Options: step.Options, Locals: []byte("{}"),
		Source: before.Output, Tenant: first.Tenant, Limits: first.Limits,
	}
	if before.SourceMap != "" {
		j.Files = []job.File{{Name: PreviousMap, Source: before.SourceMap}}
	}
	j.Limits.Wall = max(first.Limits.Wall-before.Timing.Compile, 1)
	return j
}

// behind joins a step's result to that of what ran before it. A step's
// positions are in a text that the caller never saw, and its limit is what the
// steps before it left of the request's.
func behind(first job.Job, step job.Step, before, after job.Result) job.Result {
	for i := range after.Diagnostics {
		d := &after.Diagnostics[i]
		d.Message = fmt.Sprintf("in the step %s: %s", step.Language, d.Message)
		if after.Outcome == job.Timeout {
			d.Message = fmt.Sprintf("the compile and its step %s took longer than %v", step.Language, first.Limits.Wall)
		}
		d.Line, d.Column, d.EndLine, d.EndColumn, d.File = 0, 0, 0, 0, ""
	}
	after.Diagnostics = append(before.Diagnostics, after.Diagnostics...)
	after.Timing.Queue += before.Timing.Queue
	after.Timing.Compile += before.Timing.Compile
	after.Timing.CPU += before.Timing.CPU
	after.Timing.Peak = max(after.Timing.Peak, before.Timing.Peak)
	return after
}
