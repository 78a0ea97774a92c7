package server

import (
	"math"
	"net/http"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// limitsShape is the part of the limits that a caller may lower, in a
// request, and see, in GET /v1/limits.
type limitsShape struct {
	WallMS           *int64 `json:"wall_ms"`
	CPUMS            *int64 `json:"cpu_ms"`
	MemoryBytes      *int64 `json:"memory_bytes"`
	SourceBytes      *int64 `json:"source_bytes"`
	OptionsBytes     *int64 `json:"options_bytes"`
	OutputBytes      *int64 `json:"output_bytes"`
	DiagnosticsBytes *int64 `json:"diagnostics_bytes"`
}

// limits turns what a caller asked for into job.Limits, zero where nothing
// was asked.
func (l *limitsShape) limits() (job.Limits, error) {
	var limits job.Limits
	if l == nil {
		return limits, nil
	}
	for _, f := range []struct {
		name string
		from *int64
		to   *int64
		unit int64
	}{
		{"wall_ms", l.WallMS, (*int64)(&limits.Wall), int64(time.Millisecond)},
		{"cpu_ms", l.CPUMS, (*int64)(&limits.CPU), int64(time.Millisecond)},
		{"memory_bytes", l.MemoryBytes, (*int64)(&limits.Memory), 1},
		{"source_bytes", l.SourceBytes, (*int64)(&limits.Source), 1},
		{"options_bytes", l.OptionsBytes, (*int64)(&limits.Options), 1},
		{"output_bytes", l.OutputBytes, (*int64)(&limits.Output), 1},
		{"diagnostics_bytes", l.DiagnosticsBytes, (*int64)(&limits.Diagnostics), 1},
	} {
		if f.from == nil {
			continue
		}
		if *f.from <= 0 || *f.from > math.MaxInt64/f.unit {
			return limits, &job.Invalid{Field: "limits." + f.name, Reason: "must be a positive number: a limit can only be lowered"}
		}
		*f.to = *f.from * f.unit
	}
	return limits, nil
}

// serverLimitsShape is the body of GET /v1/limits.
type serverLimitsShape struct {
	limitsShape         `json:",inline"`
	HeadersBytes        job.Bytes `json:"headers_bytes"`
	ReadHeaderTimeoutMS int64     `json:"read_header_timeout_ms"`
	BodyTimeoutMS       int64     `json:"body_timeout_ms"`
	WriteTimeoutMS      int64     `json:"write_timeout_ms"`
}

func (s *Server) limits(w http.ResponseWriter, _ *http.Request, _ *exchange) error {
	writeJSON(w, http.StatusOK, serverLimitsShape{
		limitsShape:         shapeOfLimits(s.renderer.Limits()),
		HeadersBytes:        s.config.Headers,
		ReadHeaderTimeoutMS: s.config.ReadHeaderTimeout.Milliseconds(),
		BodyTimeoutMS:       s.config.BodyTimeout.Milliseconds(),
		WriteTimeoutMS:      s.config.WriteTimeout.Milliseconds(),
	})
	return nil
}

func shapeOfLimits(l job.Limits) limitsShape {
	number := func(n int64) *int64 { return &n }
	return limitsShape{
		WallMS: number(l.Wall.Milliseconds()), CPUMS: number(l.CPU.Milliseconds()), MemoryBytes: number(int64(l.Memory)),
		SourceBytes: number(int64(l.Source)), OptionsBytes: number(int64(l.Options)),
		OutputBytes: number(int64(l.Output)), DiagnosticsBytes: number(int64(l.Diagnostics)),
	}
}
