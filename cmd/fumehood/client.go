package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// client posts to a daemon: over the network, or straight to a handler.
type client struct {
	base string
	// token is sent along, if there is one.
	token string
	http  *http.Client
}

// An answer takes as long as a daemon may queue and compile; one that takes
// longer is broken.
const clientTimeout = 60 * time.Second

func newClient(base, token string) *client {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	return &client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Timeout: clientTimeout}}
}

// embeddedClient talks to a daemon in this process, through the same handler
// that serves the network, without a port that others could reach.
func embeddedClient(h http.Handler) *client {
	return &client{base: "http://embedded", http: &http.Client{Transport: handlerTransport{h}, Timeout: clientTimeout}}
}

type handlerTransport struct{ handler http.Handler }

func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answer{header: make(http.Header), status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()), Request: r, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// answer is an http.ResponseWriter in memory.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// A daemon's answer is bounded by its limits; this bounds a stranger's.
const maxAnswer = 1 << 30

// post sends a render request. A 4xx is a usage error, anything else that is
// not a result means that the daemon is unavailable.
func post(ctx context.Context, c *client, in cliRequest) (*cliResult, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, usageError("the source cannot be sent: it is not valid UTF-8", "")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1/render", bytes.NewReader(body))
	if err != nil {
		return nil, usageError(fmt.Sprintf("cannot ask %s: %v", c.base, err), "--server takes a URL such as http://127.0.0.1:8080")
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unavailable(err, "is the daemon running? start it with 'fumehood serve'")
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, unavailable(fmt.Errorf("read the daemon's answer: %w", err), "")
	}
	if response.StatusCode == http.StatusOK {
		return decodeResult(text)
	}
	return nil, refusal(response.StatusCode, text)
}

func refusal(status int, body []byte) error {
	var shape struct {
		Error struct {
			Message   string `json:"message"`
			RequestID string `json:"request_id"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &shape); err != nil || shape.Error.Message == "" {
		return unavailable(fmt.Errorf("the daemon answered %d and no result", status), "is that a Fumehood daemon?")
	}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return usageError(shape.Error.Message, "put a token into FUMEHOOD_TOKEN")
	}
	if status >= 400 && status < 500 {
		return &failure{code: exitUsage, err: errors.New(shape.Error.Message)}
	}
	return unavailable(errors.New(shape.Error.Message), "request id "+shape.Error.RequestID)
}
