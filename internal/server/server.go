package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/metrics"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/render"
)

// Config of a Server. All fields are needed, but for Tokens.
type Config struct {
	// Headers bounds the bytes of a request's head.
	Headers job.Bytes
	// ReadHeaderTimeout, BodyTimeout and WriteTimeout bound a slow client:
	// for the head, for head and body, and for the whole exchange.
	ReadHeaderTimeout, BodyTimeout, WriteTimeout time.Duration
	// IdleTimeout is how long a connection may stay open between requests.
	IdleTimeout time.Duration
	// Connections is how many clients a listener has at once.
	Connections int
	// Tokens says who a caller is. Nil: there are no tokens, and anybody is
	// let in.
	Tokens tokens
	// Shared: all tenants have one partition of the cache.
	Shared bool
	// Metrics counts.
	Metrics *metrics.Metrics
}

// renderer is what the server needs of render.Renderer.
type renderer interface {
	Resolve(request render.Request) (*render.Question, error)
	Answer(ctx context.Context, q *render.Question) (render.Answer, error)
	Stored(ctx context.Context, tenant string, key job.Key) *cache.Entry
	Left(e *cache.Entry, now time.Time) time.Duration
	Purge(ctx context.Context, tenant string) (int, error)
	PurgeAll(ctx context.Context) (int, error)
	Engines(l *lang.Language) []string
	Limits() job.Limits
	Check(tenant string) error
}

// boxes is what the server needs of pool.Pool.
type boxes interface{ Stats() pool.Stats }

// Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	config   Config
	renderer renderer
	pools    []boxes
	log      *slog.Logger
	asked    asked

	public, admin *face
	draining      atomic.Bool
}

// New makes a Server. It listens to nothing; see HTTP and AdminHTTP.
func New(config Config, r *render.Renderer, pools []*pool.Pool, log *slog.Logger) *Server {
	s := &Server{config: config, renderer: r, log: log}
	for _, p := range pools {
		s.pools = append(s.pools, p)
	}
	s.routes()
	return s
}

func (s *Server) routes() {
	s.public, s.admin = newPublic(s), newAdmin(s)
}

// Handler serves the routes for callers.
func (s *Server) Handler() http.Handler { return s.public.handler() }

// HTTP returns an http.Server for callers, with every limit set, ready to
// Serve.
func (s *Server) HTTP() *http.Server { return s.public.http() }

// AdminHTTP is HTTP for whoever runs the daemon: metrics, health, boxes.
func (s *Server) AdminHTTP() *http.Server { return s.admin.http() }

// Drain makes /readyz say that no more requests should come.
func (s *Server) Drain() { s.draining.Store(true) }

// metrics shows the collectors; its body is Prometheus's, not JSON.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request, _ *exchange) error {
	s.config.Metrics.Handler().ServeHTTP(w, r)
	return nil
}
