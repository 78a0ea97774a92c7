package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

// jobs is how many the boxes were given, as anybody can see.
func (s *serving) jobs(t *testing.T) uint64 {
	t.Helper()
	var shape struct {
		Pools []struct{ Jobs uint64 }
	}
	_, body := get(t, s.url+"/v1/boxes")
	if err := json.Unmarshal(body, &shape); err != nil {
		t.Fatal(err)
	}
	n := uint64(0)
	for _, p := range shape.Pools {
		n += p.Jobs
	}
	return n
}

func cachingDaemon(t *testing.T) *serving {
	return startDaemon(t, func(c *config.Config) { c.CacheSize = config.Default().CacheSize })
}

// A hundred equal requests at once are one compile, and a hundred answers.
func TestEqualRequestsAreOneCompile(t *testing.T) {
	s := cachingDaemon(t)
	before := s.jobs(t)
	const clients = 100
	body := `{"language":"haml","source":"- sleep 0.2\n%p= rand"}`
	var waiting sync.WaitGroup
	answers := make([]result, clients)
	begin := make(chan struct{})
	for i := range answers {
		waiting.Go(func() {
			<-begin
			response, err := http.Post(s.url+"/v1/render", "application/json", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err == nil {
				err = json.Unmarshal(text, &answers[i])
			}
			if err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("%d %v %s", response.StatusCode, err, text)
			}
		})
	}
	close(begin)
	waiting.Wait()
	if after := s.jobs(t); after != before+1 {
		t.Errorf("%d jobs for %d equal requests, want 1", after-before, clients)
	}
	ids := make(map[string]bool)
	leaders := 0
	for _, a := range answers {
		ids[a.RequestID] = true
		if !a.Cached && !a.Coalesced {
			leaders++
		}
		if a.output() != answers[0].output() || a.Key != answers[0].Key {
			t.Errorf("an answer of its own: %q by %s", a.output(), a.Key)
		}
	}
	if len(ids) != clients || leaders != 1 {
		t.Errorf("%d request ids, want %d; %d answers of a compile of their own, want 1", len(ids), clients, leaders)
	}
}

// What is repeated comes from the cache, but for what a limit or a crash cut
// short, and for who wants it fresh.
func TestRepeats(t *testing.T) {
	s := cachingDaemon(t)
	bypass := map[string]any{"cache": "bypass"}
	short := map[string]any{"limits": map[string]any{"wall_ms": 50}}
	for _, test := range []struct {
		name, language, source string
		fields                 map[string]any
		outcome                string
		cached                 bool
	}{
		{"ok", "haml", "%p= rand", nil, "ok", true},
		{"use", "haml", "%b= rand", map[string]any{"cache": "use"}, "ok", true},
		{"source error", "haml", "%p= (", nil, "source_error", true},
		{"bypass", "haml", "%p= rand", bypass, "ok", false},
		{"timeout", "haml", "= sleep", short, "timeout", false},
		{"violation", "haml", "- syscall 101", nil, "violation", false},
		{"crash", "haml", "- exit!", nil, "crashed", false},
		{"output too large", "haml", "= 'x' * 3_000_000", nil, "output_too_large", false},
	} {
		before := s.jobs(t)
		first := s.compile(t, test.language, test.source, test.fields)
		second := s.compile(t, test.language, test.source, test.fields)
		want := before + 2
		if test.cached {
			want--
		}
		if first.Outcome != test.outcome || first.Cached || second.Outcome != test.outcome || second.Cached != test.cached || s.jobs(t) != want {
			t.Errorf("%s: %s cached %v, then %s cached %v, %d jobs, want %s and %v with %d",
				test.name, first.Outcome, first.Cached, second.Outcome, second.Cached, s.jobs(t)-before, test.outcome, test.cached, want-before)
		}
		if same := first.output() == second.output(); test.outcome == "ok" && same != test.cached {
			t.Errorf("%s: the outputs are equal: %v", test.name, same)
		}
		if first.Key != second.Key || first.RequestID == second.RequestID {
			t.Errorf("%s: keys %s %s, ids %s %s", test.name, first.Key, second.Key, first.RequestID, second.RequestID)
		}
	}
}

// The parts of one page come together, each from a cell of its own, and again
// from the cache.
func TestBatchOfOnePage(t *testing.T) {
	s := cachingDaemon(t)
	before := s.jobs(t)
	body := []byte(`{"items":[{"language":"haml","source":"%p= $$"},{"language":"slim","source":"p = $$"},` +
		`{"language":"erb","source":"<% raise 'x' %>","cache":"use"},{"language":"cobol","source":""}]}`)
	for _, cached := range []bool{false, true} {
		response, text := httpPost(t, s.url+"/v1/batch", "application/json", body)
		var got struct {
			Results []struct {
				result
				Status int
			}
		}
		if err := json.Unmarshal(text, &got); err != nil || response.StatusCode != http.StatusOK || len(got.Results) != 4 {
			t.Fatalf("%d %v %s", response.StatusCode, err, text)
		}
		for i, want := range []string{"ok", "ok", "source_error", ""} {
			if r := got.Results[i]; r.Outcome != want || r.Cached != (cached && want != "") || (r.Status == http.StatusBadRequest) != (want == "") {
				t.Errorf("item %d: %s cached %v, status %d, want %s and %v", i, r.Outcome, r.Cached, r.Status, want, cached)
			}
		}
	}
	if n := s.jobs(t) - before; n != 3 {
		t.Errorf("%d jobs, want 3", n)
	}
}
