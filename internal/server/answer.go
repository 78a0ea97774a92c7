package server

import (
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// An answer, the one result shape for every language, has two parts. The first
// says what became of the job; it is the same for all who ask the same, is
// encoded once, and is what the cache keeps. The second is of this request.
//
//	{"ok":…,"outcome":…,…,"source_map":…  ,"cached":…,…,"receipt":{…}}
//	└ resultShape, without its brace ┘    └ requestPart ┘

// resultShape is the first part.
type resultShape struct {
	OK          bool              `json:"ok"`
	Outcome     job.Outcome       `json:"outcome"`
	Language    string            `json:"language"`
	Engine      string            `json:"engine"`
	Output      *string           `json:"output"`
	Diagnostics []diagnosticShape `json:"diagnostics"`
	SourceMap   *string           `json:"source_map"`
}

// Encode is the first part of an answer, without the brace that ends it.
func Encode(j job.Job, r job.Result) ([]byte, error) {
	shape := resultShape{
		OK: r.Outcome == job.OK, Outcome: r.Outcome, Language: j.Language, Engine: j.Engine,
		Diagnostics: make([]diagnosticShape, len(r.Diagnostics)),
	}
	if shape.OK {
		shape.Output, shape.SourceMap = &r.Output, text(r.SourceMap)
	}
	for i, d := range r.Diagnostics {
		// A diagnostic names none but the job's own files.
		source, _ := j.Text(d.File)
		shape.Diagnostics[i] = diagnosticShape{
			Severity: d.Severity, Message: d.Message,
			Line: known(d.Line), Column: known(d.Column), EndLine: known(d.EndLine), EndColumn: known(d.EndColumn),
			Code: text(d.Code), File: text(d.File), Frame: text(d.Frame(source)),
		}
	}
	// Invalid UTF-8 is an engine's fault, and shown as well as can be.
	encoded, err := json.Marshal(shape, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, err
	}
	return encoded[: len(encoded)-1 : len(encoded)-1], nil
}

// encoded is the first part of an answer: the cache's, if it has it.
func encoded(a *render.Answer) ([]byte, error) {
	if a.Entry != nil {
		return a.Entry.Body, nil
	}
	return Encode(a.Job, a.Result)
}

// decodeResult reads what Encode wrote.
func decodeResult(body []byte) (resultShape, error) {
	var shape resultShape
	whole := append(append(make([]byte, 0, len(body)+1), body...), '}')
	err := json.Unmarshal(whole, &shape, jsontext.AllowInvalidUTF8(true))
	return shape, err
}

// requestPart is the second part. Without an id it is nobody's.
func requestPart(a *render.Answer, id string) []byte {
	to := make([]byte, 0, 320)
	to = append(to, `,"cached":`...)
	to = strconv.AppendBool(to, a.Cached)
	to = append(to, `,"coalesced":`...)
	to = strconv.AppendBool(to, a.Coalesced)
	to = append(to, `,"key":"`...)
	to = hex.AppendEncode(to, a.Key[:])
	to = append(to, `","request_id":`...)
	if id == "" {
		to = append(to, "null"...)
	} else {
		to = append(to, '"')
		to = append(to, id...) // has hexadecimal digits and - only
		to = append(to, '"')
	}
	to = append(to, `,"receipt":`...)
	to = receiptOf(a.Result.Timing).append(to)
	return append(to, '}')
}

// append appends what json.Marshal would: a hit has time for no more.
func (r receiptShape) append(to []byte) []byte {
	float := func(f float64) { to = strconv.AppendFloat(to, f, 'f', -1, 64) }
	to = append(to, `{"queue_ms":`...)
	float(r.QueueMS)
	to = append(to, `,"compile_ms":`...)
	float(r.CompileMS)
	to = append(to, `,"cpu_ms":`...)
	if r.CPUMS == nil {
		to = append(to, "null"...)
	} else {
		float(*r.CPUMS)
	}
	to = append(to, `,"peak_kb":`...)
	if r.PeakKB == nil {
		to = append(to, "null"...)
	} else {
		to = strconv.AppendInt(to, *r.PeakKB, 10)
	}
	return append(to, '}')
}

// writeAnswer writes both parts.
func writeAnswer(w http.ResponseWriter, a *render.Answer, id string) error {
	body, err := encoded(a)
	if err != nil {
		return err
	}
	if a.Entry != nil {
		w.Header()["Etag"] = []string{etag(a.Entry)}
	}
	writeBody(w, http.StatusOK, body, append(requestPart(a, id), '\n'))
	return nil
}

// writeBody writes JSON that is ready, in one piece or more.
func writeBody(w http.ResponseWriter, status int, pieces ...[]byte) {
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	w.Header()["Content-Type"] = jsonType
	w.Header()["Content-Length"] = []string{strconv.Itoa(n)}
	w.WriteHeader(status)
	for _, p := range pieces {
		// The caller may be gone; the log line says what was sent.
		if _, err := w.Write(p); err != nil {
			return
		}
	}
}

var jsonType = []string{"application/json; charset=utf-8"}
