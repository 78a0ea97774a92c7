package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/render"
)

// problem is the one status table: which error is answered how.
type problem struct {
	status int
	code   string
	// field is what a caller has to mend, empty when it is not theirs.
	field   string
	message string
	// retry is the seconds after which to try again, 0 for never.
	retry int
}

func problemOf(err error) problem {
	var invalid *job.Invalid
	var http4xx *requestError
	var refused *admit.Refusal
	switch {
	case errors.As(err, &invalid):
		return problem{
			status: invalidStatus(invalid.Fault), code: "invalid", field: shorten(invalid.Field, 80),
			message: shorten(invalid.Field, 80) + ": " + shorten(invalid.Reason, 400),
		}
	case errors.As(err, &http4xx):
		return problem{status: http4xx.status, code: http4xx.code, message: http4xx.message}
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.Is(err, render.ErrBusy):
		return problem{status: http.StatusServiceUnavailable, code: "busy", message: "too many compiles are waiting; try again", retry: 1}
	case errors.Is(err, pool.ErrDown):
		return problem{status: http.StatusServiceUnavailable, code: "box_down", message: "the box with this compile went down; try again", retry: 1}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return problem{status: http.StatusServiceUnavailable, code: "cancelled", message: "the compile was given up; try again", retry: 1}
	}
	return problem{status: http.StatusInternalServerError, code: "internal", message: "something went wrong on our side; quote the request id"}
}

// refusal says why a compile was not admitted, and when to come back.
func refusal(r *admit.Refusal) problem {
	// Rounded up: who comes back too early is refused again.
	p := problem{status: http.StatusServiceUnavailable, code: "busy", message: "too many compiles are waiting; try again", retry: int((r.RetryAfter + time.Second - 1) / time.Second)}
	switch r.Reason {
	case admit.Quota:
		p.status, p.code, p.message = http.StatusTooManyRequests, "quota", "the processor time of this minute is used up; try again later"
	case admit.Crowd:
		p.status, p.code, p.message = http.StatusTooManyRequests, "quota", "as many compiles of yours run as may at once; try again"
	}
	return p
}

// shorten keeps a caller's own words, quoted back, from filling an answer.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

func invalidStatus(f job.Fault) int {
	switch f {
	case job.TooLarge:
		return http.StatusRequestEntityTooLarge
	case job.Unsupported:
		return http.StatusUnsupportedMediaType
	default:
		return http.StatusBadRequest
	}
}

// requestError is a mistake that no field of the body has made.
type requestError struct {
	status        int
	code, message string
}

func (e *requestError) Error() string { return e.message }

// errorShape is the body of every answer that is not 200.
type errorShape struct {
	Error struct {
		Code      string  `json:"code"`
		Field     *string `json:"field"`
		Message   string  `json:"message"`
		RequestID string  `json:"request_id"`
	} `json:"error"`
}

func (s *Server) writeError(w http.ResponseWriter, r *http.Request, e *exchange, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody is there to read it
	}
	p := problemOf(err)
	if p.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retry))
	}
	switch p.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		fallthrough
	case http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		// What is left of the body is not worth reading.
		w.Header().Set("Connection", "close")
	}
	if isMarkupRoute(r) {
		writeJSON(w, p.status, markupShape{Error: &p.message})
		return
	}
	writeJSON(w, p.status, shapeOfProblem(p, e.id))
}

func shapeOfProblem(p problem, id string) errorShape {
	var shape errorShape
	shape.Error.Code, shape.Error.Message, shape.Error.RequestID = p.code, p.message, id
	if p.field != "" {
		shape.Error.Field = &p.field
	}
	return shape
}

var errHeadTooLong = &requestError{http.StatusRequestHeaderFieldsTooLarge, "head_too_long", "the head of the request is too long"}

var errNotFound = &requestError{http.StatusNotFound, "not_found", "there is nothing at this path; see GET /v1/languages"}
