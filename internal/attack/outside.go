package attack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// pools is what GET /v1/boxes says.
type pools struct {
	Pools []struct {
		Kind    string `json:"kind"`
		Ready   bool   `json:"ready"`
		Parked  int    `json:"cells_parked"`
		Target  int    `json:"cells_target"`
		Running int    `json:"cells_running"`
		Dying   int    `json:"cells_dying"`

		Counters

		Boxes []struct {
			ID string `json:"id"`
		} `json:"boxes"`
	} `json:"pools"`
}

// Counters tell what became of the boxes of a kind.
type Counters struct {
	Started  int `json:"boxes_started"`
	Recycled int `json:"boxes_recycled"`
	Retired  int `json:"boxes_retired"`
	Lost     int `json:"boxes_lost"`
}

// boxView is the one box of a kind that is there at rest.
type boxView struct {
	id     string
	counts Counters
	// parked is how many cells are parked, less how many are to be: that number
	// follows the demand.
	parked int
}

// view is what can be seen of the boxes from outside, at rest.
type view struct {
	boxes map[string]boxView // by kind
	host  host
}

const (
	settleTimeout = 5 * time.Second
	// replaceTimeout is how long a box may take to come up.
	replaceTimeout = 60 * time.Second
	glanceEvery    = 5 * time.Millisecond
	// calm is how many glances in a row must show the same.
	calm = 5
)

// rests waits until the boxes are as they were before, or were replaced by the
// daemon as it should, and tells what still is not so when the time is over, or
// "".
func (r *Runner) rests(ctx context.Context) (change string, err error) {
	// Connections that wait for the next case are files of the daemon.
	r.api.http.CloseIdleConnections()
	began := time.Now()
	limit := settleTimeout
	for {
		v, busy, err := r.glance(ctx)
		if err != nil {
			return "", err
		}
		if change = v.changed(r.rest); change == "" && busy == "" {
			r.rest = v
			return "", nil
		}
		if v.replacing() {
			limit = replaceTimeout
		}
		if time.Since(began) > limit {
			if busy != "" {
				return "the boxes do not come to rest: " + busy, nil
			}
			// The next case is not to blame for it.
			r.rest = v
			return change, nil
		}
		if err := pause(ctx); err != nil {
			return "", err
		}
	}
}

// settle waits until what is seen of the boxes stays the same.
func (r *Runner) settle(ctx context.Context) (view, error) {
	r.api.http.CloseIdleConnections()
	deadline := time.Now().Add(settleTimeout)
	var last view
	for same := 0; ; {
		v, busy, err := r.glance(ctx)
		switch {
		case err != nil:
			return v, err
		case busy == "" && v.changed(last) == "":
			if same++; same == calm {
				return v, nil
			}
		case time.Now().After(deadline):
			return v, fmt.Errorf("the boxes do not come to rest: %s %s", busy, v.changed(last))
		default:
			same = 0
		}
		last = v
		if err := pause(ctx); err != nil {
			return v, err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(glanceEvery):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// glance looks once. busy says why the boxes are not at rest, or is "".
func (r *Runner) glance(ctx context.Context) (v view, busy string, err error) {
	var p pools
	if err := r.api.get(ctx, "/v1/boxes", &p); err != nil {
		return v, "", err
	}
	v.boxes = make(map[string]boxView)
	parked := make(map[string]int)
	for _, pool := range p.Pools {
		parked[pool.Kind] = pool.Parked
		b := boxView{counts: pool.Counters, parked: pool.Parked - pool.Target}
		if len(pool.Boxes) == 1 {
			b.id = pool.Boxes[0].ID
		}
		v.boxes[pool.Kind] = b
		if !pool.Ready || pool.Running+pool.Dying > 0 || len(pool.Boxes) != 1 {
			busy = fmt.Sprintf("box %s: %d cells run, %d die, %d boxes", pool.Kind, pool.Running, pool.Dying, len(pool.Boxes))
		}
	}
	kinds := make(map[string]string)
	for kind, b := range v.boxes {
		if b.id == "" {
			continue
		}
		kinds[b.id] = kind
		if !slices.Contains(r.known, b.id) {
			r.known = append(r.known, b.id)
		}
	}
	if r.local && busy == "" {
		v.host, err = lookAtHost(kinds, r.known)
		v.host.withoutParked(parked)
	}
	return v, busy, err
}

// replacing reports whether some kind has no box, or two.
func (v view) replacing() bool {
	for _, b := range v.boxes {
		if b.id == "" {
			return true
		}
	}
	return false
}

// changed tells what is no more as it was, or "". A box may have become another
// one only if the daemon says that it replaced it, and no more often than that.
func (v view) changed(before view) string {
	if len(v.boxes) != len(before.boxes) {
		return fmt.Sprintf("%d kinds of box, before %d", len(v.boxes), len(before.boxes))
	}
	for _, kind := range slices.Sorted(maps.Keys(v.boxes)) {
		if change := v.boxes[kind].changed(before.boxes[kind]); change != "" {
			return "box " + kind + ": " + change
		}
	}
	return v.host.changed(before.host)
}

func (b boxView) changed(before boxView) string {
	now, then := b.counts, before.counts
	replaced := now.Recycled + now.Retired - then.Recycled - then.Retired
	switch {
	case now.Lost != then.Lost:
		return fmt.Sprintf("a zygote was lost: %s, before %s, %d lost", b.id, before.id, now.Lost-then.Lost)
	case replaced != now.Started-then.Started, (b.id != before.id) != (replaced > 0):
		return fmt.Sprintf("a zygote was lost: %s, before %s, which %d started and %d replaced do not explain",
			b.id, before.id, now.Started-then.Started, replaced)
	case b.parked != before.parked:
		return fmt.Sprintf("%+d cells are parked beside those that are to be, before %+d", b.parked, before.parked)
	}
	return ""
}
