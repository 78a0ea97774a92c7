package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
)

// asProgram makes this test binary behave as fumehood itself, for tests that
// need a process to kill.
const asProgram = "FUMEHOOD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	status := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(status)
}

// testConfig is the default configuration on free ground. It has no cache, as
// tests count on a compile for each request: those of the cache ask for one.
func testConfig(t testing.TB, stateDir string) config.Config {
	t.Helper()
	c := config.Default()
	c.Boxes, c.CacheSize = "ruby", 0
	c.Listen, c.DataDir, c.StateDir, c.Runtime = "127.0.0.1:0", boxtest.DataDir, stateDir, boxtest.Runtime(t)
	return c
}

// serving is a daemon in this process, behind a real listener.
type serving struct {
	*daemon
	url  string
	stop func()
}

func startServing(c config.Config, t testing.TB) (*serving, error) {
	return startAltered(c, t, func(*box.OCI) {})
}

func startAltered(c config.Config, t testing.TB, alter func(*box.OCI)) (*serving, error) {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	opening, cancelOpening := context.WithTimeout(ctx, 2*time.Minute)
	defer cancelOpening()
	d, err := openAltered(opening, c, boxtest.Log(t), alter)
	if err == nil {
		if err = d.wait(opening); err != nil {
			err = errors.Join(err, d.close())
		}
	}
	if err != nil {
		cancel()
		l.Close()
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- d.serve(ctx, l, nil) }()
	return &serving{daemon: d, url: "http://" + l.Addr().String(), stop: sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			fmt.Fprintln(os.Stderr, "serve:", err)
		}
		if err := d.close(); err != nil {
			fmt.Fprintln(os.Stderr, "close:", err)
		}
	})}, nil
}

// startDaemon starts a daemon of the test's own.
func startDaemon(t testing.TB, tweak func(*config.Config)) *serving {
	t.Helper()
	c := testConfig(t, boxtest.StateDir(t))
	if tweak != nil {
		tweak(&c)
	}
	s, err := startServing(c, t)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

var shared struct {
	sync.Once
	*serving
	err  error
	stop func()
}

// sharedDaemon is one daemon for all tests that only compile.
func sharedDaemon(t testing.TB) *serving {
	t.Helper()
	boxtest.Runtime(t)
	shared.Do(func() {
		dir, err := os.MkdirTemp("/run", "fh-")
		if err != nil {
			shared.err = err
			return
		}
		c := testConfig(t, dir)
		c.Boxes, c.Parked = "", 2
		boxtest.Kinds(t)
		shared.serving, shared.err = startServing(c, quiet{t})
		shared.stop = func() {
			if shared.serving != nil {
				shared.serving.stop()
			}
			os.RemoveAll(dir)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.serving
}

// quiet lets a daemon outlive the test that started it.
type quiet struct{ testing.TB }

func (quiet) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// result is an answer of POST /v1/render.
type result struct {
	OK          bool   `json:"ok"`
	Outcome     string `json:"outcome"`
	Language    string `json:"language"`
	Engine      string `json:"engine"`
	Output      *string
	Diagnostics []struct {
		Severity  string
		Message   string
		Line      *int
		Column    *int
		EndLine   *int `json:"end_line"`
		EndColumn *int `json:"end_column"`
		Code      *string
		File      *string
		Frame     *string
	}
	SourceMap *string `json:"source_map"`
	Cached    bool
	Coalesced bool
	Key       string
	RequestID string `json:"request_id"`
	Receipt   map[string]any
}

func (r result) line() int {
	if len(r.Diagnostics) == 0 || r.Diagnostics[0].Line == nil {
		return 0
	}
	return *r.Diagnostics[0].Line
}

func (r result) message() string {
	if len(r.Diagnostics) == 0 {
		return ""
	}
	return r.Diagnostics[0].Message
}

func (r result) output() string {
	if r.Output == nil {
		return "<null>"
	}
	return *r.Output
}

// httpPost posts a body and returns the status and what came back.
func httpPost(t testing.TB, url, contentType string, body []byte) (*http.Response, []byte) {
	t.Helper()
	response, err := http.Post(url, contentType, bytes.NewReader(body))
	return readAnswer(t, response, err)
}

func readAnswer(t testing.TB, response *http.Response, err error) (*http.Response, []byte) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, text
}

// compile posts a render request that must be answered with 200. fields come
// on top of language and source.
func (s *serving) compile(t testing.TB, language, source string, fields map[string]any) result {
	t.Helper()
	request := map[string]any{"language": language, "source": source}
	for name, value := range fields {
		request[name] = value
	}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	response, text := httpPost(t, s.url+"/v1/render", "application/json", body)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("POST /v1/render = %d %s", response.StatusCode, text)
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return r
}

// errorOf reads the error shape of a 4xx or 5xx.
func errorOf(t testing.TB, body []byte) (code, field, message string) {
	t.Helper()
	var shape struct {
		Error struct {
			Code, Message string
			Field         *string
			RequestID     string `json:"request_id"`
		}
	}
	if err := json.Unmarshal(body, &shape); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if shape.Error.RequestID == "" {
		t.Errorf("no request id in %s", body)
	}
	if shape.Error.Field != nil {
		field = *shape.Error.Field
	}
	return shape.Error.Code, field, shape.Error.Message
}

func get(t testing.TB, url string) (*http.Response, []byte) {
	t.Helper()
	response, err := http.Get(url)
	return readAnswer(t, response, err)
}

// closeIdle drops the client's connections, which are descriptors and
// goroutines of this process too.
func closeIdle() { http.DefaultClient.CloseIdleConnections() }
