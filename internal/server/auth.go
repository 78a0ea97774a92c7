package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/token"
)

// tokens is what the server needs of token.File.
type tokens interface {
	Check(text string, now time.Time) (token.Holder, bool)
}

// everybody is the scope of routes that need no token.
const everybody token.Scope = ""

// Whatever is wrong with a token, the answer is the same.
var (
	errUnauthorized = &requestError{http.StatusUnauthorized, "unauthorized", "a valid token is needed, as Authorization: Bearer TOKEN"}
	errForbidden    = &requestError{http.StatusForbidden, "forbidden", "the token is not for this: it lacks the scope"}
)

// allowed lets a request through if its token has the scope. It comes before
// anything of the body is read.
func (s *Server) allowed(scope token.Scope, h handler) handler {
	if s.config.Tokens == nil || scope == everybody {
		return h
	}
	return func(w http.ResponseWriter, r *http.Request, e *exchange) error {
		holder, ok := s.config.Tokens.Check(bearer(r.Header), time.Now())
		if !ok {
			return errUnauthorized
		}
		e.holder = holder
		if !holder.May(scope) {
			return errForbidden
		}
		return h(w, r, e)
	}
}

// admitted refuses a request whose tenant would be refused whatever it asks for,
// before anything of the body is read.
func (s *Server) admitted(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, e *exchange) error {
		if err := s.renderer.Check(e.holder.Tenant); err != nil {
			e.compiles = true
			return err
		}
		return h(w, r, e)
	}
}

// bearer is the token in a request's head, the only place that is looked at:
// a URL ends up in logs. It is empty if there is none, or more than one.
func bearer(head http.Header) string {
	values := head.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return text
}
