package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// What is sent is what the API takes, the cache's field only where asked for.
func TestServerAsks(t *testing.T) {
	t.Parallel()
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Authorization"), body))
		fmt.Fprint(w, `{"outcome":"ok","output":"<p>","cached":true,"key":"more than is read"}`)
	})
	s := NewServer(url+"/", []string{"one", "two"}, 1)
	for i, shot := range []Shot{{Language: "haml", Source: "%p"}, {Language: "less", Source: "a", Bypass: true, Tenant: 1}} {
		a, err := s.Do(t.Context(), shot)
		if err != nil || a.Status != http.StatusOK || a.Outcome != job.OK || a.Output != "<p>" || !a.Cached {
			t.Errorf("answer %d: %+v, %v", i, a, err)
		}
	}
	want := []string{
		`POST /v1/render Bearer one {"language":"haml","source":"%p"}`,
		`POST /v1/render Bearer two {"language":"less","source":"a","cache":"bypass"}`,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// A client that asks again uses the connection it has.
func TestServerKeepsConnections(t *testing.T) {
	t.Parallel()
	from := make(map[string]bool)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		from[r.RemoteAddr] = true
		fmt.Fprint(w, `{"outcome":"ok","output":""}`)
	})
	s := NewServer(url, nil, 1)
	for range 5 {
		if _, err := s.Do(t.Context(), Shot{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(from) != 1 {
		t.Errorf("%d connections for five requests", len(from))
	}
}

func TestServerAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   string
	}{
		"busy":      {http.StatusServiceUnavailable, `{"error":{}}`, "503"},
		"no result": {http.StatusOK, `<html>`, "no result"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			a, err := NewServer(url, nil, 1).Do(t.Context(), Shot{})
			if got := statusOf(a, err); got != test.want || string(a.Raw) != test.body {
				t.Errorf("%s %q, want %s", got, a.Raw, test.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewServer("http://127.0.0.1:1", nil, 1).Do(ctx, Shot{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"pools":[{"kind":"ruby","jobs":8},{"kind":"node-css","jobs":3}]}`)
	})
	if n, err := NewServer(url, nil, 1).Jobs(t.Context()); err != nil || n != 11 {
		t.Errorf("%d, %v", n, err)
	}
	url = serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	if n, err := NewServer(url, nil, 1).Jobs(t.Context()); err == nil {
		t.Errorf("%d jobs of who may not know", n)
	}
}
