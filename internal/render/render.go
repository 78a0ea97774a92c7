package render

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// Runner gives a job to a cell of one box kind. Do waits for a cell until the
// given moment, context.DeadlineExceeded after it, and for the result until it
// is there or ctx ends. It tells w how the job goes. It may be called from many
// goroutines.
type Runner interface {
	Do(ctx context.Context, j job.Job, until time.Time, w job.Watcher) (job.Result, error)
}

// Box is where the languages of one box kind are compiled.
type Box struct {
	Runner Runner
	// Image is the digest of the box's image.
	Image string
	// Engines holds the versions of each engine by name, the default first.
	Engines map[string][]string
}

// Config of a Renderer. All fields are needed, but for Cache.
type Config struct {
	// Cache keeps answers. Without one every request is a compile of its own:
	// nothing is kept, and nothing shared. Shared makes one partition of it for
	// all tenants.
	Cache  *cache.Cache
	Shared bool
	// Encode makes the text of an answer that is kept.
	Encode func(job.Job, job.Result) ([]byte, error)
	// Limits are the most that any caller gets.
	Limits job.Limits
	// Admission says how many compiles run and wait at once, and how long they
	// wait: for their turn, and for a cell.
	Admission admit.Config
}

// Renderer turns requests into results. It is safe for concurrent use.
type Renderer struct {
	config  Config
	boxes   map[string]Box // by box kind
	gate    *admit.Gate
	flights flights
}

// New makes a Renderer over the given boxes.
func New(config Config, boxes map[string]Box) *Renderer {
	return &Renderer{config: config, boxes: boxes, gate: admit.New(config.Admission)}
}

// Request is a compile in the caller's words. Options and Locals are JSON
// objects or empty. Limits may lower the renderer's; zero fields keep them.
type Request struct {
	Language string
	// Engine pins "NAME@VERSION", where the version may be the beginning of
	// one, such as "sass@1.108"; empty is the default.
	Engine string
	Source string
	// Files are the request's own, by name, for the source to import.
	Files           map[string]string
	Options, Locals []byte
	Limits          job.Limits
	// Tenant is whom the answer is for, empty for nobody in particular.
	Tenant string
	// Bypass asks for a compile of its own: the answer is neither taken from
	// the cache nor kept, nor shared with an equal request.
	Bypass bool
}

// Question is a request that was found valid: the job that answers it. It is
// immutable, and the same request is the same question for as long as the
// renderer lives.
type Question struct {
	Job    job.Job
	Key    job.Key
	Bypass bool
}

// Answer is a result with the question that it answers.
type Answer struct {
	*Question
	// Result is what became of the job. If it is from the cache, its texts and
	// diagnostics are in Entry alone.
	Result job.Result
	// Entry is what the cache has, nil if the answer is not kept.
	Entry *cache.Entry
	// Cached: no compile was needed. Coalesced: an equal request's was under
	// way, and this is its answer as well.
	Cached, Coalesced bool
}

// Limits returns the most that any caller gets.
func (r *Renderer) Limits() job.Limits {
	return r.config.Limits
}

// Engines returns "name@version" of every engine that compiles l, the default
// first; none when there is no box for it.
func (r *Renderer) Engines(l *lang.Language) []string {
	var all []string
	for _, version := range r.boxes[l.Box].Engines[l.Engine] {
		all = append(all, l.Engine+"@"+version)
	}
	return all
}

// Check reports that a tenant's compile would be refused whatever it is of, before
// any of the request is read: what the cache has would be refused with it. The
// error is *admit.Refusal.
func (r *Renderer) Check(tenant string) error {
	return r.gate.Check(tenant)
}

// Admission returns the counters of who runs, waits and was refused.
func (r *Renderer) Admission() admit.Stats {
	return r.gate.Stats()
}

// Render answers a request: Resolve, then Answer.
func (r *Renderer) Render(ctx context.Context, request Request) (Answer, error) {
	q, err := r.Resolve(request)
	if err != nil {
		return Answer{}, err
	}
	return r.Answer(ctx, q)
}

// Resolve checks everything about a request that can be checked without running
// it. Its only error is *job.Invalid.
func (r *Renderer) Resolve(request Request) (*Question, error) {
	j, err := r.resolve(request)
	if err != nil {
		return nil, err
	}
	return &Question{Job: j, Key: j.Key(), Bypass: request.Bypass}, nil
}

// Answer compiles, or finds what was compiled before. Its errors are
// *admit.Refusal, ErrBusy, the runner's, and ctx's when the caller has left.
func (r *Renderer) Answer(ctx context.Context, q *Question) (Answer, error) {
	if q.Bypass || r.config.Cache == nil {
		result, err := r.run(ctx, q.Job)
		return Answer{Question: q, Result: result}, err
	}
	return r.find(ctx, q)
}

// run waits for the job's turn, bounded in number and time, and runs it and
// the steps that follow.
func (r *Renderer) run(ctx context.Context, j job.Job) (job.Result, error) {
	start := time.Now()
	until := start.Add(r.config.Admission.Timeout)
	turn, err := r.gate.Admit(ctx, mustFind(j.Language).Box, j.Tenant)
	if err != nil {
		return job.Result{}, err
	}
	defer turn.End()
	waited := time.Since(start)
	result, err := r.runOne(ctx, j, until, turn)
	for _, step := range j.Then {
		if err != nil || result.Outcome != job.OK {
			break
		}
		before := result
		if result, err = r.runOne(ctx, following(j, step, before), time.Now().Add(r.config.Admission.Timeout), turn); err == nil {
			result = behind(j, step, before, result)
		}
	}
	result.Timing.Queue += waited
	return result, err
}

// runOne gives one job to a cell. Waiting for a cell, when a box has just
// died, is queueing too.
func (r *Renderer) runOne(ctx context.Context, j job.Job, until time.Time, w job.Watcher) (job.Result, error) {
	result, err := r.boxes[mustFind(j.Language).Box].Runner.Do(ctx, j, until, w)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = ErrBusy
	}
	return result, err
}

func mustFind(id string) *lang.Language {
	l, ok := lang.Find(id)
	if !ok {
		panic(fmt.Sprintf("fumehood: internal error: a job has language %q", id))
	}
	return l
}
