package attack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// SoakOptions say how a daemon is soaked.
type SoakOptions struct {
	// Requests are sent, Parallel at once; a share of them, Hostile, are
	// attacks.
	Requests, Parallel int
	Hostile            float64
	// Canaries is how many measure the quiet daemon.
	Canaries int
	Cases    []*Case
	Samples  []*Sample
	// Progress is told now and then how far it is.
	Progress func(SoakProgress)
}

// SoakProgress is how far a soak is.
type SoakProgress struct {
	Phase                string
	Done, Requests       int64
	Failed               int64
	PerSecond, Remaining float64
	// Latest is the last failure that was put in words.
	Latest string
}

// Soak is the report of one.
type Soak struct {
	Requests   int            `json:"requests"`
	Hostile    int            `json:"hostile"`
	Legitimate int            `json:"legitimate"`
	Parallel   int            `json:"parallel"`
	Cases      int            `json:"cases"`
	Samples    int            `json:"samples"`
	Seconds    float64        `json:"seconds"`
	PerSecond  float64        `json:"per_second"`
	Outcomes   map[string]int `json:"outcomes"`
	// Late attacks ran out of their time beside others, which alone they do
	// not: the wall timer stopped them.
	Late int `json:"late"`

	// Quiet is the latency before, Loaded beside legitimate requests only,
	// Attacked beside the soak itself.
	Quiet    Latency `json:"quiet"`
	Loaded   Latency `json:"loaded"`
	Attacked Latency `json:"attacked"`

	// Rests is how often everything was counted; Memory is of each time.
	Rests  int      `json:"rests"`
	Memory []Memory `json:"memory"`
	Growth []Growth `json:"growth"`

	// Failed counts wrong answers; Failures are the first few in words, with
	// whatever was not as before.
	Failed   int      `json:"failed"`
	Failures []string `json:"failures"`
}

const (
	// rests is how often a soak stops to count: thirds of it make a median.
	rests = 30
	// loadedShare of the requests are sent first without an attack among them.
	loadedShare = 10
	// soakWall is what an attack gets that is to run out of its time.
	soakWall = 200
	// quick is what a compile may take alone. One that takes longer may run out
	// of its 3 s beside others, by no fault of anybody.
	quick = 100 * time.Millisecond
	// soakSlack is for an answer that waits its turn among others' loops.
	soakSlack = 10 * time.Second
	// latePercent of the attacks may run out of their time beside others.
	latePercent   = 5
	shownFailures = 30
	progressEvery = 5 * time.Second
)

// soaking is a soak under way.
type soaking struct {
	r     *Runner
	o     SoakOptions
	cases []*Case
	done  atomic.Int64

	mu     sync.Mutex
	report *Soak
	// attacking says that the soak itself has begun.
	attacking bool
}

// Soak sends attacks and legitimate compiles at once, counts what is left at
// rests in between, and measures canaries. The error is ctx's, or that of what
// could not be looked at; what was wrong is in the report.
func (r *Runner) Soak(ctx context.Context, o SoakOptions) (*Soak, error) {
	s := &soaking{r: r, o: o, report: &Soak{Parallel: o.Parallel, Outcomes: make(map[string]int), Failures: []string{}}}
	s.chooseCases()
	if err := s.learnSamples(ctx); err != nil {
		return nil, err
	}
	if len(s.cases) == 0 || len(s.o.Samples) == 0 {
		return nil, errors.New("no case or no sample is left to soak with")
	}
	s.report.Cases, s.report.Samples = len(s.cases), len(s.o.Samples)

	quiet := &canaries{r: r}
	quiet.send(ctx, o.Canaries, nil)
	s.report.Quiet = s.told(quiet)

	stop := s.showProgress()
	defer stop()
	loaded := &canaries{r: r}
	loaded.beside(ctx, func() { s.batch(ctx, 0, o.Requests/loadedShare, 0) })
	s.report.Loaded = s.told(loaded)

	if err := s.attack(ctx); err != nil {
		return nil, err
	}
	return s.report, ctx.Err()
}

// chooseCases keeps those of one request, in an order that does not send all
// of a class at once, with the wall time that suits a soak.
func (s *soaking) chooseCases() {
	for _, c := range s.o.Cases {
		_, ready := s.r.golden[c.Language]
		if c.Repeat > 1 || c.Then != "" || c.Arch != "" && c.Arch != runtime.GOARCH || c.Language != "" && !ready {
			continue
		}
		one := *c
		one.WallMilliseconds = 0
		if slices.Contains(c.Outcomes, "timeout") {
			one.WallMilliseconds = soakWall
		}
		s.cases = append(s.cases, &one)
	}
	shuffle(s.cases)
}

// shuffle is the same each time.
func shuffle[T any](all []T) {
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
}

func (s *soaking) learnSamples(ctx context.Context) error {
	var ready []*Sample
	for _, sample := range s.o.Samples {
		if _, ok := s.r.golden[sample.request.Language]; !ok {
			continue
		}
		if err := sample.learn(ctx, s.r.api); err != nil {
			return err
		}
		if sample.alone <= quick {
			ready = append(ready, sample)
		}
	}
	shuffle(ready)
	s.o.Samples = ready
	return nil
}

