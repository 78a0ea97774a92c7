package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
	"github.com/fumehood/fumehood/internal/token"
)

// guarded is a server that wants tokens, with a token of each kind.
type guarded struct {
	*Server
	log *bytes.Buffer
	// Tokens: of each scope, of both, one whose time is over, and one that
	// no file knows.
	compiler, operator, both, expired, unknown string
	asked                                      []render.Request
}

func guardedServer(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{}
	g.Server, g.log = serverOf(func(_ context.Context, r render.Request) (render.Answer, error) {
		g.asked = append(g.asked, r)
		return render.Answer{Question: &render.Question{Job: job.Job{Language: "haml", Tenant: r.Tenant}}, Result: job.Result{Outcome: job.OK}}, nil
	})
	var lines []string
	one := func(tenant string, expires time.Time, scopes ...token.Scope) string {
		text, e, err := token.Make(tenant, scopes, expires)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, e.Line())
		return text
	}
	g.compiler = one("acme", time.Time{}, token.Compile)
	g.operator = one("ops", time.Time{}, token.Admin)
	g.both = one("ops", time.Now().Add(time.Hour), token.Compile, token.Admin)
	g.expired = one("acme", time.Now().Add(-time.Second), token.Compile, token.Admin)
	set, err := token.Parse([]byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	g.unknown, _, err = token.Make("acme", token.Scopes, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	g.config.Tokens = set
	g.routes()
	return g
}

// ask sends a request with what its head shall have for Authorization.
func (g *guarded) ask(f *face, route string, authorization ...string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(route, " ")
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(`{"language":"haml","source":"x"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header["Authorization"] = authorization
	f.handler().ServeHTTP(w, r)
	return w
}

// Each route, by what the token may do: none, compile, admin.
func TestScopes(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	for _, test := range []struct {
		face                     *face
		route                    string
		none, compile, admin, is int
	}{
		{g.public, "POST /v1/render", 401, 200, 403, 200},
		{g.public, "GET /v1/languages", 401, 200, 403, 200},
		{g.public, "GET /v1/limits", 401, 200, 403, 200},
		{g.public, "POST /v1/batch", 401, 400, 403, 400},
		{g.public, "GET /v1/results/x", 401, 400, 403, 400},
		{g.public, "DELETE /v1/results", 401, 200, 403, 200},
		{g.public, "GET /v1/boxes", 401, 403, 200, 200},
		{g.public, "GET /healthz", 200, 200, 200, 200},
		{g.public, "GET /readyz", 200, 200, 200, 200},
		{g.public, "GET /metrics", 404, 404, 404, 404},
		{g.public, "GET /debug/pprof/", 404, 404, 404, 404},
		{g.admin, "GET /metrics", 401, 403, 200, 200},
		{g.admin, "GET /v1/boxes", 401, 403, 200, 200},
		{g.admin, "DELETE /v1/results", 401, 403, 200, 200},
		{g.admin, "GET /v1/results/x", 404, 404, 404, 404},
		{g.admin, "POST /v1/batch", 404, 404, 404, 404},
		{g.admin, "GET /healthz", 200, 200, 200, 200},
		{g.admin, "GET /readyz", 200, 200, 200, 200},
		{g.admin, "POST /v1/render", 404, 404, 404, 404},
		{g.admin, "GET /debug/pprof/", 404, 404, 404, 404},
	} {
		for text, want := range map[string]int{"": test.none, g.compiler: test.compile, g.operator: test.admin, g.both: test.is} {
			authorization := []string{"Bearer " + text}
			if text == "" {
				authorization = nil
			}
			if w := g.ask(test.face, test.route, authorization...); w.Code != want {
				t.Errorf("%s with %d characters of token: %d, want %d", test.route, len(text), w.Code, want)
			}
		}
	}
}

// Whatever is wrong with a token, the answer is one and the same, and nothing
// of the body is looked at.
func TestUnauthorizedIsUniform(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	id, secret, _ := strings.Cut(strings.TrimPrefix(g.compiler, "fh_"), "_")
	wrong := map[string][]string{
		"none": nil, "empty": {""}, "scheme alone": {"Bearer"}, "no scheme": {g.compiler}, "another scheme": {"Basic " + g.compiler},
		"unknown": {"Bearer " + g.unknown}, "expired": {"Bearer " + g.expired}, "wrong secret": {"Bearer fh_" + id + "_" + strings.Repeat("a", len(secret))},
		"unknown id": {"Bearer fh_zzzzzzzz_" + secret}, "upper case": {"Bearer " + strings.ToUpper(g.compiler)}, "two": {"Bearer " + g.compiler, "Bearer " + g.compiler},
		"space behind": {"Bearer " + g.compiler + " "}, "two spaces": {"Bearer  " + g.compiler}, "malformed": {"Bearer fh_"}, "a megabyte": {"Bearer " + strings.Repeat("x", 1<<13)},
		"unicode": {"Bearer ﬀh_" + id + "_" + secret},
	}
	var want *httptest.ResponseRecorder
	for name, authorization := range wrong {
		w := g.ask(g.public, "POST /v1/render", authorization...)
		var shape errorShape
		if err := json.Unmarshal(w.Body.Bytes(), &shape); err != nil {
			t.Fatal(err)
		}
		w.Body = bytes.NewBufferString(strings.ReplaceAll(w.Body.String(), shape.Error.RequestID, "ID"))
		w.Header().Del("X-Request-Id")
		if want == nil {
			want = w
		}
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" || shape.Error.Code != "unauthorized" || shape.Error.RequestID == "" {
			t.Errorf("%s: %d %s %s", name, w.Code, w.Header(), w.Body)
		}
		if diff := cmp.Diff(want.Header(), w.Header()) + cmp.Diff(want.Body.String(), w.Body.String()); diff != "" {
			t.Errorf("%s: another answer:\n%s", name, diff)
		}
	}
	for _, query := range []string{"?token=", "?access_token=", "?authorization=Bearer+"} {
		if w := g.ask(g.public, "POST /v1/render"+query+g.compiler); w.Code != 401 {
			t.Errorf("a token in the query: %d", w.Code)
		}
	}
	if len(g.asked) > 0 {
		t.Errorf("%d requests went on", len(g.asked))
	}
	if w := g.ask(g.public, "POST /v1/render", "bearer "+g.compiler); w.Code != 200 {
		t.Errorf("the scheme in small letters: %d, want 200", w.Code)
	}
}

// The tenant goes into the job and into the log; a token goes nowhere.
func TestTenant(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	g.ask(g.public, "POST /v1/render", "Bearer "+g.compiler)
	g.ask(g.public, "POST /haml", "Bearer "+g.both)
	if len(g.asked) != 1 || g.asked[0].Tenant != "acme" {
		t.Errorf("asked %+v, want one request of acme", g.asked)
	}
	for _, authorization := range []string{g.operator, g.expired, g.unknown, "Basic " + g.unknown} {
		g.ask(g.public, "POST /v1/render?token="+g.unknown, "Bearer "+authorization)
		g.ask(g.admin, "GET /metrics", "Bearer "+authorization)
	}
	if !strings.Contains(g.log.String(), `"tenant":"acme","token_id":`) {
		t.Errorf("the log does not say who it was: %s", g.log)
	}
	for _, text := range []string{g.compiler, g.operator, g.both, g.expired, g.unknown} {
		if secret := text[strings.LastIndex(text, "_")+1:]; strings.Contains(g.log.String(), secret) {
			t.Errorf("the log holds a token: %s", g.log)
		}
	}
}
