package server

import (
	"context"
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
	Cache    *string            `json:"cache"`
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
	body, err := readJSON(w, r, s.bodyLimit())
	if err != nil {
		return err
	}
	answer, err := s.compile(r.Context(), body, e)
	if err != nil {
		return err
	}
	return writeAnswer(w, answer, e.id)
}

// applicationJSON is the media type of requests.
const applicationJSON = "application/json"

// readJSON reads a body that must be JSON.
func readJSON(w http.ResponseWriter, r *http.Request, limit job.Bytes) ([]byte, error) {
	name, _, err := mediaType(r)
	if err != nil {
		return nil, err
	}
	if name != applicationJSON {
		return nil, &job.Invalid{Field: "body", Fault: job.Unsupported, Reason: "must be " + applicationJSON}
	}
	return readBody(w, r, limit)
}

// compile does what a renderRequest asks for.
func (s *Server) compile(ctx context.Context, body []byte, e *exchange) (*render.Answer, error) {
	known := s.asked.find(e.holder.Tenant, body)
	if known != nil {
		a, err := s.answer(ctx, known, e)
		if err != nil || !a.Cached {
			s.asked.forget(e.holder.Tenant, body)
		}
		return a, err
	}
	var in renderRequest
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	e.language = in.Language
	request, err := in.request()
	if err != nil {
		return nil, err
	}
	request.Tenant = e.holder.Tenant
	q, err := s.renderer.Resolve(request)
	if err != nil {
		return nil, err
	}
	a, err := s.answer(ctx, q, e)
	if err == nil && a.Cached {
		s.asked.keep(e.holder.Tenant, body, q)
	}
	return a, err
}

func (s *Server) answer(ctx context.Context, q *render.Question, e *exchange) (*render.Answer, error) {
	e.language = q.Job.Language
	answer, err := s.renderer.Answer(ctx, q)
	if err != nil {
		return nil, err
	}
	e.answer = &answer
	return &answer, nil
}

// request is what was asked for, in render's words.
func (in *renderRequest) request() (render.Request, error) {
	if in.Source == nil {
		return render.Request{}, &job.Invalid{Field: "source", Reason: "is missing"}
	}
	var files map[string]string
	if len(in.Files) > 0 {
		files = make(map[string]string, len(in.Files))
	}
	for name, text := range in.Files {
		if text == nil {
			return render.Request{}, &job.Invalid{Field: "files", Reason: "have a value that is no string"}
		}
		files[name] = *text
	}
	limits, err := in.Limits.limits()
	if err != nil {
		return render.Request{}, err
	}
	if in.Cache != nil && *in.Cache != cacheUse && *in.Cache != cacheBypass {
		return render.Request{}, &job.Invalid{Field: "cache", Reason: "must be use or bypass"}
	}
	return render.Request{
		Language: in.Language, Engine: in.Engine, Source: *in.Source, Files: files,
		Options: in.Options, Locals: in.Locals, Limits: limits, Bypass: in.Cache != nil && *in.Cache == cacheBypass,
	}, nil
}

// What a request can say of the cache.
const (
	cacheUse    = "use"
	cacheBypass = "bypass"
)

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
