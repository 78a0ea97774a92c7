package server

import (
	"strings"
	"sync"
	"testing"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// A question is found for the tenant and the body that it was kept for, and no
// other; what is too long is not kept, and an older one has to go.
func TestAsked(t *testing.T) {
	t.Parallel()
	var a asked
	q, other := new(render.Question), new(render.Question)
	body := []byte("body")
	a.keep("acme", body, q)
	body[0] = 'x' // it is the caller's
	for _, test := range []struct {
		tenant, body string
		want         *render.Question
	}{{"acme", "body", q}, {"acme", "xody", nil}, {"acme", "bod", nil}, {"", "body", nil}, {"acmeb", "ody", nil}} {
		if got := a.find(test.tenant, []byte(test.body)); got != test.want {
			t.Errorf("%q of %q: %p, want %p", test.body, test.tenant, got, test.want)
		}
	}
	a.keep("acme", []byte("body"), other)
	if got := a.find("acme", []byte("body")); got != other {
		t.Error("an older question was not replaced")
	}
	long := []byte(strings.Repeat("x", askedBytes+1))
	a.keep("acme", long, q)
	if a.find("acme", long) != nil || a.find("acme", long[1:]) != nil {
		t.Error("a body that is too long was kept")
	}
	if a.keep("acme", long[1:], q); a.find("acme", long[1:]) != q {
		t.Error("the longest body was not kept")
	}
	a.keep("acme", []byte("numbers"), &render.Question{Job: job.Job{Locals: long}})
	if a.find("acme", []byte("numbers")) != nil {
		t.Error("a question that is too long was kept")
	}
	a.keep("other", []byte("body"), q)
	a.forgetOf("acme")
	if a.find("acme", []byte("body")) != nil || a.find("other", []byte("body")) != q {
		t.Error("not one tenant's bodies alone are forgotten")
	}
	if a.forget("other", []byte("body")); a.find("other", []byte("body")) != nil {
		t.Error("a body is not forgotten")
	}
	a.keep("other", []byte("body"), q)
	if a.forgetAll(); a.find("other", []byte("body")) != nil {
		t.Error("not all is forgotten")
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			q := new(render.Question)
			for n := range 4 * askedPlaces {
				body := []byte{byte(n), byte(n >> 8), byte(i)}
				a.keep("acme", body, q)
				if got := a.find("acme", body); got != nil && got != q {
					t.Errorf("%p for a body of %p", got, q)
				}
			}
		})
	}
	all.Wait()
}

// What is remembered is what was asked, never what was answered: it takes
// nothing from a purge, and nothing from who may not see it.
func TestAskedAgain(t *testing.T) {
	t.Parallel()
	k := keeping(t, false, "acme", "other")
	const body = `{"language":"haml","source":"a"}`
	asks := func(tenant string, compiles int64) {
		t.Helper()
		_, text, s := k.send(t, "POST", "/v1/render", tenant, body)
		if n := k.compiles.Load(); n != compiles || s.Outcome != "ok" {
			t.Errorf("%s: %d compiles, want %d: %s", tenant, n, compiles, text)
		}
	}
	asks("acme", 1)
	asks("acme", 1)
	asks("acme", 1)
	asks("other", 2)
	if _, _, s := k.send(t, "DELETE", "/v1/results", "acme", ""); s.Purged != 1 {
		t.Errorf("%d purged", s.Purged)
	}
	if k.asked.find("acme", []byte(body)) != nil || k.asked.find("other", []byte(body)) != nil {
		t.Error("purged, or asked once, and still there")
	}
	asks("acme", 3)
	asks("acme", 3)
	asks("other", 3)
	if k.asked.find("acme", []byte(body)) == nil || k.asked.find("other", []byte(body)) == nil {
		t.Error("a body that was asked again is not remembered")
	}
}
