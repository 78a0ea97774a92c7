package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/corpus"
	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/token"
)

// hostileSoak is 'fumehood prove --soak'.
type hostileSoak struct {
	requests, parallel, canaries int
	hostile                      float64
	// tokens is the file of the two tenants' tokens, if there is one.
	tokens string
}

func registerSoak(flags *flag.FlagSet) *hostileSoak {
	h := &hostileSoak{}
	flags.IntVar(&h.requests, "soak", 0, "send that many requests, attacks and compiles mixed, instead of each case once")
	flags.IntVar(&h.parallel, "parallel", 8, "requests at once in a soak")
	flags.Float64Var(&h.hostile, "hostile", 0.34, "share of attacks in a soak")
	flags.IntVar(&h.canaries, "canaries", 500, "compiles that measure the quiet daemon before a soak")
	return h
}

func (h *hostileSoak) check() error {
	if h.requests < 0 || h.parallel < 1 || h.hostile <= 0 || h.hostile > 1 || h.canaries < 1 {
		return usageError("a soak takes 0 requests or more, 1 at once or more, a share of attacks above 0 and up to 1, 1 canary or more", "run 'fumehood prove --help'")
	}
	return nil
}

// prepare lets every box live as long as the soak: what leaks, leaks into the
// same one. The daemon gets two tenants, one who attacks and a neighbour, whose
// tokens are returned; tidy takes their file away.
func (h *hostileSoak) prepare(c *config.Config) (attacker, neighbour string, err error) {
	if h.requests == 0 {
		return "", "", nil
	}
	// What parks more cells takes more memory, and this is about what leaks.
	c.Parked, c.ParkedMin = 8, 8
	c.CellsPerBox, c.BoxLifetime, c.RetireInterval = max(3*h.requests, c.CellsPerBox), 24*time.Hour, 24*time.Hour
	file, err := os.CreateTemp("", "fumehood-tokens-")
	if err != nil {
		return "", "", err
	}
	h.tokens, c.Tokens = file.Name(), file.Name()
	if err := file.Close(); err != nil {
		return "", "", err
	}
	if attacker, err = addToken(h.tokens, "attacker", token.Compile, token.Admin); err != nil {
		return "", "", err
	}
	neighbour, err = addToken(h.tokens, "neighbour", token.Compile)
	return attacker, neighbour, err
}

func (h *hostileSoak) tidy() {
	if h.tokens != "" {
		os.Remove(h.tokens)
	}
}

func addToken(file, tenant string, scopes ...token.Scope) (string, error) {
	text, entry, err := token.Make(tenant, scopes, time.Time{})
	if err != nil {
		return "", err
	}
	return text, token.Append(file, entry)
}

func (h *hostileSoak) run(ctx context.Context, r *attack.Runner, p *proof) error {
	samples, err := attack.LoadSamples(corpus.Files)
	if err != nil {
		return err
	}
	soak, err := r.Soak(ctx, attack.SoakOptions{
		Requests: h.requests, Parallel: h.parallel, Hostile: h.hostile, Canaries: h.canaries,
		Cases: p.cases, Samples: samples,
		Progress: func(now attack.SoakProgress) {
			fmt.Fprintf(p.streams.err, "%s: %d of %d, %.0f/s, %s left, %d failed%s\n", now.Phase, now.Done, now.Requests, now.PerSecond,
				time.Duration(now.Remaining*float64(time.Second)).Round(time.Second), now.Failed, colon(now.Latest))
		},
	})
	if err != nil {
		return err
	}
	if err := printSoak(soak, p.asJSON, p.streams.out); err != nil {
		return err
	}
	if soak.Failed > 0 {
		return &failure{exitSourceError, fmt.Errorf("%d failures in %d requests", soak.Failed, soak.Requests), ""}
	}
	return nil
}

func printSoak(s *attack.Soak, asJSON bool, w io.Writer) error {
	if asJSON {
		text, err := json.Marshal(s, json.Deterministic(true))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	}
	fmt.Fprintf(w, "%d requests, %d at once, in %s: %.0f/s\n", s.Requests, s.Parallel, time.Duration(s.Seconds*float64(time.Second)).Round(time.Second), s.PerSecond)
	fmt.Fprintf(w, "%d attacks of %d kinds, %d compiles of %d sources\n", s.Hostile, s.Cases, s.Legitimate, s.Samples)
	fmt.Fprintf(w, "%d attacks ran out of their time beside others, which alone they do not\n\n", s.Late)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OUTCOME\tANSWERS")
	for _, outcome := range slices.Sorted(maps.Keys(s.Outcomes)) {
		fmt.Fprintf(table, "%s\t%d\n", outcome, s.Outcomes[outcome])
	}
	fmt.Fprintln(table, "\nCANARIES\tCOUNT\tP50\tP99\tP99 TO QUIET")
	for _, l := range []struct {
		name string
		attack.Latency
	}{{"quiet", s.Quiet}, {"beside compiles", s.Loaded}, {"beside attacks", s.Attacked}} {
		fmt.Fprintf(table, "%s\t%d\t%.2f ms\t%.2f ms\t%.1f\n", l.name, l.Count, l.P50, l.P99, l.P99/s.Quiet.P99)
	}
	fmt.Fprintln(table, "\nMEMORY\tFIRST THIRD\tLAST THIRD\tFLAT")
	for _, g := range s.Growth {
		fmt.Fprintf(table, "%s\t%d KiB\t%d KiB\t%t\n", g.What, g.First, g.Last, g.Flat)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\neverything was counted at %d rests; %d failures\n%s", s.Rests, s.Failed, lines(s.Failures))
	return err
}

func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func lines(all []string) string {
	var b strings.Builder
	for _, one := range all {
		fmt.Fprintln(&b, one)
	}
	return b.String()
}