// attack is the soak itself: a rest, and then as often a batch and a rest.
func (s *soaking) attack(ctx context.Context) error {
	if err := s.r.Rest(ctx); err != nil {
		return err
	}
	s.done.Store(0)
	attacked := &canaries{r: s.r}
	called := s.r.listeners.calls.Load()
	s.mu.Lock()
	s.attacking = true
	s.mu.Unlock()
	began := time.Now()
	for i := range rests {
		from, to := s.o.Requests*i/rests, s.o.Requests*(i+1)/rests
		attacked.beside(ctx, func() { s.batch(ctx, from, to, s.o.Hostile) })
		if err := s.rest(ctx, to); err != nil {
			return err
		}
	}
	s.report.Seconds = time.Since(began).Seconds()
	s.report.PerSecond = float64(s.o.Requests) / s.report.Seconds
	s.report.Requests = s.o.Requests
	s.report.Attacked = s.told(attacked)
	s.report.Growth = growth(s.report.Memory)
	if s.report.Late*100 > s.report.Hostile*latePercent {
		s.fail(fmt.Sprintf("%d of %d attacks ran out of their time, which alone they do not", s.report.Late, s.report.Hostile))
	}
	for _, g := range s.report.Growth {
		if !g.Flat {
			s.fail(g.String())
		}
	}
	if n := s.r.listeners.calls.Load() - called; n > 0 {
		s.fail(fmt.Sprintf("%d calls came out of the cells", n))
	}
	if err := s.r.intact(); err != nil {
		s.fail(err.Error())
	}
	return nil
}

// rest waits until everything is as it was before the first attack.
func (s *soaking) rest(ctx context.Context, sent int) error {
	change, err := s.r.rests(ctx)
	if err != nil {
		return err
	}
	for _, wrong := range append(s.r.kernel.complaints(), change) {
		if wrong != "" {
			s.fail(fmt.Sprintf("after %d requests: %s", sent, wrong))
		}
	}
	s.report.Rests++
	if s.r.local {
		s.report.Memory = append(s.report.Memory, lookAtMemory(s.r.rest))
	}
	return nil
}

// batch sends the requests from one number to another, a share of them
// attacks.
func (s *soaking) batch(ctx context.Context, from, to int, hostile float64) {
	next := atomic.Int64{}
	next.Store(int64(from))
	var clients sync.WaitGroup
	for range s.o.Parallel {
		clients.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= to {
					return
				}
				attacks := int(float64(i) * hostile)
				if int(float64(i+1)*hostile) > attacks {
					s.send(ctx, s.cases[attacks%len(s.cases)])
				} else {
					s.compile(ctx, s.o.Samples[(i-attacks)%len(s.o.Samples)])
				}
				s.done.Add(1)
			}
		})
	}
	clients.Wait()
}

// send sends an attack, and judges its answer by the case's own rules.
func (s *soaking) send(ctx context.Context, c *Case) {
	got, err := s.r.once(ctx, c)
	if ctx.Err() != nil {
		return
	}
	var wrong []string
	if err != nil {
		wrong = append(wrong, err.Error())
	} else if wrong = c.judgeWithin(got, s.r.secret, soakSlack); got.Outcome == "timeout" && !slices.Contains(c.Outcomes, "timeout") {
		wrong = s.late(got)
	}
	s.judged(&s.report.Hostile, c.ID, got, wrong)
}

// late counts an attack that ran out of its time beside others.
func (s *soaking) late(got *answer) (wrong []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attacking {
		s.report.Late++
	}
	if got.took > defaultWall+soakSlack {
		wrong = append(wrong, fmt.Sprintf("answered after %v", got.took.Round(time.Millisecond)))
	}
	return wrong
}

func (s *soaking) compile(ctx context.Context, sample *Sample) {
	got, err := s.r.api.compile(ctx, sample.request)
	if ctx.Err() != nil {
		return
	}
	var wrong []string
	if err != nil {
		wrong = append(wrong, err.Error())
	} else {
		wrong = sample.judge(got)
	}
	s.judged(&s.report.Legitimate, sample.ID, got, wrong)
}

// judged counts an answer, and what is wrong with it.
func (s *soaking) judged(count *int, id string, got *answer, wrong []string) {
	for _, w := range wrong {
		s.fail(id + ": " + w)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.attacking {
		return
	}
	*count++
	switch {
	case got == nil:
		s.report.Outcomes["no answer"]++
	case got.Outcome == "":
		s.report.Outcomes[fmt.Sprintf("status %dxx", got.status/100)]++
	default:
		s.report.Outcomes[got.Outcome]++
	}
}

func (s *soaking) fail(wrong string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Failed++
	if len(s.report.Failures) < shownFailures {
		s.report.Failures = append(s.report.Failures, wrong)
	}
}

func (s *soaking) told(c *canaries) Latency {
	for _, wrong := range c.wrong {
		s.fail(wrong)
	}
	return c.latency()
}
