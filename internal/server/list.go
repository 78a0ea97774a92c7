package server

import (
	"net/http"
	"slices"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/pool"
)

type languageShape struct {
	ID         string     `json:"id"`
	Title      string     `json:"title"`
	Aliases    []string   `json:"aliases"`
	Extensions []string   `json:"extensions"`
	Class      lang.Class `json:"class"`
	// Engine is the default one of Engines, the versions that can be pinned.
	Engine  string   `json:"engine"`
	Engines []string `json:"engines"`
	// Ready says whether a box for it is up.
	Ready   bool          `json:"ready"`
	Files   bool          `json:"files"`
	Locals  bool          `json:"locals"`
	Options []optionShape `json:"options"`
	// Example is a short source that compiles.
	Example string      `json:"example"`
	Limits  limitsShape `json:"limits"`
}

type optionShape struct {
	Name    string    `json:"name"`
	Type    lang.Type `json:"type"`
	Default any       `json:"default"`
	Values  []string  `json:"values,omitempty"`
	Min     int       `json:"min,omitzero"`
	Max     int       `json:"max,omitzero"`
	Pattern string    `json:"pattern,omitempty"`
	Help    string    `json:"help"`
}

func (s *Server) languages(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	shapes := []languageShape{}
	ready := make(map[string]bool)
	for _, p := range s.pools {
		stats := p.Stats()
		ready[stats.Kind] = stats.Ready
	}
	for _, l := range lang.Table {
		engines := s.renderer.Engines(l)
		if len(engines) == 0 {
			continue
		}
		shape := languageShape{
			ID: l.ID, Title: l.Title, Aliases: l.Aliases, Extensions: l.Extensions, Class: l.Class,
			Engine: engines[0], Engines: engines, Ready: ready[l.Box], Locals: l.Locals != lang.NoLocals, Files: l.Files,
			Options: []optionShape{}, Example: l.Example(), Limits: shapeOfLimits(s.renderer.Limits()),
		}
		for _, o := range l.AllOptions() {
			shape.Options = append(shape.Options, optionShape{
				Name: o.Name, Type: o.Type, Default: o.Default, Values: o.Values, Min: o.Min, Max: o.Max,
				Pattern: o.Pattern, Help: o.Help,
			})
		}
		shapes = append(shapes, shape)
	}
	writeJSON(w, http.StatusOK, map[string]any{"languages": shapes})
	return nil
}

type poolShape struct {
	Kind    string `json:"kind"`
	Ready   bool   `json:"ready"`
	Jobs    uint64 `json:"jobs"`
	Parked  int    `json:"cells_parked"`
	Running int    `json:"cells_running"`
	Dying   int    `json:"cells_dying"`
	// Target is how many cells are to be parked, CellKiB what each has of its
	// own, Missed how many jobs found none, Leaked how many did not die in time.
	Target  int    `json:"cells_target"`
	CellKiB int64  `json:"cell_kib"`
	Leaked  uint64 `json:"cells_leaked"`
	Missed  uint64 `json:"jobs_waited"`
	// Missing are walls that the boxes lack, as the operator accepts.
	Missing []string `json:"missing_walls"`
	// Deaths has every way to die, with those that did not happen.
	Deaths      map[string]uint64 `json:"cell_deaths"`
	Generations uint64            `json:"boxes_started"`
	Recycled    uint64            `json:"boxes_recycled"`
	Retired     uint64            `json:"boxes_retired"`
	Lost        uint64            `json:"boxes_lost"`
	Dismissed   uint64            `json:"boxes_dismissed"`
	// PendingRetirement: the serving box is to be retired, as soon as another
	// retirement is allowed.
	PendingRetirement bool       `json:"retirement_pending"`
	Boxes             []boxShape `json:"boxes"`
}

type boxShape struct {
	ID        string `json:"id"`
	Started   string `json:"started"`
	Forked    uint64 `json:"cells_forked"`
	Reaped    uint64 `json:"cells_reaped"`
	ZygoteKiB uint32 `json:"zygote_kib"`
}

// boxStats shows each pool's counters beside those of its boxes' zygotes:
// every cell that was forked and reaped had one job at most.
func (s *Server) boxStats(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	pools := []poolShape{}
	for _, p := range s.pools {
		pools = append(pools, shapeOfPool(p.Stats()))
	}
	writeJSON(w, http.StatusOK, map[string]any{"pools": pools})
	return nil
}

func shapeOfPool(stats pool.Stats) poolShape {
	shape := poolShape{
		Kind: stats.Kind, Ready: stats.Ready, Jobs: stats.Jobs,
		Parked: stats.Parked, Running: stats.Running, Dying: stats.Dying, Missing: append([]string{}, stats.Missing...), Boxes: []boxShape{},
		Deaths: make(map[string]uint64), Generations: stats.Generations, Recycled: stats.Recycled, Retired: stats.Retired, Lost: stats.Lost,
		PendingRetirement: stats.PendingRetirement, Dismissed: stats.Dismissed,
		Target: stats.Target, CellKiB: int64(stats.CellBytes / job.KiB), Leaked: stats.Leaked, Missed: stats.Missed,
	}
	for death, n := range stats.Deaths {
		shape.Deaths[string(death)] = n
	}
	for _, b := range stats.Boxes {
		shape.Boxes = append(shape.Boxes, boxShape{
			ID: b.ID, Started: b.Started.UTC().Format("2006-01-02T15:04:05Z"),
			Forked: b.Forked, Reaped: b.Reaped, ZygoteKiB: b.ZygoteKiB,
		})
	}
	return shape
}

// healthz says that the daemon runs; readyz that it can compile.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	writeJSON(w, http.StatusOK, map[string]any{"ok": true})
	return nil
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	if s.draining.Load() {
		return &requestError{http.StatusServiceUnavailable, "not_ready", "the daemon is about to end"}
	}
	missing := []string{}
	for _, p := range s.pools {
		stats := p.Stats()
		if !stats.Ready {
			w.Header().Set("Retry-After", "1")
			return &requestError{http.StatusServiceUnavailable, "not_ready", "no box of kind " + stats.Kind + " is up"}
		}
		missing = append(missing, stats.Missing...)
	}
	slices.Sort(missing)
	writeJSON(w, http.StatusOK, map[string]any{"ready": true, "missing_walls": slices.Compact(missing)})
	return nil
}
