package server

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
	"github.com/fumehood/fumehood/internal/render"
)

// nasty is what would forge a line, paint a terminal or turn a text around, and
// a word to find it by.
const nasty = "w0rd\n{\"level\":\"ERROR\"}\r\x1b[31m\x00\u0085\u009b\u2028\u202e\ufeff"

// Nothing that a caller words gets into the log, and each request is one line.
func TestLogIsOfOurWords(t *testing.T) {
	t.Parallel()
	s, log := serverOf(func(_ context.Context, r render.Request) (render.Answer, error) {
		if _, ok := lang.Find(r.Language); ok {
			return render.Answer{Question: &render.Question{Job: job.Job{Language: r.Language}}, Result: job.Result{Outcome: job.Violation}}, nil
		}
		return render.Answer{}, &job.Invalid{Field: "language", Reason: r.Language + " is not known"}
	})
	body := func(language string) string {
		text, err := json.Marshal(map[string]string{"language": language, "source": nasty})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, test := range []struct{ method, path, body string }{
		{"POST", "/v1/render", body(nasty)}, {"POST", "/v1/render", body("haml")}, {"POST", "/v1/render", body(strings.Repeat("w0rd", 1<<10))},
		{"POST", "/v1/render", `{"w0rd":1}`}, {"GET", "/w0rd%0a%1b", ""}, {"GET", "/v1/limits?w0rd=%0a", ""}, {"W0RD", "/healthz", ""}, {"W0RD", "//", ""},
	} {
		log.Reset()
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		r.Header.Set("Content-Type", "application/json")
		for _, name := range []string{"User-Agent", "X-Request-Id", "Referer", "Origin", "X-Forwarded-For", "Accept-Language", "Cookie", "Authorization"} {
			r.Header.Set(name, nasty)
		}
		r.Host = nasty
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if strings.Contains(strings.ToLower(log.String()), "w0rd") || strings.Count(log.String(), "\n") != 1 || log.Len() > 1000 || !json.Valid(log.Bytes()) {
			t.Errorf("%s %s: the log is %q", test.method, test.path, log)
		}
		if strings.Contains(w.Header().Get("X-Request-Id"), "w0rd") {
			t.Errorf("%s %s: the caller chooses the request id", test.method, test.path)
		}
	}
}

// However many violations there are, each is one line and one count.
func TestViolationStorm(t *testing.T) {
	t.Parallel()
	const storm = 1000
	s, log := serverOf(func(context.Context, render.Request) (render.Answer, error) {
		return render.Answer{Question: &render.Question{Job: job.Job{Language: "haml"}}, Result: job.Result{Outcome: job.Violation}}, nil
	})
	for range storm {
		post(t, s, t.Context())
	}
	if n := strings.Count(log.String(), "\n"); n != storm {
		t.Errorf("%d lines for %d requests", n, storm)
	}
	l := &listening{Server: s}
	if want := `fumehood_compiles_total{language="haml",outcome="violation"} 1000`; !strings.Contains(l.shown(t), want) {
		t.Errorf("the metrics do not say %s", want)
	}
}
