package attack

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// pools is what GET /v1/boxes says.
type pools struct {
	Pools []struct {
		Kind    string `json:"kind"`
		Ready   bool   `json:"ready"`
		Parked  int    `json:"cells_parked"`
		Running int    `json:"cells_running"`
		Dying   int    `json:"cells_dying"`
		Boxes   []struct {
			ID string `json:"id"`
		} `json:"boxes"`
	} `json:"pools"`
}

// view is what can be seen of the boxes from outside, at rest.
type view struct {
	// boxes are the identities of the zygotes, parked the cells that wait.
	boxes  []string
	parked int
	host   host
}

const (
	settleTimeout = 5 * time.Second
	glanceEvery   = 5 * time.Millisecond
	// calm is how many glances in a row must show the same.
	calm = 5
)

// rests waits until the boxes are as they were at first, and tells what still
// is not when the time is over, or "".
func (r *Runner) rests(ctx context.Context) (change string, err error) {
	// Connections that wait for the next case are files of the daemon.
	r.api.http.CloseIdleConnections()
	deadline := time.Now().Add(settleTimeout)
	for {
		v, busy, err := r.glance(ctx)
		if err != nil {
			return "", err
		}
		if change = v.changed(r.rest); change == "" && busy == "" {
			return "", nil
		}
		if time.Now().After(deadline) {
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
	for _, pool := range p.Pools {
		for _, b := range pool.Boxes {
			v.boxes = append(v.boxes, b.ID)
		}
		v.parked += pool.Parked
		if !pool.Ready || pool.Running+pool.Dying > 0 || len(pool.Boxes) != 1 {
			busy = fmt.Sprintf("box %s: %d cells run, %d die, %d boxes", pool.Kind, pool.Running, pool.Dying, len(pool.Boxes))
		}
	}
	slices.Sort(v.boxes)
	for _, id := range v.boxes {
		if !slices.Contains(r.known, id) {
			r.known = append(r.known, id)
		}
	}
	if r.local && busy == "" {
		v.host, err = lookAtHost(v.boxes, r.known)
	}
	return v, busy, err
}

// changed tells what is no more as it was, or "".
func (v view) changed(before view) string {
	switch {
	case !slices.Equal(v.boxes, before.boxes):
		return fmt.Sprintf("a zygote was lost: boxes %v, before %v", v.boxes, before.boxes)
	case v.parked != before.parked:
		return fmt.Sprintf("%d cells are parked, before %d", v.parked, before.parked)
	}
	return v.host.changed(before.host)
}
