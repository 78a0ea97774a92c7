package server

import (
	"log/slog"
	"net/http"
	"path"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/token"
)

// face is what one listener shows: its routes, and nothing at all other paths.
type face struct {
	server *Server
	mux    *http.ServeMux
}

// newPublic is the face for callers who compile.
func newPublic(s *Server) *face {
	f := &face{server: s, mux: http.NewServeMux()}
	f.handle("POST /v1/render", token.Compile, s.admitted(s.render))
	f.handle("POST /v1/batch", token.Compile, s.admitted(s.batch))
	f.handle("GET /v1/results/{key}", token.Compile, s.result)
	f.handle("DELETE /v1/results", token.Compile, s.purge)
	f.handle("GET /v1/languages", token.Compile, s.languages)
	f.handle("GET /v1/limits", token.Compile, s.limits)
	f.handle("GET /v1/boxes", token.Admin, s.boxStats)
	for _, l := range lang.Table {
		if l.Locals != lang.NoLocals {
			f.handle("POST /"+l.ID, token.Compile, s.admitted(s.markup(l.ID)))
		}
	}
	f.health()
	return f
}

// newAdmin is the face for whoever runs the daemon. What it shows beyond
// health is not for callers, so it has a listener of its own.
func newAdmin(s *Server) *face {
	f := &face{server: s, mux: http.NewServeMux()}
	f.handle("GET /metrics", token.Admin, s.metrics)
	f.handle("DELETE /v1/results", token.Admin, s.purgeAny)
	f.handle("GET /v1/boxes", token.Admin, s.boxStats)
	f.health()
	return f
}

func (f *face) health() {
	f.handle("GET /healthz", everybody, f.server.healthz)
	f.handle("GET /readyz", everybody, f.server.readyz)
	f.mux.HandleFunc("/", f.server.logged(f.notFound))
}

// handle adds a route for holders of a scope.
func (f *face) handle(pattern string, scope token.Scope, h handler) {
	f.mux.HandleFunc(pattern, f.server.logged(f.server.allowed(scope, h)))
}

// notFound answers what no route matches; a known path with another method is
// told which it takes.
func (f *face) notFound(w http.ResponseWriter, r *http.Request, _ *exchange) error {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := f.mux.Handler(probe); pattern != "/" {
			w.Header().Set("Allow", method)
			return &requestError{http.StatusMethodNotAllowed, "method_not_allowed", "this path takes " + method}
		}
	}
	return errNotFound
}

// handler serves every route. What the mux would answer by itself, in its own
// shape and past the log, is not found: paths that are not clean, CONNECT, and
// OPTIONS of the server as a whole.
func (f *face) handler() http.Handler {
	s := f.server
	elsewhere := s.logged(func(http.ResponseWriter, *http.Request, *exchange) error { return errNotFound })
	tooLong := s.logged(func(http.ResponseWriter, *http.Request, *exchange) error { return errHeadTooLong })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			// net/http lets chunks win over a Content-Length that came with
			// them. Should somebody between have counted otherwise, nothing
			// on this connection can be taken for another request.
			w.Header().Set("Connection", "close")
		}
		if headBytes(r) > s.config.Headers {
			tooLong(w, r)
			return
		}
		if r.Method == http.MethodConnect || r.URL.Path != path.Clean("/"+r.URL.Path) {
			elsewhere(w, r)
			return
		}
		f.mux.ServeHTTP(w, r)
	})
}

// headBytes is the length of a request's head. net/http bounds what it reads of
// one, but on a connection that stays open not what it has in its buffer, a
// few KiB, from before.
func headBytes(r *http.Request) job.Bytes {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host) + len(r.Proto)
	for name, values := range r.Header {
		for _, value := range values {
			n += len(name) + len(": \r\n") + len(value)
		}
	}
	return job.Bytes(n)
}

// netHTTPSlack is what net/http reads of a head beyond MaxHeaderBytes.
const netHTTPSlack = 4096

// http returns an http.Server with every limit set, ready to Serve.
func (f *face) http() *http.Server {
	s := f.server
	connected := newConnections(s.config.Connections, s.config.Metrics)
	var only1 http.Protocols
	only1.SetHTTP1(true)
	return &http.Server{
		Handler:           f.handler(),
		Protocols:         &only1,
		MaxHeaderBytes:    max(int(s.config.Headers)-netHTTPSlack, 1),
		ReadHeaderTimeout: s.config.ReadHeaderTimeout,
		ReadTimeout:       s.config.BodyTimeout,
		WriteTimeout:      s.config.WriteTimeout,
		IdleTimeout:       s.config.IdleTimeout,
		ConnContext:       connected.accepted,
		ConnState:         connected.changed,

		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.With("component", "http").Handler(), slog.LevelWarn),
	}
}
