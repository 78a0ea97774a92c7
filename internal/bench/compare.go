package bench

import (
	"fmt"
	"io"
	"strings"
)

// Compare writes two records side by side, with the second's figures as so many
// times the first's. It warns of what makes them hard to compare.
func Compare(w io.Writer, a, b *Record) error {
	fmt.Fprintf(w, "A  %s  %s  %s\nB  %s  %s  %s\n", a.Began.Format("2006-01-02 15:04:05"), a.Version, strings.Join(a.Command, " "),
		b.Began.Format("2006-01-02 15:04:05"), b.Version, strings.Join(b.Command, " "))
	if a.Machine.Model != b.Machine.Model || a.Machine.CPUs != b.Machine.CPUs || a.Machine.Kernel != b.Machine.Kernel {
		fmt.Fprintf(w, "warning: other machines: %d processors (%s, Linux %s) and %d (%s, Linux %s)\n",
			a.Machine.CPUs, a.Machine.Model, a.Machine.Kernel, b.Machine.CPUs, b.Machine.Model, b.Machine.Kernel)
	}
	if a.Machine.Load > float64(a.Machine.CPUs)/2 || b.Machine.Load > float64(b.Machine.CPUs)/2 {
		fmt.Fprintf(w, "warning: the machine was busy before: load %.1f and %.1f\n", a.Machine.Load, b.Machine.Load)
	}
	fmt.Fprintln(w)
	t := newTable(w)
	fmt.Fprintln(t, "\tA\tB\tB / A")
	for _, f := range figures {
		x, y := f.of(a.Report), f.of(b.Report)
		if x != 0 || y != 0 {
			fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%s\n", f.name, x, y, ratio(y, x))
		}
	}
	return t.Flush()
}

// figures are what is compared.
var figures = []struct {
	name string
	of   func(*Report) float64
}{
	{"results/s", func(r *Report) float64 { return r.Rate }},
	{"goodput/s", func(r *Report) float64 { return r.Goodput }},
	{"p50 ms", func(r *Report) float64 { return r.Latency.P50 }},
	{"p90 ms", func(r *Report) float64 { return r.Latency.P90 }},
	{"p99 ms", func(r *Report) float64 { return r.Latency.P99 }},
	{"p99.9 ms", func(r *Report) float64 { return r.Latency.P999 }},
	{"max ms", func(r *Report) float64 { return r.Latency.Max }},
	{"hits, p50 ms", func(r *Report) float64 { return r.Hits.P50 }},
	{"hits, p99 ms", func(r *Report) float64 { return r.Hits.P99 }},
	{"misses, p50 ms", func(r *Report) float64 { return r.Misses.P50 }},
	{"misses, p99 ms", func(r *Report) float64 { return r.Misses.P99 }},
	{"hostile, p99 ms", func(r *Report) float64 { return r.Hostile.P99 }},
	{"shed, p99 ms", func(r *Report) float64 { return r.Sheds.P99 }},
	{"shed", func(r *Report) float64 { return float64(r.Sheds.Count) }},
	{"wrong", func(r *Report) float64 { return float64(r.Wrong) }},
	{"unsent", func(r *Report) float64 { return float64(r.Unsent) }},
}

func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}
