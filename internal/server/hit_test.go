package server

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/metrics"
	"github.com/fumehood/fumehood/internal/render"
)

// BenchmarkHit is an answer of 2 KB from the cache without a connection: all
// that is ours of a hit.
func BenchmarkHit(b *testing.B) {
	m, err := cache.NewMemory(cache.MemoryConfig{Bytes: job.MiB, TTL: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	compile := runner(func(context.Context, job.Job) (job.Result, error) {
		return job.Result{Outcome: job.OK, Output: strings.Repeat("x", 1800)}, nil
	})
	r := render.New(render.Config{
		Cache: cache.New("memory", m, time.Hour), Encode: Encode, Admission: admit.Config{Turns: 1, Running: 1, Timeout: time.Second},
		Limits: job.Limits{Source: 262144, Options: 16384},
	}, map[string]render.Box{"ruby": {Runner: compile, Image: "x", Engines: map[string][]string{"haml": {"6.1.1"}}}})
	s := &Server{config: Config{Headers: 16 * job.KiB, Metrics: metrics.New(nil)}, renderer: r, log: slog.New(slog.DiscardHandler)}
	s.routes()
	h := s.Handler()
	request := httptest.NewRequest("POST", "/v1/render", nil)
	request.Header.Set("Content-Type", "application/json")
	const body = `{"language":"haml","source":"%p= 'x' * 1800\n"}`
	b.ReportAllocs()
	for b.Loop() {
		again := *request
		again.Body, again.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &again)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
