package server

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fumehood/fumehood/internal/render"
)

// handler answers a request, or returns why it cannot. Nothing may be written
// before an error is returned.
type handler func(w http.ResponseWriter, r *http.Request, e *exchange) error

// exchange is what one request and its answer are remembered by: the request
// id, and what the log line says.
type exchange struct {
	id     string
	answer *render.Answer
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += n
	return n, err
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
		rec := &recorder{ResponseWriter: w}
		head := w.Header()
		head.Set("X-Request-Id", e.id)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cache-Control", "no-store")
		err := s.recovered(h, rec, r, e)
		if err != nil && rec.status == 0 {
			s.writeError(rec, r, e, err)
		}
		s.logLine(r, e, rec, err, time.Since(start))
		if rec.status == 0 {
			// The client has hung up. Without this net/http would say 200.
			panic(http.ErrAbortHandler)
		}
	}
}

func (s *Server) recovered(h handler, w http.ResponseWriter, r *http.Request, e *exchange) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(w, r, e)
}

func (s *Server) logLine(r *http.Request, e *exchange, rec *recorder, err error, took time.Duration) {
	status := rec.status
	if status == 0 {
		status = statusClientGone
	}
	attributes := []slog.Attr{
		slog.String("request_id", e.id), slog.String("method", knownMethod(r.Method)),
		slog.String("route", r.Pattern), slog.Int("status", status),
		slog.Duration("dur", took), slog.Int64("bytes_in", r.ContentLength), slog.Int("bytes_out", rec.bytes),
	}
	if a := e.answer; a != nil {
		attributes = append(attributes,
			slog.String("lang", a.Job.Language), slog.String("outcome", string(a.Result.Outcome)),
			slog.Duration("queue", a.Result.Timing.Queue), slog.Duration("compile", a.Result.Timing.Compile))
	}
	level := slog.LevelInfo
	if status == http.StatusInternalServerError {
		level = slog.LevelError
		attributes = append(attributes, slog.Any("err", err))
	}
	s.log.LogAttrs(r.Context(), level, "request", attributes...)
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
