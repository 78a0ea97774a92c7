package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// Mix says what is sent.
type Mix struct {
	// Sources take turns at random, each as often as the others.
	Sources []Source
	// Hostile is the share of hostile requests, Hits the share of the others
	// that repeat a source which was answered before. Both are from 0 to 1.
	Hostile, Hits float64
	Harm          Harm
	// Bypass asks the daemon to leave its cache alone.
	Bypass bool
	// Tenants is how many tokens take turns.
	Tenants int
}

// Kind is why a request is sent.
type Kind string

// The closed set of kinds.
const (
	Miss   Kind = "miss"    // nobody sent its source before
	Hit    Kind = "hit"     // its source was answered before
	Attack Kind = "hostile" // its source is hostile
)

var kinds = []Kind{Hit, Miss, Attack}

// Shot is one request.
type Shot struct {
	Kind             Kind
	Language, Source string
	Bypass           bool
	Tenant           int

	tag      string
	outcomes []job.Outcome
	from     *dealt // nil for hostile ones
}

// remembered is how many sources of each sort are there to be repeated.
const remembered = 64

// dealt is a Source in use.
type dealt struct {
	Source
	hostile []hostile
	// output is that of the first answer, without its tag.
	output string
	// answered are, by tenant, the tags of the last sources that were answered:
	// a cache keeps tenants apart.
	answered [][]string
}

// deck deals shots. It is safe for use by several.
type deck struct {
	mix  Mix
	tags *tags

	mu      sync.Mutex
	random  *rand.Rand
	sources []*dealt
	count   int
}

// seed makes two runs of the same load deal the same order of kinds.
const seed = 5

func newDeck(m Mix) (*deck, error) {
	d := &deck{mix: m, tags: newTags(), random: rand.New(rand.NewPCG(seed, seed))}
	for _, s := range m.Sources {
		d.sources = append(d.sources, &dealt{Source: s, hostile: hostilesOf(s.Language, m.Harm)})
	}
	if m.Hostile > 0 && !m.Harmful() {
		return nil, fmt.Errorf("none of these languages has hostile sources (%s)", m.Harm)
	}
	return d, nil
}

// prime asks the target for each source once in the name of each tenant, to
// have what all later answers must be like, and something to repeat. The warm-up
// begins after it.
func (d *deck) prime(ctx context.Context, t Target) error {
	for _, s := range d.sources {
		for tenant := range d.tenants() {
			// Whether it comes from a cache does not matter, and so neither
			// does what the mix says of that.
			shot := Shot{Kind: Miss, Language: s.Language, Tenant: tenant, tag: d.tags.tag()}
			shot.Source = s.With(shot.tag)
			a, err := askAgain(ctx, t, shot)
			switch {
			case err != nil:
				return fmt.Errorf("ask %s for %s: %w", t, s.Language, err)
			case a.Outcome != job.OK:
				return fmt.Errorf("%s does not compile the source in %s: status %d %s %.300s", t, s.Language, a.Status, a.Outcome, a.Raw)
			}
			s.output = plain(a.Output, shot.tag)
			s.answered = append(s.answered, []string{shot.tag})
		}
	}
	return nil
}

// askAgain asks until it is not told to come again later, or ctx ends.
func askAgain(ctx context.Context, t Target, s Shot) (Answer, error) {
	pause := time.NewTicker(shedPause)
	defer pause.Stop()
	for {
		a, err := t.Do(ctx, s)
		if err != nil || !shed(a.Status) {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, nil
		case <-pause.C:
		}
	}
}

// shedPause is how long whoever was told to come again waits.
const shedPause = 200 * time.Millisecond

func (d *deck) tenants() int { return max(d.mix.Tenants, 1) }

func (d *deck) deal() Shot {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sources[d.random.IntN(len(d.sources))]
	shot := Shot{Kind: Miss, Language: s.Language, Bypass: d.mix.Bypass, Tenant: d.count % d.tenants(), tag: d.tags.tag(), from: s}
	d.count++
	hostile, hit := d.random.Float64() < d.mix.Hostile, d.random.Float64() < d.mix.Hits
	switch {
	case hostile:
		for len(s.hostile) == 0 {
			s = d.sources[d.random.IntN(len(d.sources))]
		}
		h := s.hostile[d.random.IntN(len(s.hostile))]
		shot.Kind, shot.Language, shot.Source, shot.outcomes, shot.from = Attack, h.Language, h.With(shot.tag), h.outcomes, nil
		return shot
	case hit:
		before := s.answered[shot.Tenant]
		shot.Kind, shot.tag = Hit, before[d.random.IntN(len(before))]
	}
	shot.Source, shot.outcomes = s.With(shot.tag), []job.Outcome{job.OK}
	return shot
}

// judge says what is wrong with an answer to a shot, or "".
func (d *deck) judge(s Shot, a Answer) string {
	if !slices.Contains(s.outcomes, a.Outcome) {
		return fmt.Sprintf("%s (%s): %s %.200s", s.Language, s.Kind, a.Outcome, a.Raw)
	}
	if s.from == nil {
		return ""
	}
	if got := plain(a.Output, s.tag); got != s.from.output {
		return fmt.Sprintf("%s (%s): another output than the first: %.200q", s.Language, s.Kind, got)
	}
	if s.Kind == Miss {
		d.remember(s)
	}
	return ""
}

func (d *deck) remember(s Shot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := &s.from.answered[s.Tenant]
	if len(*before) < remembered {
		*before = append(*before, s.tag)
		return
	}
	(*before)[d.random.IntN(remembered)] = s.tag
}

// repeat makes every shot the same source, one that nobody has sent yet.
func (d *deck) repeat() {
	s := d.sources[0]
	d.sources, d.mix.Hits, d.mix.Hostile = d.sources[:1], 1, 0
	tag := d.tags.tag()
	for tenant := range s.answered {
		s.answered[tenant] = []string{tag}
	}
}
