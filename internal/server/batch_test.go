package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// results are a batch's, in order.
func (k *kept) batch(t *testing.T, tenant, body string) (status int, text string, results []shape) {
	t.Helper()
	response, text, _ := k.send(t, "POST", "/v1/batch", tenant, body)
	var whole struct{ Results []shape }
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, text, whole.Results
}

// field is what a result's error names.
func (s shape) field() string {
	e, _ := s.Error.(map[string]any)
	field, _ := e["field"].(string)
	return field
}

// Each item has its own answer in its own place, whatever the others have.
func TestBatch(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	items := []struct {
		item            string
		outcome, field  string
		status          int
		cached, nothing bool
	}{
		{item: `{"language":"haml","source":"a"}`, outcome: "ok"},
		{item: `{"language":"haml","source":"!x"}`, outcome: "source_error"},
		{item: `{"language":"nothing","source":"a"}`, field: "language", status: 400},
		{item: `{"language":"haml"}`, field: "source", status: 400},
		{item: `{"language":"haml","source":"a","nonsense":1}`, field: "nonsense", status: 400},
		{item: `{"language":"haml","source":"a","source":"b"}`, field: "source", status: 400},
		{item: `{"language":"haml","source":1}`, field: "source", status: 400},
		{item: `{"language":"haml","source":"a","cache":"no"}`, field: "cache", status: 400},
		{item: `{"language":"haml","source":` + quoted(strings.Repeat("x", 1001)) + `}`, field: "source", status: 413},
		{item: `"haml"`, field: "body", status: 400},
		{item: `null`, field: "source", status: 400},
		{item: `{"language":"haml","source":"slow"}`, outcome: "timeout"},
		{item: `{"language":"haml","source":"down"}`, status: 500},
		{item: ` { "language" : "haml" , "source" : "z" } `, outcome: "ok"},
	}
	var texts []string
	for _, i := range items {
		texts = append(texts, i.item)
	}
	status, text, results := k.batch(t, "", `{"items":[`+strings.Join(texts, ",")+`]}`)
	if status != 200 || len(results) != len(items) {
		t.Fatalf("%d with %d results: %s", status, len(results), text)
	}
	for i, r := range results {
		want := items[i]
		if r.Outcome != want.outcome || r.field() != want.field || r.Status != want.status || (r.Error != nil) != (want.status != 0) {
			t.Errorf("%s: %+v, want %s %s %d", want.item, r, want.outcome, want.field, want.status)
		}
		if r.Error == nil && (r.RequestID == nil || !strings.HasSuffix(*r.RequestID, fmt.Sprint("-", i))) {
			t.Errorf("%s: its request id is not of its place", want.item)
		}
	}
	if a, z := results[0].Output, results[13].Output; a == nil || z == nil || (*a)[:2] != "a " || (*z)[:2] != "z " {
		t.Errorf("outputs in another order: %s", text)
	}
	if strings.Contains(text, "our trouble") {
		t.Errorf("our words reach the caller: %s", text)
	}
	// They share the cache with everybody.
	if _, _, s := k.render(t, "a"); !s.Cached {
		t.Error("an item's answer is not kept")
	}
	shown := k.shown(t)
	for _, line := range []string{
		`fumehood_compiles_total{language="haml",outcome="invalid"} 3`, `fumehood_compiles_total{language="unknown",outcome="invalid"} 6`,
		`fumehood_compiles_total{language="haml",outcome="internal"} 1`, `fumehood_compiles_total{language="haml",outcome="timeout"} 1`,
		`fumehood_batch_items_total 14`,
	} {
		if !strings.Contains(shown, line+"\n") {
			t.Errorf("not shown: %s", line)
		}
	}
	log := k.log.String()
	if n := strings.Count(log, `"msg":"item"`); n != len(items) || !strings.Contains(log, "our trouble") {
		t.Errorf("%d lines for items, want %d:\n%s", n, len(items), log)
	}
}

