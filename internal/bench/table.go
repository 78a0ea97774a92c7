package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/fumehood/fumehood/internal/job"
)

func newTable(w io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
}

// Print writes the record for people.
func (r *Record) Print(w io.Writer) error {
	m, p := r.Machine, r.Report
	fmt.Fprintf(w, "%s, %d processors (%s), Linux %s, load %.1f at the start\n", r.Version, m.CPUs, m.Model, m.Kernel, m.Load)
	fmt.Fprintf(w, "%.1f s measured: %d requests, %.1f results/s, goodput %.1f/s, %d wrong\n", p.Seconds, p.Sent, p.Rate, p.Goodput, p.Wrong)
	fmt.Fprintf(w, "outcomes: %s\nstatuses: %s\n", p.outcomes(), p.statuses())
	if r.Compiles != nil {
		fmt.Fprintf(w, "compiles: %d, warm-up included; %d results from the cache\n", *r.Compiles, p.Cached)
	}
	fmt.Fprintf(w, "this program used %.0f %% of a processor; requests left %.2f ms late (p99)", 100*p.GeneratorCPU, p.Late.P99)
	if p.Unsent > 0 {
		fmt.Fprintf(w, ", and %d NEVER", p.Unsent)
	}
	fmt.Fprint(w, "\n\n")
	if err := p.table(w); err != nil {
		return err
	}
	for _, f := range p.Failures {
		fmt.Fprintf(w, "wrong: %s\n", f)
	}
	if len(r.Beside) > 0 {
		fmt.Fprintln(w)
		return printRows(w, r.Beside)
	}
	return nil
}

func (p *Report) table(w io.Writer) error {
	t := newTable(w)
	fmt.Fprintln(t, "LATENCY IN MS\tCOUNT\tMIN\tMEAN\tP50\tP90\tP99\tP99.9\tMAX\tOUTCOMES")
	line := func(name string, l Latency, outcomes string) {
		if l.Count > 0 {
			fmt.Fprintf(t, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%s\n", name, l.Count, l.Min, l.Mean, l.P50, l.P90, l.P99, l.P999, l.Max, outcomes)
		}
	}
	line("all but hostile", p.Latency, "")
	line("  hits", p.Hits, "")
	line("  misses", p.Misses, "")
	line("hostile", p.Hostile, "")
	line("shed (429, 503)", p.Sheds, "")
	if len(p.Languages) > 1 {
		for _, l := range p.Languages {
			line(fmt.Sprintf("%s, %s", l.Language, l.Kind), l.Latency, counts(l.Outcomes))
		}
	}
	for _, tenant := range p.Tenants {
		line(fmt.Sprintf("tenant %d", tenant.Tenant), tenant.Latency, "")
	}
	return t.Flush()
}

func (p *Report) outcomes() string { return counts(p.Outcomes) }

func counts(of map[job.Outcome]int64) string {
	var words []string
	for _, o := range outcomesOf(of) {
		words = append(words, fmt.Sprintf("%s %d", o, of[o]))
	}
	return strings.Join(words, ", ")
}

func (p *Report) statuses() string {
	var words []string
	for _, status := range slices.Sorted(maps.Keys(p.Statuses)) {
		words = append(words, fmt.Sprintf("%s %d", status, p.Statuses[status]))
	}
	return strings.Join(words, ", ")
}
