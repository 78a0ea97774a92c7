package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/metrics"
	"github.com/fumehood/fumehood/internal/render"
	"github.com/fumehood/fumehood/internal/token"
)

// runner is a box whose compiles are what do says.
type runner func(ctx context.Context, j job.Job) (job.Result, error)

func (do runner) Do(ctx context.Context, j job.Job, _ time.Time, _ job.Watcher) (job.Result, error) {
	return do(ctx, j)
}

// kept is a server with a real renderer and a real cache, behind real
// listeners. It compiles a source to itself and a number that is never the
// same; what opens with a ! is broken, what opens with "slow" times out.
type kept struct {
	*listening

	compiles atomic.Int64
	// tokens by tenant, none if nobody needs one; admins have "ops".
	tokens map[string]string
}

func keeping(t *testing.T, shared bool, tenants ...string) *kept {
	t.Helper()
	k := &kept{tokens: make(map[string]string)}
	m, err := cache.NewMemory(cache.MemoryConfig{Bytes: job.MiB, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	c := cache.New("memory", m, time.Hour)
	limits := job.Limits{Wall: time.Second, CPU: time.Second, Memory: job.MiB, Source: 1000, Options: 100, Output: 10_000, Diagnostics: 1000}
	r := render.New(render.Config{
		Cache: c, Shared: shared, Encode: Encode, Limits: limits, Admission: admit.Config{Turns: 30, Running: 45, Queue: 10, Timeout: patience},
	}, map[string]render.Box{"ruby": {Runner: runner(k.compile), Image: "x", Engines: map[string][]string{"haml": {"6.1.1"}}}})
	var lines []string
	for _, tenant := range tenants {
		scopes := []token.Scope{token.Compile}
		if tenant == "ops" {
			scopes = []token.Scope{token.Admin}
		}
		text, e, err := token.Make(tenant, scopes, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		k.tokens[tenant] = text
		lines = append(lines, e.Line())
	}
	set, err := token.Parse([]byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	k.listening = listen(t, func(c2 *Config) {
		c2.Shared, c2.Metrics = shared, metrics.New(nil)
		c2.Metrics.WatchCache(c)
		if len(tenants) > 0 {
			c2.Tokens = set
		}
	}, nil)
	k.renderer = r
	return k
}

func (k *kept) compile(_ context.Context, j job.Job) (job.Result, error) {
	n := k.compiles.Add(1)
	timing := job.Timing{Queue: 3 * time.Millisecond, Compile: 2500 * time.Microsecond}
	switch {
	case strings.HasPrefix(j.Source, "!"):
		return job.Result{Outcome: job.SourceError, Timing: timing, Diagnostics: []job.Diagnostic{{Severity: job.Error, Message: fmt.Sprint("broken ", n), Line: 1}}}, nil
	case strings.HasPrefix(j.Source, "slow"):
		return job.Result{Outcome: job.Timeout, Timing: timing, Diagnostics: []job.Diagnostic{{Severity: job.Error, Message: "slow"}}}, nil
	case strings.HasPrefix(j.Source, "down"):
		return job.Result{}, fmt.Errorf("our trouble %d", n)
	}
	return job.Result{Outcome: job.OK, Output: fmt.Sprint(j.Source, " ", n), Timing: timing}, nil
}

// shape is what tests read of an answer.
type shape struct {
	OK, Cached, Coalesced bool
	Outcome, Key          string
	Output                *string
	Diagnostics           []struct{ Message, Frame string }
	RequestID             *string `json:"request_id"`
	Receipt               struct {
		Queue   float64 `json:"queue_ms"`
		Compile float64 `json:"compile_ms"`
	}
	Success bool
	HTML    string
	Error   any
	Status  int
	Purged  int
}

func (k *kept) send(t *testing.T, method, path, tenant, body string, head ...string) (*http.Response, string, shape) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+k.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if text := k.tokens[tenant]; text != "" {
		r.Header.Set("Authorization", "Bearer "+text)
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Add(head[i], head[i+1])
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: patience}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var s shape
	if len(text) > 0 {
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return response, string(text), s
}

func (k *kept) render(t *testing.T, source string) (*http.Response, string, shape) {
	t.Helper()
	return k.send(t, "POST", "/v1/render", "acme", `{"language":"haml","source":`+quoted(source)+`}`)
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// What a second request is answered, by what it asks for.
func TestRepeats(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	for _, test := range []struct {
		name, path, body string
		status           int
		outcome          string
		cached           bool
	}{
		{"ok", "/v1/render", `{"language":"haml","source":"a"}`, 200, "ok", true},
		{"said to use", "/v1/render", `{"language":"haml","source":"b","cache":"use"}`, 200, "ok", true},
		{"said by null", "/v1/render", `{"language":"haml","source":"c","cache":null}`, 200, "ok", true},
		{"bypass", "/v1/render", `{"language":"haml","source":"a","cache":"bypass"}`, 200, "ok", false},
		{"source error", "/v1/render", `{"language":"haml","source":"!x"}`, 200, "source_error", true},
		{"timeout", "/v1/render", `{"language":"haml","source":"slow"}`, 200, "timeout", false},
		{"other locals", "/v1/render", `{"language":"haml","source":"a","locals":{"a":1}}`, 200, "ok", true},
		{"our trouble", "/v1/render", `{"language":"haml","source":"down"}`, 500, "", false},
	} {
		before := k.compiles.Load()
		first, firstText, a := k.send(t, "POST", test.path, "", test.body)
		second, secondText, b := k.send(t, "POST", test.path, "", test.body)
		if first.StatusCode != test.status || second.StatusCode != test.status || a.Outcome != test.outcome || a.Cached || b.Outcome != test.outcome || b.Cached != test.cached {
			t.Errorf("%s: %s then %s, want %d %s cached %v", test.name, firstText, secondText, test.status, test.outcome, test.cached)
		}
		want := int64(2)
		if test.cached {
			want = 1
			if b.Receipt.Queue != 0 || b.Receipt.Compile != 2.5 || a.Receipt.Queue < 3 {
				t.Errorf("%s: receipts %+v then %+v, want the compile's without a queue", test.name, a.Receipt, b.Receipt)
			}
			// All but what is of the request is the same.
			if cut := func(s string) string { s, _, _ = strings.Cut(s, `,"cached":`); return s }; cut(firstText) != cut(secondText) {
				t.Errorf("%s: %s then %s", test.name, firstText, secondText)
			}
		}
		if got := k.compiles.Load() - before; got != want {
			t.Errorf("%s: %d compiles, want %d", test.name, got, want)
		}
		if tag := second.Header.Get("Etag"); (tag != "") != test.cached || tag != first.Header.Get("Etag") {
			t.Errorf("%s: tags %q then %q", test.name, first.Header.Get("Etag"), tag)
		}
	}
	for _, word := range []string{`"no"`, `""`, `"Use"`, `1`, `true`} {
		if response, text, _ := k.send(t, "POST", "/v1/render", "", `{"language":"haml","source":"a","cache":`+word+`}`); response.StatusCode != 400 || !strings.Contains(text, `"field":"cache"`) {
			t.Errorf("cache %s: %d %s, want 400 about cache", word, response.StatusCode, text)
		}
	}
}

// The drop-in routes have the same cache, with the other route too.
func TestMarkupRepeats(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	for _, source := range []string{"a <b>\u2028", "!x"} {
		k.render(t, source)
		_, text, s := k.send(t, "POST", "/haml", "", `{"markup":`+quoted(source)+`}`)
		want := map[bool]string{true: source + " 1", false: "broken 2"}[s.Success]
		if said, _ := s.Error.(string); s.HTML+said != want || s.Success == (source[0] == '!') {
			t.Errorf("%q: %s, want %q", source, text, want)
		}
	}
	if k.compiles.Load() != 2 {
		t.Errorf("%d compiles, want 2", k.compiles.Load())
	}
}

// A result can be got by its key, always in the same bytes, and not again by
// whoever has it.
func TestResults(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	posted, _, answer := k.render(t, "a")
	path := "/v1/results/" + answer.Key
	tag := posted.Header.Get("Etag")
	first, text, s := k.send(t, "GET", path, "", "")
	if first.StatusCode != 200 || *s.Output != "a 1" || !s.Cached || s.RequestID != nil || s.Key != answer.Key || s.Receipt.Compile != 2.5 || s.Receipt.Queue != 0 {
		t.Errorf("GET: %d %s", first.StatusCode, text)
	}
	if !regexp.MustCompile(`^W/"[0-9a-f]{32}"$`).MatchString(tag) || first.Header.Get("Etag") != tag {
		t.Errorf("tags %q and %q, want one weak one", tag, first.Header.Get("Etag"))
	}
	if got := first.Header.Get("Cache-Control"); !regexp.MustCompile(`^private, max-age=(3599|3600|359\d)$`).MatchString(got) {
		t.Errorf("Cache-Control = %q, want private for what is left of the hour", got)
	}
	if got := posted.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control of the POST = %q", got)
	}
	if _, again, _ := k.send(t, "GET", path, "", ""); again != text {
		t.Errorf("other bytes:\n%s\n%s", text, again)
	}
	head, _, _ := k.send(t, "HEAD", path, "", "")
	if head.StatusCode != 200 || head.ContentLength != int64(len(text)) || head.Header.Get("Etag") != tag {
		t.Errorf("HEAD: %d, %d bytes, %q", head.StatusCode, head.ContentLength, head.Header.Get("Etag"))
	}
	for match, want := range map[string]int{
		tag: 304, strings.TrimPrefix(tag, "W/"): 304, "*": 304, `"x", ` + tag: 304, `W/"x",` + tag + ` , "y"`: 304,
		`"x"`: 200, "": 200, strings.Trim(tag, `W/"`): 200, `W/"x"`: 200,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			response, text, _ := k.send(t, method, path, "", "", "If-None-Match", match)
			if response.StatusCode != want || want == 304 && (text != "" || response.Header.Get("Etag") != tag || !strings.HasPrefix(response.Header.Get("Cache-Control"), "private, max-age=")) {
				t.Errorf("%s If-None-Match %s: %d %q %v, want %d", method, match, response.StatusCode, text, response.Header, want)
			}
		}
	}
	// A condition on POST /v1/render is on that, which has no representation,
	// so that it holds.
	for _, match := range []string{tag, "*"} {
		response, _, s := k.send(t, "POST", "/v1/render", "", `{"language":"haml","source":"a"}`, "If-None-Match", match)
		if response.StatusCode != 200 || s.Output == nil {
			t.Errorf("POST with If-None-Match %s: %d", match, response.StatusCode)
		}
	}
	if k.compiles.Load() != 1 {
		t.Errorf("%d compiles, want 1", k.compiles.Load())
	}
}

func TestResultsNotThere(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	unknown := strings.Repeat("0", 64)
	_, _, answer := k.render(t, "slow")
	for key, want := range map[string]int{
		unknown: 404, answer.Key: 404, unknown[1:]: 400, unknown + "0": 400, strings.Repeat("A", 64): 400, strings.Repeat("g", 64): 400, "x": 400,
		"%00": 400, unknown[2:] + "%20x": 400,
	} {
		response, text, _ := k.send(t, "GET", "/v1/results/"+key, "", "")
		field := map[int]string{400: `"field":"key"`, 404: `"code":"not_kept"`}[want]
		if response.StatusCode != want || !strings.Contains(text, field) || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s, want %d with %s", key, response.StatusCode, text, want, field)
		}
	}
	for route, allow := range map[string]string{"POST /v1/results/" + unknown: "GET", "GET /v1/results": "DELETE", "GET /v1/batch": "POST"} {
		method, path, _ := strings.Cut(route, " ")
		if response, _, _ := k.send(t, method, path, "", ""); response.StatusCode != 405 || response.Header.Get("Allow") != allow {
			t.Errorf("%s: %d Allow %q, want 405 and %s", route, response.StatusCode, response.Header.Get("Allow"), allow)
		}
	}
}

// Another tenant's key says nothing: neither that it is one, nor what it is of.
func TestResultsOfOthers(t *testing.T) {
	t.Parallel()
	k := keeping(t, false, "acme", "zeta")
	_, _, answer := k.render(t, "a")
	unknown, unknownText, _ := k.send(t, "GET", "/v1/results/"+strings.Repeat("0", 64), "zeta", "")
	others, othersText, _ := k.send(t, "GET", "/v1/results/"+answer.Key, "zeta", "", "If-None-Match", "*")
	blank := func(s string) string { return regexp.MustCompile(`"request_id":"[^"]*"`).ReplaceAllString(s, "") }
	if others.StatusCode != 404 || others.StatusCode != unknown.StatusCode || blank(unknownText) != blank(othersText) {
		t.Errorf("another's: %d %s, unknown: %d %s", others.StatusCode, othersText, unknown.StatusCode, unknownText)
	}
	for _, h := range []http.Header{unknown.Header, others.Header} {
		h.Del("X-Request-Id")
		h.Del("Date")
	}
	if diff := cmp.Diff(unknown.Header, others.Header); diff != "" {
		t.Errorf("heads (-unknown +another's):\n%s", diff)
	}
	own, _, _ := k.send(t, "GET", "/v1/results/"+answer.Key, "acme", "")
	if own.StatusCode != 200 || own.Header.Get("Vary") != "Authorization" || !strings.HasPrefix(own.Header.Get("Cache-Control"), "private,") {
		t.Errorf("one's own: %d %v", own.StatusCode, own.Header)
	}
	if nobody, _, _ := k.send(t, "GET", "/v1/results/"+answer.Key, "", ""); nobody.StatusCode != 401 {
		t.Errorf("without a token: %d", nobody.StatusCode)
	}
}

// Caches for many may keep what everybody may see, and nothing else.
func TestReach(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shared  bool
		tenants []string
		want    string
	}{{false, nil, "private"}, {true, nil, "public"}, {true, []string{"acme"}, "private"}, {false, []string{"acme"}, "private"}} {
		k := keeping(t, test.shared, test.tenants...)
		_, _, answer := k.render(t, "a")
		response, _, _ := k.send(t, "GET", "/v1/results/"+answer.Key, "acme", "")
		if got, _, _ := strings.Cut(response.Header.Get("Cache-Control"), ","); got != test.want {
			t.Errorf("shared %v, tenants %v: %q, want %q", test.shared, test.tenants, got, test.want)
		}
	}
}

// Whoever may purge what, and how much that is.
func TestPurge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		shared  bool
		tenants []string
		admin   bool
		path    string
		as      string
		status  int
		purged  int
		left    int
	}{
		{"one's own", false, []string{"acme", "zeta", "ops"}, false, "/v1/results", "acme", 200, 1, 1},
		{"one's own, whoever is named", false, []string{"acme", "zeta", "ops"}, false, "/v1/results?tenant=zeta", "acme", 200, 1, 1},
		{"without tokens", false, nil, false, "/v1/results", "", 200, 1, 0},
		{"shared, without tokens", true, nil, false, "/v1/results", "", 200, 1, 0},
		{"shared, with tokens", true, []string{"acme", "zeta", "ops"}, false, "/v1/results", "acme", 403, 0, 1},
		{"admin scope at the callers' door", false, []string{"acme", "zeta", "ops"}, false, "/v1/results", "ops", 403, 0, 2},
		{"admin, one", false, []string{"acme", "zeta", "ops"}, true, "/v1/results?tenant=zeta", "ops", 200, 1, 1},
		{"admin, all", false, []string{"acme", "zeta", "ops"}, true, "/v1/results", "ops", 200, 2, 0},
		{"admin, all of a shared one", true, []string{"acme", "zeta", "ops"}, true, "/v1/results", "ops", 200, 1, 0},
		{"admin, one of a shared one", true, []string{"acme", "zeta", "ops"}, true, "/v1/results?tenant=zeta", "ops", 400, 0, 1},
		{"admin, nobody", false, []string{"acme", "zeta", "ops"}, true, "/v1/results?tenant=", "ops", 400, 0, 2},
		{"admin, two", false, []string{"acme", "zeta", "ops"}, true, "/v1/results?tenant=acme&tenant=zeta", "ops", 400, 0, 2},
		{"admin, a misspelt name", false, []string{"acme", "zeta", "ops"}, true, "/v1/results?tennant=acme", "ops", 400, 0, 2},
		{"admin, a name that cannot be read", false, []string{"acme", "zeta", "ops"}, true, "/v1/results?tenant=%zz", "ops", 400, 0, 2},
		{"admin, a name and more", false, []string{"acme", "zeta", "ops"}, true, "/v1/results?tenant=acme&x=1", "ops", 400, 0, 2},
		{"not admin", false, []string{"acme", "zeta", "ops"}, true, "/v1/results", "acme", 403, 0, 2},
	} {
		k := keeping(t, test.shared, test.tenants...)
		for _, tenant := range []string{"acme", "zeta"} {
			k.send(t, "POST", "/v1/render", tenant, `{"language":"haml","source":"a"}`)
		}
		if test.admin {
			k.address = adminOf(t, k.Server)
		}
		response, text, s := k.send(t, "DELETE", test.path, test.as, "")
		if response.StatusCode != test.status || s.Purged != test.purged {
			t.Errorf("%s: %d %s, want %d and %d", test.name, response.StatusCode, text, test.status, test.purged)
		}
		if want := fmt.Sprintf("fumehood_cache_entries{tier=\"memory\"} %d\n", test.left); !strings.Contains(k.shown(t), want) {
			t.Errorf("%s: not %s", test.name, want)
		}
	}
}

