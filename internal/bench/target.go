package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/internal/job"
)

// Target is what is asked to compile. Do blocks until the answer is there whole
// or ctx ends; it is called by many at once. An error means that no answer
// came. String is its name in reports.
type Target interface {
	Do(ctx context.Context, s Shot) (Answer, error)
	fmt.Stringer
}

// Answer is what came back.
type Answer struct {
	// Status is HTTP's, 200 where there is no HTTP.
	Status  int
	Outcome job.Outcome
	Output  string
	// Cached says that the daemon did not compile for it.
	Cached bool
	// Raw is the body, or as much of it as says what is wrong.
	Raw []byte
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// Server is a daemon, over HTTP. It keeps its connections.
type Server struct {
	url    string
	tokens []string
	http   *http.Client
}

var _ Target = (*Server)(nil)

// NewServer returns the daemon at a URL. Tokens are shown in turns, none if
// there are none. Connections is how many are kept open.
func NewServer(url string, tokens []string, connections int) *Server {
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	return &Server{url: strings.TrimRight(url, "/"), tokens: tokens, http: &http.Client{Transport: &transport{most: connections}}}
}

func (s *Server) String() string { return "fumehood" }

// request is the body of POST /v1/render, as far as it is sent.
type request struct {
	Language string `json:"language"`
	Source   string `json:"source"`
	Cache    string `json:"cache,omitempty"`
}

// result is what is read of its answer.
type result struct {
	Outcome job.Outcome `json:"outcome"`
	Output  string      `json:"output"`
	Cached  bool        `json:"cached"`
}

// Do is a POST /v1/render.
func (s *Server) Do(ctx context.Context, shot Shot) (Answer, error) {
	in := request{Language: shot.Language, Source: shot.Source}
	if shot.Bypass {
		in.Cache = "bypass"
	}
	body, err := json.Marshal(in)
	if err != nil {
		return Answer{}, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/render", bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	post.Header.Set("Content-Type", "application/json")
	s.authorize(post, shot.Tenant)
	a, err := exchange(s.http, post)
	if err != nil || a.Status != http.StatusOK {
		return a, err
	}
	var r result
	if err := json.Unmarshal(a.Raw, &r); err != nil {
		return a, fmt.Errorf("%w: %w", errNoResult, err)
	}
	a.Outcome, a.Output, a.Cached = r.Outcome, r.Output, r.Cached
	return a, nil
}

func (s *Server) authorize(r *http.Request, tenant int) {
	if len(s.tokens) > 0 {
		r.Header.Set("Authorization", "Bearer "+s.tokens[tenant%len(s.tokens)])
	}
}

func exchange(c *http.Client, r *http.Request) (Answer, error) {
	response, err := c.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer: %w", err)
	}
	return Answer{Status: response.StatusCode, Raw: raw}, nil
}

// jobsTimeout is how long a daemon may take to say it.
const jobsTimeout = 10 * time.Second

// Jobs is how many compiles the daemon's boxes have run, by GET /v1/boxes; it
// takes a token of the scope admin, if tokens are needed.
func (s *Server) Jobs(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, jobsTimeout)
	defer cancel()
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/boxes", http.NoBody)
	if err != nil {
		return 0, err
	}
	s.authorize(get, 0)
	a, err := exchange(s.http, get)
	if err != nil {
		return 0, err
	}
	var listed struct {
		Pools []struct {
			Jobs int64 `json:"jobs"`
		} `json:"pools"`
	}
	if a.Status != http.StatusOK {
		return 0, fmt.Errorf("GET /v1/boxes: status %d", a.Status)
	}
	if err := json.Unmarshal(a.Raw, &listed); err != nil {
		return 0, fmt.Errorf("GET /v1/boxes: %w", err)
	}
	var jobs int64
	for _, p := range listed.Pools {
		jobs += p.Jobs
	}
	return jobs, nil
}
