package bench

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fumehood/fumehood/internal/job"
)

// tally counts what becomes of shots. Those that were due before its window are
// the warm-up, and only counted where they end within it.
//
//	latencies, outcomes, statuses   of shots that were due in the window
//	rate, goodput                   of answers that came in the window
type tally struct {
	deck *deck

	mu         sync.Mutex
	from, to   time.Time
	rows       map[rowKey]*row
	sheds      *hdr.Histogram
	late       *hdr.Histogram
	gaveUp     *hdr.Histogram // how long those waited that were never sent
	statuses   map[string]int64
	sent       int64
	answered   int64
	good       int64
	cached     int64
	unsent     int64
	wrong      int64
	failures   []string
	last       time.Time
	lastAnswer time.Time
}

type rowKey struct {
	language string
	kind     Kind
	tenant   int
}

type row struct {
	latency  *hdr.Histogram
	outcomes map[job.Outcome]int64
}

// shownFailures is how many wrong answers are put in words.
const shownFailures = 10

func newTally(d *deck, from, to time.Time) *tally {
	return &tally{
		deck: d, from: from, to: to, rows: make(map[rowKey]*row),
		sheds: newHistogram(), late: newHistogram(), gaveUp: newHistogram(), statuses: make(map[string]int64),
	}
}

// done counts a shot that was due, sent and over at these times.
func (t *tally) done(s Shot, due, sent, over time.Time, a Answer, err error) {
	wrong := ""
	compiled := err == nil && a.Status == http.StatusOK
	if compiled {
		wrong = t.deck.judge(s, a)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if compiled && over.After(t.from) && !over.After(t.to) {
		t.answered++
		if wrong == "" && s.Kind != Attack {
			t.good++
		}
		t.lastAnswer = over
	}
	if due.Before(t.from) {
		return
	}
	t.sent++
	t.last = over
	record(t.late, sent.Sub(due))
	t.statuses[statusOf(a, err)]++
	if wrong != "" {
		t.fail(wrong)
	}
	took := over.Sub(due)
	switch {
	case err == nil && shed(a.Status):
		record(t.sheds, took)
		return
	case err == nil && !compiled:
		t.fail(string(a.Raw[:min(len(a.Raw), 300)]))
	case err != nil:
		t.fail(err.Error())
	}
	r := t.row(s)
	record(r.latency, took)
	if compiled {
		r.outcomes[a.Outcome]++
	}
	if a.Cached {
		t.cached++
	}
}

// givenUp counts a shot that was due and could not be sent in time. How long it
// has waited is the least that its latency would have been.
func (t *tally) givenUp(due, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if due.Before(t.from) {
		return
	}
	t.unsent++
	record(t.late, now.Sub(due))
	record(t.gaveUp, now.Sub(due))
}

// Precondition: mu held.
func (t *tally) fail(wrong string) {
	t.wrong++
	if len(t.failures) < shownFailures {
		t.failures = append(t.failures, wrong)
	}
}

// Precondition: mu held.
func (t *tally) row(s Shot) *row {
	key := rowKey{s.Language, s.Kind, s.Tenant}
	r, ok := t.rows[key]
	if !ok {
		r = &row{newHistogram(), make(map[job.Outcome]int64)}
		t.rows[key] = r
	}
	return r
}

// shed says whether a status tells the caller to come again later.
func shed(status int) bool {
	return status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
}

// What stands for a status where no answer came.
const (
	noTime       = "timeout"
	noConnection = "connection"
)

func statusOf(a Answer, err error) string {
	switch {
	case err == nil:
		return strconv.Itoa(a.Status)
	case errors.Is(err, context.DeadlineExceeded):
		return noTime
	case errors.Is(err, errNoResult):
		return "no result"
	default:
		return noConnection
	}
}