func adminOf(t *testing.T, s *Server) string {
	t.Helper()
	return serveOn(t, s.AdminHTTP())
}

func TestCacheIsMeasured(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	for range 3 {
		k.render(t, "a")
	}
	k.render(t, "slow")
	shown := k.shown(t)
	for _, line := range []string{
		`fumehood_cache_hits_total{tier="memory"} 2`, `fumehood_cache_misses_total{tier="memory"} 2`, `fumehood_cache_entries{tier="memory"} 1`,
		`fumehood_cache_corrupt_total{tier="memory"} 0`, `fumehood_cache_failed_total{tier="memory"} 0`, `fumehood_cache_evictions_total{tier="memory"} 0`,
		`fumehood_compiles_total{language="haml",outcome="ok"} 3`, `fumehood_compiles_total{language="haml",outcome="timeout"} 1`,
		`fumehood_compile_seconds_count{language="haml"} 2`, `fumehood_queue_seconds_count 2`, `fumehood_coalesced_total 0`,
	} {
		if !strings.Contains(shown, line+"\n") {
			t.Errorf("not shown: %s", line)
		}
	}
}

// What is appended by hand is what would be encoded.
func TestReceiptIsJSON(t *testing.T) {
	t.Parallel()
	for _, timing := range []job.Timing{
		{}, {Queue: time.Nanosecond, Compile: time.Hour}, {Queue: 1234567, Compile: 100 * time.Microsecond, CPU: 5 * time.Millisecond, Peak: 7 * job.MiB},
	} {
		want, err := json.Marshal(receiptOf(timing))
		if got := receiptOf(timing).append(nil); err != nil || string(got) != string(want) {
			t.Errorf("%s, want %s, %v", got, want, err)
		}
	}
}
