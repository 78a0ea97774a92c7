package server

import "testing"

// Every answer says that it is no page, and not to be kept, framed or embedded.
func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	s, _ := serverOf(compiled)
	for _, f := range []*face{s.public, s.admin} {
		for _, route := range []string{
			"POST /v1/render", "POST /haml", "POST /v1/batch", "GET /v1/results/x", "DELETE /v1/results", "GET /v1/languages", "GET /v1/limits", "GET /v1/boxes", "GET /healthz", "GET /readyz", "GET /metrics",
			"GET /nowhere", "GET //", "DELETE /v1/limits", "CONNECT /", "OPTIONS /v1/render",
		} {
			g := &guarded{Server: s}
			w := g.ask(f, route)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
				"Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
				"Server": "", "Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": "",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %d with %s: %q, want %q", route, w.Code, name, got, want)
				}
			}
			if w.Header().Get("X-Request-Id") == "" {
				t.Errorf("%s: no request id", route)
			}
		}
	}
}