// What is wrong with the whole is said of the whole.
func TestBatchRefused(t *testing.T) {
	t.Parallel()
	k := keeping(t, false)
	one := `{"language":"haml","source":"a"}`
	many := func(n int) string { return `{"items":[` + strings.Join(slices.Repeat([]string{one}, n), ",") + `]}` }
	for _, test := range []struct {
		name, body, field string
		status            int
	}{
		{"none", `{"items":[]}`, "items", 400},
		{"missing", `{}`, "items", 400},
		{"null", `{"items":null}`, "items", 400},
		{"no list", `{"items":{}}`, "items", 400},
		{"too many", many(21), "items", 400},
		{"another name", `{"items":[` + one + `],"more":1}`, "more", 400},
		{"twice", `{"items":[` + one + `],"items":[]}`, "items", 400},
		{"list", `[` + one + `]`, "body", 400},
		{"word", `"items"`, "body", 400},
		{"nothing", ` `, "body", 400},
		{"cut off", `{"items":[` + one, "items", 400},
		{"cut off later", `{"items":[` + one + `]`, "body", 400},
		{"more behind", many(1) + `{}`, "body", 400},
		{"no UTF-8", `{"items":["` + "\xff" + `"]}`, "items", 400},
		{"nested", `{"items":[` + strings.Repeat("[", 20_000) + `]}`, "items", 400},
		{"too long", strings.Repeat(" ", 1<<20), "body", 413},
	} {
		before := k.compiles.Load()
		// Who waits for leave to send its body is not cut off while sending it.
		response, text, s := k.send(t, "POST", "/v1/batch", "", test.body, "Expect", "100-continue")
		if response.StatusCode != test.status || s.field() != test.field || k.compiles.Load() != before {
			t.Errorf("%s: %d %.300s, want %d about %s and no compile", test.name, response.StatusCode, text, test.status, test.field)
		}
	}
	if response, text, _ := k.send(t, "POST", "/v1/batch", "", many(1), "Content-Type", "text/plain"); response.StatusCode != 415 {
		t.Errorf("another type: %d %s", response.StatusCode, text)
	}
	if status, text, results := k.batch(t, "", many(20)); status != 200 || len(results) != 20 {
		t.Errorf("20 items: %d %.300s", status, text)
	}
}

// All of a batch run side by side, and end with the caller.
func TestBatchIsParallel(t *testing.T) {
	t.Parallel()
	const items = 20
	begun, ended := make(chan struct{}, items), make(chan struct{}, items)
	s, log := serverOf(func(ctx context.Context, _ render.Request) (render.Answer, error) {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return render.Answer{}, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "POST", "/v1/batch", strings.NewReader(`{"items":[`+strings.TrimSuffix(strings.Repeat(`{"language":"haml","source":""},`, items), ",")+`]}`))
	r.Header.Set("Content-Type", "application/json")
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer func() { _ = recover() }() // the connection is cut
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}()
	for range items {
		<-begun
	}
	cancel()
	for range items {
		<-ended
	}
	<-served
	if n := strings.Count(log.String(), `"status":499`); n != items+1 {
		t.Errorf("%d lines of a caller who left, want %d and one of the whole", n, items)
	}
}

// An item that makes us panic is that item's trouble.
func TestBatchSurvivesPanic(t *testing.T) {
	t.Parallel()
	s, _ := serverOf(func(_ context.Context, r render.Request) (render.Answer, error) {
		if r.Source == "panic" {
			panic("broken invariant")
		}
		return render.Answer{Question: &render.Question{Job: job.Job{Language: "haml"}}, Result: job.Result{Outcome: job.OK}}, nil
	})
	r := httptest.NewRequest("POST", "/v1/batch", strings.NewReader(`{"items":[{"language":"haml","source":"panic"},{"language":"haml","source":"x"}]}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `"status":500`) || !strings.Contains(body, `"outcome":"ok"`) || strings.Contains(body, "invariant") {
		t.Errorf("%d %s", w.Code, body)
	}
}
