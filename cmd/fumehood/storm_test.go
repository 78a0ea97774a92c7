package main

import (
	"io"
	"net"
	"strings"
	"testing"
)

// A storm of violations is one line each in the log of a real daemon.
func TestViolationsAreALineEach(t *testing.T) {
	p := startProgram(t)
	const storm = 30
	eventually(t, "the daemon has said that it is ready", func() bool { return strings.Contains(p.readLog(), `"msg":"ready"`) })
	lines := func() int { return strings.Count(p.readLog(), "\n") }
	requests := func() int { return strings.Count(p.readLog(), `"msg":"request"`) }
	boxes := func() int { return strings.Count(p.readLog(), `"box_kind"`) }
	others, of := lines()-requests()-boxes(), boxes()
	for range storm {
		response, body := httpPost(t, p.url+"/v1/render", "application/json", []byte(`{"language":"haml","source":"- syscall 101"}`))
		if response.StatusCode != 200 || !strings.Contains(string(body), `"outcome":"violation"`) {
			t.Fatalf("%d %s, want a violation", response.StatusCode, body)
		}
	}
	eventually(t, "each request is logged", func() bool { return strings.Count(p.readLog(), `"outcome":"violation"`) == storm })
	// Two boxes may be retired at once, which takes some lines each.
	if more := lines() - requests() - boxes() - others; more != 0 || boxes()-of > 10 {
		t.Errorf("%d lines, and %d of boxes, beside those of %d requests:\n%s", more, boxes()-of, storm, p.readLog())
	}
}

// Two thousand who are connected and silent do not keep out one who compiles.
func TestCrowdOfSilentClients(t *testing.T) {
	t.Parallel()
	s := startDaemon(t, nil)
	address := strings.TrimPrefix(s.url, "http://")
	for i := range 2000 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			io.WriteString(c, "POST /v1/render HTTP/1.1\r\nHost: x\r\n")
		}
	}
	if got := s.compile(t, "haml", "%p hii", nil); got.output() != "<p>hii</p>\n" {
		t.Errorf("%s %q", got.Outcome, got.output())
	}
}
