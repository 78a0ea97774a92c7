package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Loop is a baseline that measures itself, as nothing can be asked of it from
// outside.
type Loop interface {
	// Run loops for so long and returns what it did in that time.
	Run(ctx context.Context, d time.Duration) (Turn, error)
	fmt.Stringer
}

// Turn is one measurement of a daemon or a baseline.
type Turn struct {
	// Rate is compiles a second; P50 and P99 are milliseconds.
	Rate, P50, P99 float64
}

// Row is a daemon or a baseline beside others: medians over its turns, and what
// the daemon's figures are of them.
type Row struct {
	Name string  `json:"name"`
	Rate float64 `json:"rate"`
	P50  float64 `json:"p50_ms"`
	P99  float64 `json:"p99_ms"`
	// RateRatio is the daemon's rate by this one's, P50Ratio the same of p50.
	RateRatio float64 `json:"rate_ratio"`
	P50Ratio  float64 `json:"p50_ratio"`
	// Skipped says why there are no figures.
	Skipped string `json:"skipped,omitempty"`
}

// Beside measures a daemon and baselines in turns, so that a slow minute of the
// machine is everybody's. It is filled before Run.
type Beside struct {
	Load   Load
	Turns  int
	Daemon Target
	// Targets take the same load as the daemon.
	Targets []Target
	Loops   []Loop
	// Watch is told who is measured next.
	Watch func(turn int, who string)
}

// Run returns a row for the daemon, then one for each baseline. When ctx ends
// the rows are of the turns that were over.
func (b *Beside) Run(ctx context.Context) ([]Row, error) {
	turns := make(map[string][]Turn)
	names := []string{b.Daemon.String()}
	targets := append([]Target{b.Daemon}, b.Targets...)
	for _, t := range b.Targets {
		names = append(names, t.String())
	}
	for _, l := range b.Loops {
		names = append(names, l.String())
	}
	took := func(name string, t Turn, err error) error {
		if err == nil && ctx.Err() == nil {
			turns[name] = append(turns[name], t)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("measure %s: %w", name, err)
		}
		return nil
	}
	for n := 1; n <= b.Turns && ctx.Err() == nil; n++ {
		for _, target := range targets {
			b.Watch(n, target.String())
			t, err := b.turn(ctx, target)
			if err := took(target.String(), t, err); err != nil {
				return nil, err
			}
		}
		for _, l := range b.Loops {
			b.Watch(n, l.String())
			t, err := l.Run(ctx, b.Load.Duration)
			if err := took(l.String(), t, err); err != nil {
				return nil, err
			}
		}
	}
	return rowsOf(names, turns), nil
}

func (b *Beside) turn(ctx context.Context, t Target) (Turn, error) {
	r, err := Run(ctx, t, b.Load, nil)
	if err != nil {
		return Turn{}, err
	}
	if r.Wrong > 0 {
		return Turn{}, fmt.Errorf("%d of %d answers are wrong: %s", r.Wrong, r.Sent, r.Failures[0])
	}
	return Turn{Rate: r.Goodput, P50: r.Latency.P50, P99: r.Latency.P99}, nil
}

// rowsOf makes rows of turns; the first name is the daemon's.
func rowsOf(names []string, turns map[string][]Turn) []Row {
	var rows []Row
	if len(turns[names[0]]) == 0 {
		return nil // nothing to be compared with
	}
	for _, name := range names {
		of := turns[name]
		if len(of) == 0 {
			continue
		}
		row := Row{
			Name: name,
			Rate: median(of, func(t Turn) float64 { return t.Rate }),
			P50:  median(of, func(t Turn) float64 { return t.P50 }),
			P99:  median(of, func(t Turn) float64 { return t.P99 }),
		}
		first := row
		if len(rows) > 0 {
			first = rows[0]
		}
		if row.Rate > 0 && row.P50 > 0 {
			row.RateRatio, row.P50Ratio = first.Rate/row.Rate, first.P50/row.P50
		}
		rows = append(rows, row)
	}
	return rows
}

func median(of []Turn, figure func(Turn) float64) float64 {
	var figures []float64
	for _, t := range of {
		figures = append(figures, figure(t))
	}
	slices.Sort(figures)
	n := len(figures)
	return (figures[(n-1)/2] + figures[n/2]) / 2
}

func printRows(w io.Writer, rows []Row) error {
	t := newTable(w)
	fmt.Fprintln(t, "BESIDE\tPER SECOND\tP50 MS\tP99 MS\tFUMEHOOD'S RATE\tFUMEHOOD'S P50")
	for _, r := range rows {
		if r.Skipped != "" {
			fmt.Fprintf(t, "%s\t-\t-\t-\tskipped: %s\n", r.Name, r.Skipped)
			continue
		}
		fmt.Fprintf(t, "%s\t%.1f\t%.2f\t%.2f\t%.2f times\t%.2f times\n", r.Name, r.Rate, r.P50, r.P99, r.RateRatio, r.P50Ratio)
	}
	return t.Flush()
}
