package server

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// renderRequest is the body of POST /v1/render.
type renderRequest struct {
	Language string             `json:"language"`
	Engine   string             `json:"engine"`
	Source   *string            `json:"source"`
	Files    map[string]*string `json:"files"`
	Options  jsontext.Value     `json:"options"`
	Locals   jsontext.Value     `json:"locals"`
	Limits   *limitsShape       `json:"limits"`
}

// renderShape is the one result shape for every language.
type renderShape struct {
	OK          bool              `json:"ok"`
	Outcome     job.Outcome       `json:"outcome"`
	Language    string            `json:"language"`
	Engine      string            `json:"engine"`
	Output      *string           `json:"output"`
	Diagnostics []diagnosticShape `json:"diagnostics"`
	SourceMap   *string           `json:"source_map"`
	Cached      bool              `json:"cached"`
	Key         string            `json:"key"`
	RequestID   string            `json:"request_id"`
	Receipt     receiptShape      `json:"receipt"`
}

type diagnosticShape struct {
	Severity  job.Severity `json:"severity"`
	Message   string       `json:"message"`
	Line      *int         `json:"line"`
	Column    *int         `json:"column"`
	EndLine   *int         `json:"end_line"`
	EndColumn *int         `json:"end_column"`
	Code      *string      `json:"code"`
	// File is one of the request's files, null for its source.
	File  *string `json:"file"`
	Frame *string `json:"frame"`
}

// receiptShape: an answer goes out before its cell is torn down, so the cell's
// own figures are what it said itself, and null when it was cut off.
type receiptShape struct {
	QueueMS   float64  `json:"queue_ms"`
	CompileMS float64  `json:"compile_ms"`
	CPUMS     *float64 `json:"cpu_ms"`
	PeakKB    *int64   `json:"peak_kb"`
}

// jsonEscape is how many bytes JSON may spend on one byte of text.
const jsonEscape = 6

// bodyLimit is the longest body that can hold a request within the limits.
func (s *Server) bodyLimit() job.Bytes {
	l := s.renderer.Limits()
	const fileNames = job.MaxFiles * (job.MaxFileName + 16)
	return jsonEscape*(l.Source+2*l.Options) + fileNames + 4*job.KiB
}

func (s *Server) render(w http.ResponseWriter, r *http.Request, e *exchange) error {
	e.compiles = true
	name, _, err := mediaType(r)
	if err != nil {
		return err
	}
	if name != "application/json" {
		return &job.Invalid{Field: "body", Fault: job.Unsupported, Reason: "must be application/json"}
	}
	body, err := readBody(w, r, s.bodyLimit())
	if err != nil {
		return err
	}
	var in renderRequest
	if err := decode(body, &in); err != nil {
		return err
	}
	e.language = in.Language
	if in.Source == nil {
		return &job.Invalid{Field: "source", Reason: "is missing"}
	}
	files := make(map[string]string, len(in.Files))
	for name, text := range in.Files {
		if text == nil {
			return &job.Invalid{Field: "files", Reason: "have a value that is no string"}
		}
		files[name] = *text
	}
	limits, err := in.Limits.limits()
	if err != nil {
		return err
	}
	answer, err := s.renderer.Render(r.Context(), render.Request{
		Language: in.Language, Engine: in.Engine, Source: *in.Source, Files: files,
		Options: in.Options, Locals: in.Locals, Limits: limits, Tenant: e.holder.Tenant,
	})
	if err != nil {
		return err
	}
	e.answer = &answer
	writeJSON(w, http.StatusOK, shapeOf(answer, e.id))
	return nil
}

func shapeOf(a render.Answer, id string) renderShape {
	shape := renderShape{
		OK: a.Result.Outcome == job.OK, Outcome: a.Result.Outcome, Language: a.Job.Language, Engine: a.Job.Engine,
		Diagnostics: make([]diagnosticShape, len(a.Result.Diagnostics)), Key: a.Key.String(), RequestID: id,
		Receipt: receiptOf(a.Result.Timing),
	}
	if shape.OK {
		shape.Output, shape.SourceMap = &a.Result.Output, text(a.Result.SourceMap)
	}
	for i, d := range a.Result.Diagnostics {
		// A diagnostic names none but the job's own files.
		source, _ := a.Job.Text(d.File)
		shape.Diagnostics[i] = diagnosticShape{
			Severity: d.Severity, Message: d.Message,
			Line: known(d.Line), Column: known(d.Column), EndLine: known(d.EndLine), EndColumn: known(d.EndColumn),
			Code: text(d.Code), File: text(d.File), Frame: text(d.Frame(source)),
		}
	}
	return shape
}

func receiptOf(t job.Timing) receiptShape {
	receipt := receiptShape{QueueMS: milliseconds(t.Queue), CompileMS: milliseconds(t.Compile)}
	if t.Peak > 0 {
		cpu, peak := milliseconds(t.CPU), int64(t.Peak/job.KiB)
		receipt.CPUMS, receipt.PeakKB = &cpu, &peak
	}
	return receipt
}

// known is nil for a position that the engine did not give.
func known(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// milliseconds with three digits behind the point.
func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
