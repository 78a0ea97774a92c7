package attack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Runner runs cases against one daemon, one case at a time: between two of
// them the daemon must come to rest, so nobody else may use it.
type Runner struct {
	api *api
	// neighbour is the same daemon for a caller of another tenant.
	neighbour *api
	listeners *listeners
	// local: the daemon is on this host, and its boxes can be looked at.
	local  bool
	secret string
	golden map[string]canary
	rest   view
	// known are all boxes that were ever seen.
	known  []string
	kernel *kernelLog
	// intact is Options.Intact, unchecked the number of cases since its last
	// call.
	intact    func() error
	unchecked int
}

// A canary is a language's own example and what it compiles to.
type canary struct{ source, output string }

// Options say what a Runner may look at.
type Options struct {
	// URL is where the daemon answers.
	URL string
	// Token is for a daemon that wants one; it has to have every scope.
	Token string
	// CanaryToken is another tenant's, for the canaries of a soak, which measure
	// what attacks do to others; empty for Token.
	CanaryToken string
	// Local says that its processes are on this host, and this is root.
	Local bool
	// Secret is a word that the daemon knows and no answer may hold; empty for
	// none.
	Secret string
	// Intact reads the images that boxes run from, and returns what of them is
	// no more as it was; nil for none. It is asked every checkEvery cases, and
	// by Finish.
	Intact func() error
}

// checkEvery is how many cases share one look at the images.
const checkEvery = 200

// maxIdle is more than the clients of a soak: each keeps its connection.
const maxIdle = 64

// ErrUnavailable: the daemon cannot be asked, or does not come to rest.
var ErrUnavailable = errors.New("the daemon cannot be attacked")

// New makes a Runner: it compiles every language's canary and looks at the
// boxes at rest. Close ends its listeners.
func New(ctx context.Context, o Options) (*Runner, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%w: %q is no URL such as http://127.0.0.1:8080", ErrUnavailable, o.URL)
	}
	r := &Runner{
		api: &api{base: base, token: o.Token, http: &http.Client{
			Timeout: answerTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: maxIdle},
		}},
		local: o.Local, secret: o.Secret, intact: o.Intact, golden: make(map[string]canary),
	}
	neighbour := *r.api
	if o.CanaryToken != "" {
		neighbour.token = o.CanaryToken
	}
	r.neighbour = &neighbour
	if r.intact == nil {
		r.intact = func() error { return nil }
	}
	// What this process opens for itself is there before the first look.
	if r.listeners, err = listen(); err != nil {
		return nil, err
	}
	if r.local {
		r.kernel = openKernelLog()
	}
	if err := r.learn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrUnavailable, err), r.Close())
	}
	return r, nil
}

// Finish looks at the images once more, behind the last case.
func (r *Runner) Finish() error { return r.intact() }

// Close ends the listeners.
func (r *Runner) Close() error { return errors.Join(r.listeners.close(), r.kernel.close()) }

func (r *Runner) learn(ctx context.Context) error {
	var languages struct {
		Languages []struct {
			ID      string `json:"id"`
			Ready   bool   `json:"ready"`
			Example string `json:"example"`
		} `json:"languages"`
	}
	if err := r.api.get(ctx, "/v1/languages", &languages); err != nil {
		return err
	}
	for _, l := range languages.Languages {
		if !l.Ready {
			continue
		}
		got, err := r.api.compile(ctx, request{Language: l.ID, Source: l.Example})
		if err != nil {
			return err
		}
		if got.Output == nil {
			return fmt.Errorf("the example of %s does not compile: %.300s", l.ID, got.raw)
		}
		r.golden[l.ID] = canary{l.Example, *got.Output}
	}
	return r.Rest(ctx)
}

// Rest takes how everything is now for how it has to be after each case. New
// has done so; whoever starts a second daemon in the same process does again.
func (r *Runner) Rest(ctx context.Context) error {
	var err error
	r.rest, err = r.settle(ctx)
	return err
}

// Run runs one case and judges it. The error is ctx's.
func (r *Runner) Run(ctx context.Context, c *Case) (Verdict, error) {
	v := Verdict{ID: c.ID, Class: c.Class, Title: c.Title, Walls: c.Walls}
	if _, ready := r.golden[c.Language]; c.Language != "" && !ready {
		v.Result, v.Reason = Skipped, "no box is up for "+c.Language
		return v, nil
	}
	if c.Arch != "" && c.Arch != runtime.GOARCH {
		v.Result, v.Reason = Skipped, "its system calls are those of "+c.Arch
		return v, nil
	}
	began := time.Now()
	called := r.listeners.calls.Load()
	complaints := r.attack(ctx, c, &v)
	complaints = append(complaints, r.aftermath(ctx, c)...)
	if n := r.listeners.calls.Load() - called; n > 0 {
		complaints = append(complaints, fmt.Sprintf("%d calls came out of the cell", n))
	}
	v.Milliseconds = float64(time.Since(began).Microseconds()) / 1000
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	v.Result, v.Reason = Stopped, strings.Join(complaints, "; ")
	if len(complaints) > 0 {
		v.Result = Failed
	}
	return v, nil
}

