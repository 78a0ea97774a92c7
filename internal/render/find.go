package render

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
)

// find answers a question from the cache, from a compile that is under way, or by
// one that it begins.
func (r *Renderer) find(ctx context.Context, q *Question) (Answer, error) {
	if e := r.config.Cache.Load(ctx, q.Job.Partition, q.Key); e != nil && fits(e, q.Job.Limits, r.config.Limits) {
		return q.from(e), nil
	}
	return r.fly(ctx, q)
}

// fly waits for a compile that is under way, or begins one. It is apart from
// find as what the flight holds on to would cost a hit as well.
func (r *Renderer) fly(ctx context.Context, q *Question) (Answer, error) {
	j := &q.Job
	key := flightKey{key: q.Key, limits: j.Limits, tenant: j.Tenant}
	may := func() error { return r.gate.Refuses(mustFind(j.Language).Box, j.Tenant) }
	answer, err := r.flights.join(ctx, key, may, func(ctx context.Context) (Answer, error) {
		// Between the miss and this flight's begin another may have ended.
		if e := r.config.Cache.Again(ctx, j.Partition, q.Key); e != nil && fits(e, j.Limits, r.config.Limits) {
			return q.from(e), nil
		}
		return r.fresh(ctx, q)
	})
	var refused *admit.Refusal
	if errors.As(err, &refused) {
		// What is known by now is not refused.
		if e := r.config.Cache.Again(ctx, j.Partition, q.Key); e != nil && fits(e, j.Limits, r.config.Limits) {
			return q.from(e), nil
		}
	}
	return answer, err
}

// fits reports whether an answer that was kept is surely within what a caller
// allows, if that is less than the operator does. Its text is longer than what
// is in it.
func fits(e *cache.Entry, asked, most job.Limits) bool {
	size := job.Bytes(len(e.Body))
	return (asked.Output == most.Output || size <= asked.Output) && (asked.Diagnostics == most.Diagnostics || size <= asked.Diagnostics)
}

// lasts reports whether a result is what anybody would get. One that was made
// with less memory or processor time than others have may say so: engines, and
// templates, can catch that.
func lasts(j job.Job, r job.Result, most job.Limits) bool {
	return r.Outcome.Cacheable() && j.Limits.Memory == most.Memory && j.Limits.CPU == most.CPU
}

// from is the answer as an entry has it. Nobody waited for it.
func (q *Question) from(e *cache.Entry) Answer {
	a := Answer{Question: q, Cached: true, Entry: e, Result: job.Result{Outcome: e.Outcome, Timing: e.Timing}}
	a.Result.Timing.Queue = 0
	return a
}

// fresh compiles, and keeps what can be kept.
func (r *Renderer) fresh(ctx context.Context, q *Question) (Answer, error) {
	result, err := r.run(ctx, q.Job)
	answer := Answer{Question: q, Result: result}
	if err != nil || !lasts(q.Job, result, r.config.Limits) {
		return answer, err
	}
	body, err := r.config.Encode(q.Job, result)
	if err != nil {
		return answer, fmt.Errorf("encode an answer: %w", err)
	}
	answer.Entry = cache.NewEntry(q.Key, result.Outcome, result.Timing, time.Now(), body)
	r.config.Cache.Store(ctx, q.Job.Partition, q.Key, answer.Entry)
	return answer, nil
}

// Stored finds what the cache has for a tenant under a key, nil for nothing.
func (r *Renderer) Stored(ctx context.Context, tenant string, key job.Key) *cache.Entry {
	return r.config.Cache.Load(ctx, r.partition(tenant), key)
}

// Left is for how much longer an entry is kept.
func (r *Renderer) Left(e *cache.Entry, now time.Time) time.Duration {
	return r.config.Cache.Left(e, now)
}

// Purge removes what is kept for a tenant, which in a shared partition is
// everything, and says how many entries that was. A compile that is under way
// may be kept after it.
func (r *Renderer) Purge(ctx context.Context, tenant string) (int, error) {
	return r.config.Cache.Purge(ctx, r.partition(tenant))
}

// PurgeAll removes what is kept for all tenants.
func (r *Renderer) PurgeAll(ctx context.Context) (int, error) {
	return r.config.Cache.Clear(ctx)
}
