package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/metrics"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/render"
)

// answers is a renderer that answers by a function.
type answers func(ctx context.Context, request render.Request) (render.Answer, error)

func (answers) Resolve(r render.Request) (*render.Question, error) {
	j := job.Job{Language: r.Language, Engine: r.Engine, Source: r.Source, Options: r.Options, Locals: r.Locals, Tenant: r.Tenant, Limits: r.Limits}
	return &render.Question{Job: j, Bypass: r.Bypass}, nil
}

func (a answers) Answer(ctx context.Context, q *render.Question) (render.Answer, error) {
	j := q.Job
	return a(ctx, render.Request{Language: j.Language, Engine: j.Engine, Source: j.Source, Options: j.Options, Locals: j.Locals, Tenant: j.Tenant, Limits: j.Limits, Bypass: q.Bypass})
}
func (answers) Stored(context.Context, string, job.Key) *cache.Entry { return nil }
func (answers) Left(*cache.Entry, time.Time) time.Duration           { return 0 }
func (answers) Purge(context.Context, string) (int, error)           { return 0, nil }
func (answers) PurgeAll(context.Context) (int, error)                { return 0, nil }
func (answers) Engines(*lang.Language) []string                      { return []string{"haml@0"} }
func (answers) Limits() job.Limits                                   { return job.Limits{Source: 1000, Options: 100} }
func (answers) Check(string) error                                   { return nil }

func serverOf(a answers) (*Server, *bytes.Buffer) {
	log := new(bytes.Buffer)
	config := Config{Headers: 16 * job.KiB, Metrics: metrics.New(nil)}
	server := &Server{config: config, renderer: a, log: slog.New(slog.NewJSONHandler(log, nil))}
	server.routes()
	return server, log
}

func post(t *testing.T, s *Server, ctx context.Context) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, "POST", "/v1/render", strings.NewReader(`{"language":"haml","source":"x"}`))
	r.Header.Set("Content-Type", "application/json")
	s.Handler().ServeHTTP(w, r)
	return w
}

// The status table: whose fault it is decides the answer, and our own words
// stay in the log.
func TestProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		code   string
		retry  string
	}{
		{"invalid", &job.Invalid{Field: "x", Reason: "y"}, 400, "invalid", ""},
		{"too large", &job.Invalid{Field: "x", Reason: "y", Fault: job.TooLarge}, 413, "invalid", ""},
		{"busy", render.ErrBusy, 503, "busy", "1"},
		{"queue full", &admit.Refusal{Reason: admit.Full, RetryAfter: 1100 * time.Millisecond}, 503, "busy", "2"},
		{"quota", &admit.Refusal{Reason: admit.Quota, RetryAfter: 7 * time.Second}, 429, "quota", "7"},
		{"box down", errors.Join(errors.New("x"), pool.ErrDown), 503, "box_down", "1"},
		{"ours", errors.New("secret detail"), 500, "internal", ""},
	}
	for _, test := range tests {
		s, log := serverOf(func(context.Context, render.Request) (render.Answer, error) { return render.Answer{}, test.err })
		w := post(t, s, t.Context())
		var shape errorShape
		if err := json.Unmarshal(w.Body.Bytes(), &shape); err != nil {
			t.Fatal(err)
		}
		if w.Code != test.status || shape.Error.Code != test.code || w.Header().Get("Retry-After") != test.retry {
			t.Errorf("%s: %d %s Retry-After %q, want %d %s %q", test.name, w.Code, shape.Error.Code, w.Header().Get("Retry-After"), test.status, test.code, test.retry)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: our words reach the caller: %s", test.name, w.Body)
		}
		if ours := test.status == 500; strings.Contains(log.String(), `"level":"ERROR"`) != ours || strings.Contains(log.String(), "secret detail") != ours {
			t.Errorf("%s: the log is %s", test.name, log)
		}
	}
}

func TestPanicIsOurFault(t *testing.T) {
	t.Parallel()
	s, log := serverOf(func(context.Context, render.Request) (render.Answer, error) { panic("broken invariant") })
	if w := post(t, s, t.Context()); w.Code != 500 || strings.Contains(w.Body.String(), "invariant") {
		t.Errorf("answer = %d %s, want a plain 500", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "broken invariant") || !strings.Contains(log.String(), "server_test.go") {
		t.Errorf("the log does not say where: %s", log)
	}
}

func TestClientWhoLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, log := serverOf(func(ctx context.Context, _ render.Request) (render.Answer, error) {
		cancel()
		return render.Answer{}, ctx.Err()
	})
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("recovered %v, want the connection to be cut", p)
			}
		}()
		post(t, s, ctx)
	}()
	if !strings.Contains(log.String(), `"status":499`) {
		t.Errorf("the log is %s, want status 499", log)
	}
}

// Text of an engine's that is no UTF-8 is shown as well as can be.
func TestAnswerIsAlwaysJSON(t *testing.T) {
	t.Parallel()
	s, _ := serverOf(func(context.Context, render.Request) (render.Answer, error) {
		return render.Answer{Question: new(render.Question), Result: job.Result{Outcome: job.OK, Output: "a\xffb\u2028</script>\x00"}}, nil
	})
	w := post(t, s, t.Context())
	var shape struct{ Output string }
	if err := json.Unmarshal(w.Body.Bytes(), &shape); err != nil || shape.Output != "a\uFFFDb\u2028</script>\x00" {
		t.Errorf("output = %q, %v", shape.Output, err)
	}
}