// attack does what the case says, and judges each answer.
func (r *Runner) attack(ctx context.Context, c *Case, v *Verdict) []string {
	var mu sync.Mutex
	var complaints []string
	seen := make(map[string]bool)
	var clients sync.WaitGroup
	turns := make(chan struct{}, c.Repeat)
	for range c.Repeat {
		turns <- struct{}{}
	}
	close(turns)
	for range c.Parallel {
		clients.Go(func() {
			for range turns {
				got, err := r.once(ctx, c)
				mu.Lock()
				if err != nil {
					complaints = append(complaints, err.Error())
				} else {
					v.see(got)
					complaints = append(complaints, c.judge(got, r.secret)...)
					if c.Differ && seen[got.output()] {
						complaints = append(complaints, fmt.Sprintf("two outputs are the same: %.200q", got.output()))
					}
					seen[got.output()] = true
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	slices.Sort(complaints)
	return slices.Compact(complaints)
}

func (r *Runner) once(ctx context.Context, c *Case) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if c.Request != "" {
		return r.api.send(ctx, r.listeners.names.Replace(c.Request))
	}
	in := request{
		Language: c.Language, Source: r.listeners.names.Replace(c.Source), Files: c.Files, Options: c.Options, Locals: c.Locals,
	}
	if c.WallMilliseconds > 0 {
		in.Limits = &limits{Wall: c.WallMilliseconds}
	}
	got, err := r.api.compile(ctx, in)
	if err != nil || c.Then == "" {
		return got, err
	}
	in.Source = r.listeners.names.Replace(c.Then)
	return r.api.compile(ctx, in)
}

// slack is what an answer may take beyond its wall time, on a busy machine.
const slack = 2 * time.Second

const defaultWall = 3 * time.Second

// judge tells what is wrong with an answer.
func (c *Case) judge(got *answer, secret string) []string {
	return c.judgeWithin(got, secret, slack)
}

// judgeWithin is judge with another slack.
func (c *Case) judgeWithin(got *answer, secret string, slack time.Duration) []string {
	var wrong []string
	switch {
	case !statusIs(got.status, cmp.Or(c.Status, "200")):
		wrong = append(wrong, fmt.Sprintf("status %d, want %s: %.200s", got.status, cmp.Or(c.Status, "200"), got.raw))
	case got.status != http.StatusOK:
		if c.Message != nil && !c.Message.Match(got.raw) {
			wrong = append(wrong, fmt.Sprintf("refused with %.200q, want %s", got.raw, c.Message))
		}
	case len(c.Outcomes) == 0: // it asks for no result
	case !slices.Contains(c.Outcomes, got.Outcome):
		wrong = append(wrong, fmt.Sprintf("outcome %s, want %s: %.200s", got.Outcome, strings.Join(c.Outcomes, " or "), got.output()+got.message()))
	case got.Outcome == "ok" && c.Output != nil && !c.Output.MatchString(strings.TrimSpace(got.output())):
		wrong = append(wrong, fmt.Sprintf("output %.200q, want %s", got.output(), c.Output))
	case got.Outcome != "ok" && c.Message != nil && !c.Message.MatchString(got.message()):
		wrong = append(wrong, fmt.Sprintf("message %.200q, want %s", got.message(), c.Message))
	}
	if c.Never != nil && c.Never.Match(got.raw) {
		wrong = append(wrong, fmt.Sprintf("the answer holds %s", c.Never))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		if line := strings.Join(got.header.Values(name), ", "); !c.Headers[name].MatchString(line) {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %s", name, line, c.Headers[name]))
		}
	}
	if secret != "" && got.holds(secret) {
		wrong = append(wrong, "the answer holds the daemon's secret")
	}
	wall := defaultWall
	if c.WallMilliseconds > 0 {
		wall = time.Duration(c.WallMilliseconds) * time.Millisecond
	}
	if got.took > wall+slack {
		wrong = append(wrong, fmt.Sprintf("answered after %v", got.took.Round(time.Millisecond)))
	}
	return wrong
}

// statusIs reports whether a status is "400", one of "4xx", or none but the end
// of the connection, "refused".
func statusIs(status int, want string) bool {
	if want == "refused" {
		return status == 0 || status >= 400
	}
	text := strconv.Itoa(status)
	return text == want || len(want) == 3 && strings.HasSuffix(want, "xx") && text[0] == want[0]
}

// aftermath tells what an attack has changed outside its cell: the next
// compile of the same language, and of another, must be what it always was.
func (r *Runner) aftermath(ctx context.Context, c *Case) []string {
	var wrong []string
	for language, canary := range r.golden {
		if language != c.Language && language != "haml" && language != "less" {
			continue
		}
		got, err := r.api.compile(ctx, request{Language: language, Source: canary.source})
		switch {
		case err != nil:
			wrong = append(wrong, err.Error())
		case got.output() != canary.output:
			wrong = append(wrong, fmt.Sprintf("the next compile of %s is another: %.200s", language, got.raw))
		}
	}
	change, err := r.rests(ctx)
	if err != nil {
		return append(wrong, err.Error())
	}
	if change != "" {
		wrong = append(wrong, change)
	}
	if r.unchecked++; r.unchecked == checkEvery {
		r.unchecked = 0
		if err := r.intact(); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return append(wrong, r.kernel.complaints()...)
}
