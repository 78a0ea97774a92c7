package server

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/render"
)

// Config of a Server. All fields are needed.
type Config struct {
	// Headers bounds the bytes of a request's head.
	Headers job.Bytes
	// ReadHeaderTimeout, BodyTimeout and WriteTimeout bound a slow client:
	// for the head, for head and body, and for the whole exchange.
	ReadHeaderTimeout, BodyTimeout, WriteTimeout time.Duration
	// IdleTimeout is how long a connection may stay open between requests.
	IdleTimeout time.Duration
}

// renderer is what the server needs of render.Renderer.
type renderer interface {
	Render(ctx context.Context, request render.Request) (render.Answer, error)
	Engines(l *lang.Language) []string
	Limits() job.Limits
}

// boxes is what the server needs of pool.Pool.
type boxes interface{ Stats() pool.Stats }

// Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	config   Config
	renderer renderer
	pools    []boxes
	log      *slog.Logger
	mux      *http.ServeMux
}

// New makes a Server. It listens to nothing; see HTTP.
func New(config Config, r *render.Renderer, pools []*pool.Pool, log *slog.Logger) *Server {
	s := &Server{config: config, renderer: r, log: log, mux: http.NewServeMux()}
	for _, p := range pools {
		s.pools = append(s.pools, p)
	}
	s.routes()
	return s
}

func (s *Server) routes() {
	s.handle("POST /v1/render", s.render)
	s.handle("GET /v1/languages", s.languages)
	s.handle("GET /v1/limits", s.limits)
	s.handle("GET /v1/boxes", s.boxStats)
	s.handle("GET /healthz", s.healthz)
	s.handle("GET /readyz", s.readyz)
	for _, l := range lang.Table {
		if l.Locals != lang.NoLocals {
			s.handle("POST /"+l.ID, s.markup(l.ID))
		}
	}
	s.mux.HandleFunc("/", s.logged(s.notFound))
}

// handle adds a route.
func (s *Server) handle(pattern string, h handler) {
	s.mux.HandleFunc(pattern, s.logged(h))
}

// Handler serves every route. What the mux would answer by itself, in its own
// shape and past the log, is not found: paths that are not clean, CONNECT, and
// OPTIONS of the server as a whole.
func (s *Server) Handler() http.Handler {
	elsewhere := s.logged(func(http.ResponseWriter, *http.Request, *exchange) error { return errNotFound })
	tooLong := s.logged(func(http.ResponseWriter, *http.Request, *exchange) error { return errHeadTooLong })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if headBytes(r) > s.config.Headers {
			tooLong(w, r)
			return
		}
		if r.Method == http.MethodConnect || r.URL.Path != path.Clean("/"+r.URL.Path) {
			elsewhere(w, r)
			return
		}
		s.mux.ServeHTTP(w, r)
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

// HTTP returns an http.Server with every limit set, ready to Serve.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		MaxHeaderBytes:    max(int(s.config.Headers)-netHTTPSlack, 1),
		ReadHeaderTimeout: s.config.ReadHeaderTimeout,
		ReadTimeout:       s.config.BodyTimeout,
		WriteTimeout:      s.config.WriteTimeout,
		IdleTimeout:       s.config.IdleTimeout,

		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.With("component", "http").Handler(), slog.LevelWarn),
	}
}
