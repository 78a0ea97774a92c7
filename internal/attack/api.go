package attack

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// api is the daemon's public API, as any client would use it.
type api struct {
	base *url.URL
	// token is sent along, if there is one.
	token string
	http  *http.Client
}

const (
	// answerTimeout is longer than a daemon may queue and compile.
	answerTimeout = 30 * time.Second
	maxAnswer     = 64 << 20
)

type request struct {
	Language string            `json:"language"`
	Engine   string            `json:"engine,omitempty"`
	Source   string            `json:"source"`
	Files    map[string]string `json:"files,omitempty"`
	Options  jsontext.Value    `json:"options,omitempty"`
	Locals   jsontext.Value    `json:"locals,omitempty"`
	Limits   *limits           `json:"limits,omitempty"`
	// Cache is always bypass: an attack, and what comes after it, is to run.
	Cache string `json:"cache"`
}

type limits struct {
	Wall int `json:"wall_ms"`
}

// answer is what came back: a result, if status is 200.
type answer struct {
	status      int
	header      http.Header
	raw         []byte
	Outcome     string  `json:"outcome"`
	Output      *string `json:"output"`
	Diagnostics []struct {
		Message string `json:"message"`
	} `json:"diagnostics"`
	took time.Duration
}

func (a *answer) message() string {
	if len(a.Diagnostics) == 0 {
		return ""
	}
	return a.Diagnostics[0].Message
}

func (a *answer) output() string {
	if a.Output == nil {
		return ""
	}
	return *a.Output
}

// holds looks for a word in the body and in the header.
func (a *answer) holds(word string) bool {
	if bytes.Contains(a.raw, []byte(word)) {
		return true
	}
	for _, values := range a.header {
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, word) }) {
			return true
		}
	}
	return false
}

func (a *api) compile(ctx context.Context, in request) (*answer, error) {
	in.Cache = "bypass"
	body, err := json.Marshal(in, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base.JoinPath("/v1/render").String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "application/json")
	a.authorize(post)
	began := time.Now()
	response, err := a.http.Do(post)
	if err != nil {
		return nil, err
	}
	return read(response, began)
}

func (a *api) authorize(r *http.Request) {
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
}

func read(response *http.Response, began time.Time) (*answer, error) {
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	// Who is refused in the middle of sending may have the refusal cut off.
	if err != nil && !(response.StatusCode >= 400 && errors.Is(err, syscall.ECONNRESET)) {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	got := &answer{status: response.StatusCode, header: response.Header, raw: raw, took: time.Since(began)}
	if got.status == http.StatusOK {
		// A raw request may ask for what is no result.
		_ = json.Unmarshal(raw, got)
	}
	return got, nil
}

// send sends a raw request, line ends made those of HTTP, and reads the
// answer. {{host}} is the daemon's address, {{length}} that of the body.
func (a *api) send(ctx context.Context, raw string) (*answer, error) {
	head, body, _ := strings.Cut(raw, "\n\n")
	body = strings.TrimSuffix(body, "\n")
	head = strings.NewReplacer("{{host}}", a.base.Host, "{{length}}", fmt.Sprint(len(body))).Replace(head)
	if first, rest, ok := strings.Cut(head, "\n"); ok && a.token != "" {
		head = first + "\nAuthorization: Bearer " + a.token + "\n" + rest
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", a.base.Host)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	// A daemon that refuses early does not read the rest.
	_, sent := io.WriteString(c, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
		return &answer{raw: []byte("the connection was ended"), took: time.Since(began)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("no answer to the raw request: %w (sending: %v)", err, sent)
	}
	return read(response, began)
}

func (a *api) get(ctx context.Context, path string, into any) error {
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base.JoinPath(path).String(), http.NoBody)
	if err != nil {
		return err
	}
	a.authorize(get)
	response, err := a.http.Do(get)
	if err != nil {
		return err
	}
	got, err := read(response, time.Now())
	if err != nil {
		return err
	}
	if got.status != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", path, got.status)
	}
	return json.Unmarshal(got.raw, into)
}
