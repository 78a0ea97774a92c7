package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/selftest"
	"github.com/fumehood/fumehood/internal/token"
)

// A daemon whose boxes lack a wall does not serve, says why, and leaves nothing.
func TestMissingWallKeepsTheDaemonFromServing(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	s, err := startAltered(c, t, func(o *box.OCI) { o.Policy.Without = box.Dumpable })
	if err == nil {
		s.stop()
		t.Fatal("it serves")
	}
	for _, want := range []string{"must not serve", `"dumpable"`, "a crash may write", `--accept-missing "dumpable"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not say %q", err, want)
		}
	}
}

// With the operator's word it serves, and says so wherever one looks.
func TestAcceptedWallIsShown(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	c.AcceptMissing = "core limit, dumpable"
	s, err := startAltered(c, t, func(o *box.OCI) { o.Policy.Without = box.Dumpable })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	var ready struct {
		Ready        bool
		MissingWalls []string `json:"missing_walls"`
	}
	var boxes struct {
		Pools []struct {
			MissingWalls []string `json:"missing_walls"`
		}
	}
	for path, into := range map[string]any{"/readyz": &ready, "/v1/boxes": &boxes} {
		response, body := get(t, s.url+path)
		if err := json.Unmarshal(body, into); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("GET %s = %d %s, %v", path, response.StatusCode, body, err)
		}
	}
	want := []string{"dumpable"}
	if !ready.Ready || !slices.Equal(ready.MissingWalls, want) {
		t.Errorf("/readyz says %+v, want ready without %q", ready, want)
	}
	if len(boxes.Pools) != 1 || !slices.Equal(boxes.Pools[0].MissingWalls, want) {
		t.Errorf("/v1/boxes says %+v, want %q", boxes, want)
	}
	if got := s.compile(t, "haml", "%p hii", nil); got.output() != "<p>hii</p>\n" {
		t.Errorf("compile = %q", got.output())
	}
}

func TestAcceptMissingTakesWallsOnly(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	c.AcceptMissing = "landlock, moat"
	s, err := startServing(c, t)
	if err == nil {
		s.stop()
	}
	if err == nil || !strings.Contains(err.Error(), `"moat"`) {
		t.Errorf("a daemon that may lack a moat: %v, want an error that names it", err)
	}
}

// No request reaches the self-test's calls.
func TestProbesAreNoLanguage(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	response, body := httpPost(t, s.url+"/v1/render", "application/json",
		[]byte(`{"language":"`+selftest.Language+`","source":"native 39\n"}`))
	if _, field, _ := errorOf(t, body); response.StatusCode != http.StatusBadRequest || field != "language" {
		t.Errorf("a request for the self-test's language = %d %s, want 400 for language", response.StatusCode, body)
	}
}

// What the attacks call a wall is what the self-test and its operator call it.
func TestWallsHaveOneName(t *testing.T) {
	t.Parallel()
	for _, removal := range removals {
		if !slices.Contains(attack.Walls, removal.wall) || selftest.Check([]string{removal.wall}) != nil {
			t.Errorf("the wall %q is not known to attacks and self-test alike", removal.wall)
		}
	}
}

// One that reads tokens again at a signal ends too, and is not kept by that.
func TestMissingWallEndsADaemonWithTokens(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	c.Tokens = filepath.Join(t.TempDir(), "tokens")
	_, entry, err := token.Make("acme", []token.Scope{token.Compile}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Append(c.Tokens, entry); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := openAltered(t.Context(), c, boxtest.Log(t), func(o *box.OCI) { o.Policy.Without = box.Dumpable })
	if err != nil {
		t.Fatal(err)
	}
	d.reloadOn(make(chan os.Signal))
	var missing *selftest.MissingError
	if err := d.serve(t.Context(), l, nil); !errors.As(err, &missing) {
		t.Errorf("serve = %v, want a MissingError", err)
	}
	closed := make(chan error, 1)
	go func() { closed <- d.close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the daemon does not end")
	}
}
