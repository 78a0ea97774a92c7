package render_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// styles is a renderer with a box for SCSS and one for the CSS that may follow.
// Each run takes the next of the answers; what was run comes back in order.
func styles(t *testing.T, answers ...job.Result) (*render.Renderer, *[]job.Job) {
	t.Helper()
	var ran []job.Job
	take := runner{func(_ context.Context, j job.Job) (job.Result, error) {
		ran = append(ran, j)
		if len(ran) > len(answers) {
			t.Errorf("job %d was run, want %d", len(ran), len(answers))
			return job.Result{}, errors.New("not expected")
		}
		return answers[len(ran)-1], nil
	}}
	config := calm
	config.Limits = limits
	return render.New(config, map[string]render.Box{
		"node-sass":    {Runner: take, Image: "sha256:s", Engines: map[string][]string{"sass": {"1.108.2"}}},
		"node-postcss": {Runner: take, Image: "sha256:p", Engines: map[string][]string{"postcss": {"8.5.33", "8.0.0"}, "tailwindcss": {"4.3.5"}}},
	}), &ran
}

const bothWithMap = `{"source_map":true,"style":"compressed","minify":true}`

// The second job is what came out of the first, with its map for a file. It
// has the wall time that the first has left, and nothing else of the request.
func TestStepGetsTheOutput(t *testing.T) {
	t.Parallel()
	r, ran := styles(t,
		job.Result{Outcome: job.OK, Output: "css", SourceMap: "{map}", Timing: job.Timing{Compile: time.Second}},
		job.Result{Outcome: job.OK, Output: "min", SourceMap: "{map of both}"},
	)
	answer, err := r.Render(t.Context(), render.Request{
		Language: "scss", Source: "scss", Files: map[string]string{"a.scss": "x"}, Options: []byte(bothWithMap), Limits: job.Limits{Wall: 2 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	lowered := limits
	lowered.Wall = 2 * time.Second
	left := lowered
	left.Wall = time.Second
	first := job.Job{
		Language: "scss", Engine: "sass@1.108.2", Image: "sha256:s", Options: []byte(`{"source_map":true,"style":"compressed"}`), Locals: []byte("{}"),
		Source: "scss", Files: []job.File{{Name: "a.scss", Source: "x"}}, Limits: lowered,
		Then: []job.Step{{Language: "css", Engine: "postcss@8.5.33", Image: "sha256:p", Options: []byte(`{"minify":true,"source_map":true}`)}},
	}
	second := job.Job{
		Language: "css", Engine: "postcss@8.5.33", Image: "sha256:p", Options: first.Then[0].Options, Locals: []byte("{}"),
		Source: "css", Files: []job.File{{Name: render.PreviousMap, Source: "{map}"}}, Limits: left,
	}
	if diff := cmp.Diff([]job.Job{first, second}, *ran); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if answer.Result.Output != "min" || answer.Result.SourceMap != "{map of both}" {
		t.Errorf("the answer is %+v, want the second job's", answer.Result)
	}
	if answer.Key != first.Key() {
		t.Errorf("key = %s, want the first job's, %s", answer.Key, first.Key())
	}
}

// Without an option of the step's there is none; without a map there is no
// file.
func TestWhenAStepFollows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		options string
		jobs    int
	}{{``, 1}, {`{"style":"compressed","source_map":true}`, 1}, {`{"minify":false}`, 1}, {`{"minify":true}`, 2}} {
		all := make([]job.Result, test.jobs)
		for i := range all {
			all[i] = job.Result{Outcome: job.OK, Output: fmt.Sprint(i)}
		}
		r, ran := styles(t, all...)
		answer, err := r.Render(t.Context(), render.Request{Language: "scss", Source: "s", Options: []byte(test.options)})
		if err != nil || len(*ran) != test.jobs || answer.Result.Output != fmt.Sprint(test.jobs-1) {
			t.Errorf("%s: %d jobs, %+v, %v, want %d", test.options, len(*ran), answer.Result, err, test.jobs)
		}
		if last := (*ran)[len(*ran)-1]; last.Files != nil {
			t.Errorf("%s: the last job has the files %v, want none", test.options, last.Files)
		}
	}
}

// What both said comes in order. A position in the first one's output is no
// position for the caller, nor is a file that he did not send; the first one's
// own stay. Times add up.
func TestResultsOfSteps(t *testing.T) {
	t.Parallel()
	own := job.Diagnostic{Severity: job.Warning, Message: "own", Line: 1, Column: 2, EndLine: 3, EndColumn: 4, File: "a.scss", Code: "c"}
	theirs := own
	theirs.Message, theirs.File = "theirs", render.PreviousMap
	r, _ := styles(t,
		job.Result{Outcome: job.OK, Diagnostics: []job.Diagnostic{own}, Timing: job.Timing{Compile: time.Second, Queue: time.Minute}},
		job.Result{Outcome: job.OK, Diagnostics: []job.Diagnostic{theirs}, Timing: job.Timing{Compile: 2 * time.Second, Queue: 2 * time.Minute}},
	)
	answer, err := r.Render(t.Context(), render.Request{Language: "scss", Options: []byte(`{"minify":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []job.Diagnostic{own, {Severity: job.Warning, Message: "in the step css: theirs", Code: "c"}}
	if diff := cmp.Diff(want, answer.Result.Diagnostics); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	// The turn was free at once, which takes a moment all the same.
	timing := answer.Result.Timing
	if timing.Compile != 3*time.Second || timing.Queue < 3*time.Minute || timing.Queue > 4*time.Minute {
		t.Errorf("timing = %+v, want 3s of compiling behind 3m of waiting", timing)
	}
}

// A first step that fails is the answer, and nothing follows.
func TestFirstStepFails(t *testing.T) {
	t.Parallel()
	for _, outcome := range job.Outcomes {
		if outcome == job.OK {
			continue
		}
		failed := job.Result{Outcome: outcome, Diagnostics: []job.Diagnostic{{Severity: job.Error, Message: "no", Line: 7, Column: 1}}}
		r, ran := styles(t, failed)
		answer, err := r.Render(t.Context(), render.Request{Language: "scss", Options: []byte(`{"minify":true}`)})
		if err != nil {
			t.Fatal(err)
		}
		answer.Result.Timing = job.Timing{}
		if diff := cmp.Diff(failed, answer.Result); diff != "" || len(*ran) != 1 {
			t.Errorf("%s: %d jobs (-want +got):\n%s", outcome, len(*ran), diff)
		}
	}
}

// A last step that fails is the answer too: no output that is only half done.
func TestLastStepFails(t *testing.T) {
	t.Parallel()
	failed := job.Result{Outcome: job.SourceError, Diagnostics: []job.Diagnostic{{Severity: job.Error, Message: "no", Line: 7, Column: 1}}}
	r, _ := styles(t, job.Result{Outcome: job.OK, Output: "css", SourceMap: "{}"}, failed)
	answer, err := r.Render(t.Context(), render.Request{Language: "scss", Options: []byte(`{"minify":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	answer.Result.Timing = job.Timing{}
	want := job.Result{Outcome: job.SourceError, Diagnostics: []job.Diagnostic{{Severity: job.Error, Message: "in the step css: no"}}}
	if diff := cmp.Diff(want, answer.Result); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// However long the first job took, what follows has some wall time: a job
// without a limit would never end.
func TestStepsShareTheWallTime(t *testing.T) {
	t.Parallel()
	for took, left := range map[time.Duration]time.Duration{
		0: limits.Wall, time.Second: limits.Wall - time.Second, limits.Wall: 1, limits.Wall + time.Hour: 1,
	} {
		r, ran := styles(t, job.Result{Outcome: job.OK, Timing: job.Timing{Compile: took}}, job.Result{Outcome: job.OK})
		if _, err := r.Render(t.Context(), render.Request{Language: "scss", Options: []byte(`{"minify":true}`)}); err != nil {
			t.Fatal(err)
		}
		want := limits
		want.Wall = left
		if diff := cmp.Diff(want, (*ran)[1].Limits); diff != "" {
			t.Errorf("behind %v (-want +got):\n%s", took, diff)
		}
	}
}

// A box that is down when its step comes is our trouble, and no result.
func TestStepWithoutABox(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for _, test := range []struct{ runs, want error }{{down, down}, {context.DeadlineExceeded, render.ErrBusy}} {
		config := calm
		config.Limits = limits
		r := render.New(config, map[string]render.Box{
			"node-sass": {Engines: map[string][]string{"sass": {"1"}}, Runner: runner{func(context.Context, job.Job) (job.Result, error) {
				return job.Result{Outcome: job.OK, Output: "css"}, nil
			}}},
			"node-postcss": {Engines: map[string][]string{"postcss": {"8"}}, Runner: runner{func(context.Context, job.Job) (job.Result, error) {
				return job.Result{}, test.runs
			}}},
		})
		answer, err := r.Render(t.Context(), render.Request{Language: "scss", Options: []byte(`{"minify":true}`)})
		if !errors.Is(err, test.want) || answer.Result.Output != "" {
			t.Errorf("Render = %+v, %v, want %v", answer.Result, err, test.want)
		}
	}
}
