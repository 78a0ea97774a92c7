package render

import (
	"context"
	"fmt"
	"time"

	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
)

// find answers a job from the cache, from a compile that is under way, or by
// one that it begins.
func (r *Renderer) find(ctx context.Context, j job.Job) (Answer, error) {
	answer := Answer{Job: j, Key: j.Key()}
	if e := r.config.Cache.Load(ctx, j.Partition, answer.Key); e != nil && fits(e, j.Limits, r.config.Limits) {
		return answer.from(e), nil
	}
	return r.fly(ctx, answer)
}

// fly waits for a compile that is under way, or begins one. It is apart from
// find as what the flight holds on to would cost a hit as well.
func (r *Renderer) fly(ctx context.Context, answer Answer) (Answer, error) {
	j := answer.Job
	key := flightKey{key: answer.Key, limits: j.Limits, tenant: j.Tenant}
	may := func() error { return r.gate.Refuses(mustFind(j.Language).Box, j.Tenant) }
	return r.flights.join(ctx, key, may, func(ctx context.Context) (Answer, error) {
		// Between the miss and this flight's begin another may have ended.
		if e := r.config.Cache.Again(ctx, j.Partition, answer.Key); e != nil && fits(e, j.Limits, r.config.Limits) {
			return answer.from(e), nil
		}
		return r.fresh(ctx, answer)
	})
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
func (a Answer) from(e *cache.Entry) Answer {
	a.Cached, a.Entry = true, e
	a.Result = job.Result{Outcome: e.Outcome, Timing: e.Timing}
	a.Result.Timing.Queue = 0
	return a
}

// fresh compiles, and keeps what can be kept.
func (r *Renderer) fresh(ctx context.Context, answer Answer) (Answer, error) {
	var err error
	answer.Result, err = r.run(ctx, answer.Job)
	if err != nil || !lasts(answer.Job, answer.Result, r.config.Limits) {
		return answer, err
	}
	body, err := r.config.Encode(answer.Job, answer.Result)
	if err != nil {
		return answer, fmt.Errorf("encode an answer: %w", err)
	}
	answer.Entry = cache.NewEntry(answer.Key, answer.Result.Outcome, answer.Result.Timing, time.Now(), body)
	r.config.Cache.Store(ctx, answer.Job.Partition, answer.Key, answer.Entry)
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
