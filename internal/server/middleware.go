package server

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fumehood/fumehood/internal/metrics"
	"github.com/fumehood/fumehood/internal/render"
	"github.com/fumehood/fumehood/internal/token"
)

// handler answers a request, or returns why it cannot. Nothing may be written
// before an error is returned.
type handler func(w http.ResponseWriter, r *http.Request, e *exchange) error

// exchange is what one request and its answer are remembered by: the request
// id, and what the log line and the metrics say.
type exchange struct {
	id     string
	answer *render.Answer
	// holder is whose token came with it, nobody's where none is needed.
	holder token.Holder
	// compiles says that a compile was asked for, language in which: in the
	// caller's words until they were found to be one.
	compiles bool
	language string
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	connection *connection
	status     int
	bytes      int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.connection.theirMove()
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += n
	return n, err
}

// logged is the status as log and metrics have it.
func (r *recorder) logged() int {
	if r.status == 0 {
		return statusClientGone
	}
	return r.status
}

// statusClientGone is what the log says of a caller who did not wait.
const statusClientGone = 499

// logged gives the request an id, turns its error or panic into an answer,
// and writes the one log line. The line never has source, output or anything
// else of the caller's making but the method and a known path.
func (s *Server) logged(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		e := &exchange{id: requestID()}
		rec := &recorder{ResponseWriter: w, connection: connectionOf(r.Context())}
		setHead(w.Header(), e.id)
		err := s.recovered(h, rec, r, e)
		if err != nil && rec.status == 0 {
			s.writeError(rec, r, e, err)
		}
		s.count(e, rec)
		s.logLine(r, e, rec, err, time.Since(start))
		if rec.status == 0 {
			// The client has hung up. Without this net/http would say 200.
			panic(http.ErrAbortHandler)
		}
	}
}

// setHead sets what every answer has: whoever opens one as a page finds that it
// can do nothing, nobody's page can frame or embed it, and nothing keeps it.
func setHead(head http.Header, id string) {
	head["X-Request-Id"] = []string{id}
	head["X-Content-Type-Options"] = noSniff
	head["Cache-Control"] = noStore
	head["Content-Security-Policy"] = noContent
	head["Cross-Origin-Resource-Policy"] = sameOrigin
	head["Referrer-Policy"] = noReferrer
}

// These are shared by all answers: a head's value is replaced, never changed.
var (
	noSniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
	sameOrigin = []string{"same-origin"}
	noReferrer = []string{"no-referrer"}
)

// count tells the metrics what the log line tells people.
func (s *Server) count(e *exchange, rec *recorder) {
	m := s.config.Metrics
	status := rec.logged()
	m.Answered(status)
	s.countCompile(e, status)
}

// countCompile counts what became of a request for a compile, if it was one.
func (s *Server) countCompile(e *exchange, status int) {
	m := s.config.Metrics
	if a := e.answer; a != nil {
		switch {
		case a.Cached:
			m.Repeated(a.Job.Language, a.Result.Outcome)
		case a.Coalesced:
			m.Coalesced(a.Job.Language, a.Result.Outcome)
		default:
			m.Compiled(a.Job.Language, a.Result)
		}
		return
	}
	if !e.compiles {
		return
	}
	why := metrics.Internal
	switch {
	case status == statusClientGone:
		why = metrics.Gone
	case status == http.StatusServiceUnavailable:
		why = metrics.Unavailable
	case status < http.StatusInternalServerError:
		why = metrics.Invalid
	}
	m.NotCompiled(e.language, why)
}

func (s *Server) recovered(h handler, w http.ResponseWriter, r *http.Request, e *exchange) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return h(w, r, e)
}

func panicked(with any) error { return fmt.Errorf("panic: %v\n%s", with, debug.Stack()) }

func (s *Server) logLine(r *http.Request, e *exchange, rec *recorder, err error, took time.Duration) {
	status := rec.logged()
	level := levelOf(status)
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("request_id", e.id), slog.String("method", knownMethod(r.Method)),
		slog.String("route", r.Pattern), slog.Int("status", status),
		slog.Duration("dur", took), slog.Int64("bytes_in", r.ContentLength), slog.Int("bytes_out", rec.bytes),
	}
	attributes = append(attributes, e.attributes()...)
	if level == slog.LevelError {
		attributes = append(attributes, slog.Any("err", err))
	}
	s.log.LogAttrs(r.Context(), level, "request", attributes...)
}

// levelOf is how loud the log is about an answer.
func levelOf(status int) slog.Level {
	if status == http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// attributes are what the log says of who asked, and of the answer.
func (e *exchange) attributes() []slog.Attr {
	var attributes []slog.Attr
	if h := e.holder; h.ID != "" {
		attributes = append(attributes, slog.String("tenant", h.Tenant), slog.String("token_id", h.ID))
	}
	if a := e.answer; a != nil {
		attributes = append(attributes,
			slog.String("lang", a.Job.Language), slog.String("outcome", string(a.Result.Outcome)), slog.String("cache", cacheWord(a)),
			slog.Duration("queue", a.Result.Timing.Queue), slog.Duration("compile", a.Result.Timing.Compile))
	}
	return attributes
}

// cacheWord is how an answer was come by.
func cacheWord(a *render.Answer) string {
	switch {
	case a.Cached:
		return "hit"
	case a.Coalesced:
		return "coalesced"
	}
	return "miss"
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func requestID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
