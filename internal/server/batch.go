package server

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/job"
)

// maxItems is how many sources one batch may have: more than a page has.
const maxItems = 20

// batchLimit is the longest body of a batch. It is less than maxItems of the
// longest: what is that long is better sent by itself.
func (s *Server) batchLimit() job.Bytes { return 4 * s.bodyLimit() }

// batch compiles several sources at once. Each is a request of its own in all
// but its connection: it has its own cell and turn, its own outcome or error,
// its own place in metrics and log. What is wrong with one is said in its place.
func (s *Server) batch(w http.ResponseWriter, r *http.Request, e *exchange) error {
	body, err := readJSON(w, r, s.batchLimit())
	if err != nil {
		return err
	}
	items, err := splitBatch(body)
	if err != nil {
		return err
	}
	results := make([][][]byte, len(items))
	var compiles sync.WaitGroup
	for i, item := range items {
		compiles.Go(func() { results[i] = s.item(r, e, i, item) })
	}
	compiles.Wait()
	if err := r.Context().Err(); err != nil {
		return err
	}
	// Answers that are kept are written from where they are, and not copied.
	pieces := [][]byte{[]byte(`{"results":[`)}
	for i, result := range results {
		if i > 0 {
			pieces = append(pieces, []byte(","))
		}
		pieces = append(pieces, result...)
	}
	writeBody(w, http.StatusOK, append(pieces, []byte("]}\n"))...)
	return nil
}

// item answers one of a batch, in pieces: an answer, or an error with its status.
func (s *Server) item(r *http.Request, batch *exchange, i int, body []byte) [][]byte {
	start := time.Now()
	e := &exchange{id: batch.id + "-" + strconv.Itoa(i), holder: batch.holder, compiles: true}
	result, err := s.itemAnswer(r.Context(), e, body)
	status := http.StatusOK
	if err != nil {
		p := problemOf(err)
		if status = p.status; r.Context().Err() != nil {
			status = statusClientGone
		}
		text, _ := encode(itemErrorShape{errorShape: shapeOfProblem(p, e.id), Status: p.status, RetryAfter: p.retry})
		result = [][]byte{text}
	}
	s.config.Metrics.Item()
	s.countCompile(e, status)
	s.logItem(r.Context(), e, status, err, time.Since(start))
	return result
}

func (s *Server) itemAnswer(ctx context.Context, e *exchange, body []byte) (result [][]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	answer, err := s.compile(ctx, body, e)
	if err != nil {
		return nil, err
	}
	text, err := encoded(answer)
	if err != nil {
		return nil, err
	}
	return [][]byte{text, requestPart(answer, e.id)}, nil
}

// itemErrorShape stands where an item's answer would.
type itemErrorShape struct {
	errorShape `json:",inline"`
	Status     int `json:"status"`
	// RetryAfter is in seconds.
	RetryAfter int `json:"retry_after,omitzero"`
}

func (s *Server) logItem(ctx context.Context, e *exchange, status int, err error, took time.Duration) {
	attributes := append([]slog.Attr{
		slog.String("request_id", e.id), slog.Int("status", status), slog.Duration("dur", took),
	}, e.attributes()...)
	level := levelOf(status)
	if level == slog.LevelError {
		attributes = append(attributes, slog.Any("err", err))
	}
	s.log.LogAttrs(ctx, level, "item", attributes...)
}

// splitBatch takes {"items":[…]} apart and leaves the items as they are: what is
// wrong within one, as a name that it has twice, is that item's.
func splitBatch(body []byte) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	broken := func() error {
		return &job.Invalid{Field: "body", Reason: fmt.Sprintf("is not valid JSON at byte %d", d.InputOffset())}
	}
	if t, err := d.ReadToken(); err != nil {
		return nil, broken()
	} else if t.Kind() != '{' {
		return nil, &job.Invalid{Field: "body", Reason: "must be an object with items"}
	}
	var items []jsontext.Value
	given := false
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, broken()
		}
		switch word := name.String(); {
		case word != "items":
			return nil, &job.Invalid{Field: word, Reason: "is not a field of a batch"}
		case given:
			return nil, &job.Invalid{Field: "items", Reason: "is given twice"}
		}
		given = true
		if items, err = readItems(d); err != nil {
			return nil, err
		}
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '}' {
		return nil, broken()
	}
	if len(bytes.TrimSpace(body[d.InputOffset():])) > 0 {
		return nil, broken()
	}
	if len(items) == 0 {
		return nil, &job.Invalid{Field: "items", Reason: fmt.Sprintf("are missing: there must be 1 to %d", maxItems)}
	}
	return items, nil
}

func readItems(d *jsontext.Decoder) ([]jsontext.Value, error) {
	if d.PeekKind() != '[' {
		return nil, &job.Invalid{Field: "items", Reason: "must be a list of requests"}
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, &job.Invalid{Field: "items", Reason: "are not valid JSON"}
	}
	var items []jsontext.Value
	for d.PeekKind() != ']' {
		item, err := d.ReadValue()
		if err != nil {
			return nil, &job.Invalid{Field: "items", Reason: fmt.Sprintf("are not valid JSON at byte %d", d.InputOffset())}
		}
		if len(items) == maxItems {
			return nil, &job.Invalid{Field: "items", Reason: fmt.Sprintf("are more than %d", maxItems)}
		}
		items = append(items, item.Clone())
	}
	_, err := d.ReadToken()
	return items, err
}
