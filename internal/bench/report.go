package bench

import (
	"maps"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// Report is what became of a load.
type Report struct {
	Target string `json:"target"`
	// Seconds is how long was measured, after the warm-up.
	Seconds float64 `json:"seconds"`
	// Sent are the requests that were due in that time and were sent, Unsent
	// those that could not be, as too many were in flight.
	Sent   int64 `json:"sent"`
	Unsent int64 `json:"unsent"`
	// Rate is results a second, Goodput those that were as they should be, of
	// requests that are not hostile.
	Rate    float64 `json:"rate"`
	Goodput float64 `json:"goodput"`
	// Cached is how many results the daemon had at hand.
	Cached int64 `json:"cached"`
	// Wrong is how many answers were not what they must be: another outcome or
	// output, an error, none. Sheds are not wrong.
	Wrong    int64    `json:"wrong"`
	Failures []string `json:"failures"`

	Statuses map[string]int64      `json:"statuses"`
	Outcomes map[job.Outcome]int64 `json:"outcomes"`

	// Latency is of requests that are not hostile and were not shed. Those
	// without any answer are in it, and those that were never sent, with the
	// time they had waited.
	Latency Latency `json:"latency"`
	Hits    Latency `json:"hits"`
	Misses  Latency `json:"misses"`
	Hostile Latency `json:"hostile"`
	Sheds   Latency `json:"sheds"`
	// Late is how long requests waited in this program after they were due.
	Late Latency `json:"late"`
	// GeneratorCPU is the share of one processor that this program used, which
	// on the same machine the target could not.
	GeneratorCPU float64 `json:"generator_cpu"`

	Languages []LanguageRow `json:"languages"`
	Tenants   []TenantRow   `json:"tenants,omitempty"`
}

// LanguageRow is the part of a report on one language.
type LanguageRow struct {
	Language string                `json:"language"`
	Kind     Kind                  `json:"kind"`
	Outcomes map[job.Outcome]int64 `json:"outcomes"`
	Latency  Latency               `json:"latency"`
}

// TenantRow is the part of a report on the holder of one token, by its place in
// the list; a token is never shown.
type TenantRow struct {
	Tenant  int     `json:"tenant"`
	Latency Latency `json:"latency"`
}

// cutShort makes the window end when the last answer came.
func (t *tally) cutShort(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.lastAnswer.IsZero() {
		now = t.lastAnswer
	}
	if now.Before(t.to) {
		t.to = now
	}
}

func (r *running) report(used time.Duration) *Report {
	t := r.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	seconds := max(t.to.Sub(t.from).Seconds(), 1e-9)
	out := &Report{
		Target: r.target.String(), Seconds: seconds, Sent: t.sent, Unsent: t.unsent, Cached: t.cached,
		Rate: float64(t.answered) / seconds, Goodput: float64(t.good) / seconds,
		Wrong: t.wrong, Failures: t.failures, Statuses: t.statuses, Outcomes: make(map[job.Outcome]int64),
		Sheds: latencyOf(t.sheds), Late: latencyOf(t.late),
		GeneratorCPU: used.Seconds() / time.Since(r.start).Seconds(),
	}
	for _, row := range t.rows {
		add(out.Outcomes, row.outcomes)
	}
	out.Hits = latencyOf(t.merged(func(k rowKey) bool { return k.kind == Hit }))
	out.Misses = latencyOf(t.merged(func(k rowKey) bool { return k.kind == Miss }))
	out.Hostile = latencyOf(t.merged(func(k rowKey) bool { return k.kind == Attack }))
	ordinary := t.merged(func(k rowKey) bool { return k.kind != Attack })
	ordinary.Merge(t.gaveUp)
	out.Latency = latencyOf(ordinary)
	out.Languages = t.languages()
	for tenant := range r.load.Tenants {
		if r.load.Tenants > 1 {
			out.Tenants = append(out.Tenants, TenantRow{tenant + 1, latencyOf(t.merged(func(k rowKey) bool {
				return k.tenant == tenant && k.kind != Attack
			}))})
		}
	}
	return out
}

func add(to, from map[job.Outcome]int64) {
	for outcome, n := range from {
		to[outcome] += n
	}
}

// merged is the histogram of all rows that are wanted.
//
// Precondition: mu held.
func (t *tally) merged(wanted func(rowKey) bool) *hdr.Histogram {
	all := newHistogram()
	for key, row := range t.rows {
		if wanted(key) {
			all.Merge(row.latency)
		}
	}
	return all
}

// Precondition: mu held.
func (t *tally) languages() []LanguageRow {
	type pair struct {
		language string
		kind     Kind
	}
	byPair := make(map[pair]*LanguageRow)
	for key, row := range t.rows {
		p := pair{key.language, key.kind}
		if byPair[p] == nil {
			byPair[p] = &LanguageRow{Language: p.language, Kind: p.kind, Outcomes: make(map[job.Outcome]int64)}
		}
		add(byPair[p].Outcomes, row.outcomes)
	}
	rows := []LanguageRow{}
	for p, row := range byPair {
		row.Latency = latencyOf(t.merged(func(k rowKey) bool { return k.language == p.language && k.kind == p.kind }))
		row.Latency.Histogram = ""
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b LanguageRow) int {
		return slices.Compare(
			[]int{a.order(), slices.Index(kinds, a.Kind)},
			[]int{b.order(), slices.Index(kinds, b.Kind)})
	})
	return rows
}

// outcomesOf lists counts in a fixed order, those of 0 left out.
func outcomesOf(counts map[job.Outcome]int64) []job.Outcome {
	var out []job.Outcome
	for _, o := range slices.Concat(job.Outcomes, slices.Sorted(maps.Keys(counts))) {
		if counts[o] > 0 && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// order is the language's place in the table.
func (r LanguageRow) order() int { return slices.Index(lang.IDs(), r.Language) }
