package server

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
	"github.com/fumehood/fumehood/internal/token"
)

// etag names an entry's content. It is weak, as two answers with one content
// differ in their receipts, and so it outlives a second compile of the same.
func etag(e *cache.Entry) string { return `W/"` + e.Tag + `"` }

var errNotKept = &requestError{http.StatusNotFound, "not_kept", "no result is kept under this key, or none any more; POST /v1/render compiles"}

// result gives out what is kept under a key. Of another partition's entries it
// says what it says of those that do not exist: a key of theirs is no key here.
func (s *Server) result(w http.ResponseWriter, r *http.Request, e *exchange) error {
	key, err := parseKey(r.PathValue("key"))
	if err != nil {
		return err
	}
	entry := s.renderer.Stored(r.Context(), e.holder.Tenant, key)
	if entry == nil {
		return errNotKept
	}
	head := w.Header()
	tag := etag(entry)
	head.Set("Etag", tag)
	head.Set("Cache-Control", s.reach()+", max-age="+strconv.Itoa(int(s.renderer.Left(entry, time.Now())/time.Second)))
	if s.config.Tokens != nil {
		head.Set("Vary", "Authorization")
	}
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	answer := render.Answer{Question: &render.Question{Key: key}, Cached: true, Entry: entry, Result: job.Result{Outcome: entry.Outcome, Timing: entry.Timing}}
	answer.Result.Timing.Queue = 0
	// The same bytes for everybody have nobody's request id.
	return writeAnswer(w, &answer, "")
}

// reach says which caches may keep a result: those that serve many callers only
// if all callers may see all results, and the operator has said so.
func (s *Server) reach() string {
	if s.config.Tokens == nil && s.config.Shared {
		return "public"
	}
	return "private"
}

func parseKey(word string) (job.Key, error) {
	var key job.Key
	if n, err := hex.Decode(key[:min(len(key), len(word)/2)], []byte(word[:min(len(word), 2*len(key))])); err != nil || n != len(key) || len(word) != 2*len(key) || strings.ToLower(word) != word {
		return key, &job.Invalid{Field: "key", Reason: "must be 64 hexadecimal digits in lower case, as an answer's key"}
	}
	return key, nil
}

// matches is the weak comparison of RFC 9110, 8.8.3.2, with a list of tags.
func matches(lists []string, tag string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

var (
	errSharedPartition = &requestError{http.StatusForbidden, "forbidden", "the results are kept for all tenants together: an admin removes them"}
	errNoTenants       = &job.Invalid{Field: "tenant", Reason: "cannot be named: the results are kept for all tenants together"}
)

// purge removes what is kept for the caller's tenant.
func (s *Server) purge(w http.ResponseWriter, r *http.Request, e *exchange) error {
	if s.config.Shared && s.config.Tokens != nil {
		return errSharedPartition
	}
	defer s.asked.forgetOf(e.holder.Tenant)
	return writePurged(w)(s.renderer.Purge(r.Context(), e.holder.Tenant))
}

// purgeAny removes what is kept for the tenant that an admin names, or all.
func (s *Server) purgeAny(w http.ResponseWriter, r *http.Request, _ *exchange) error {
	// A name that is misspelt must not remove everything.
	query, err := url.ParseQuery(r.URL.RawQuery)
	tenants, named := query["tenant"]
	switch {
	case err != nil, len(query) > 1, len(query) == 1 && !named:
		return &job.Invalid{Field: "tenant", Reason: "is the only parameter there is"}
	case !named:
		defer s.asked.forgetAll()
		return writePurged(w)(s.renderer.PurgeAll(r.Context()))
	case s.config.Shared:
		return errNoTenants
	case len(tenants) > 1 || token.CheckTenant(tenants[0]) != nil:
		return &job.Invalid{Field: "tenant", Reason: "must be the name of one tenant"}
	}
	defer s.asked.forgetOf(tenants[0])
	return writePurged(w)(s.renderer.Purge(r.Context(), tenants[0]))
}

func writePurged(w http.ResponseWriter) func(n int, err error) error {
	return func(n int, err error) error {
		if err == nil {
			writeJSON(w, http.StatusOK, map[string]any{"purged": n})
		}
		return err
	}
}
