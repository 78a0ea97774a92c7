package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/image"
	"github.com/fumehood/fumehood/internal/lang"
)

// forkSoak is 'fumehood bench --soak-forks'.
func (f *benchFlags) forkSoak(ctx context.Context, s streams) error {
	c := f.config
	c.Tokens = "" // its daemons are for this call alone
	chosen := image.Kinds()
	if f.kinds != "" {
		chosen = strings.Split(f.kinds, ",")
	}
	var soaks []*soak
	for _, kind := range chosen {
		k := &soak{Box: kind, Forks: f.forks, clients: f.load.Clients}
		if err := k.run(ctx, c, s); err != nil {
			return err
		}
		soaks = append(soaks, k)
	}
	if err := printSoaks(soaks, f.asJSON, s.out); err != nil {
		return err
	}
	for _, k := range soaks {
		if k.Failed > 0 {
			return &failure{code: exitSourceError, err: fmt.Errorf("%d of %d cells of box %s failed", k.Failed, k.Forks, k.Box)}
		}
	}
	return nil
}

// soak is one kind of box put to the test.
type soak struct {
	Box     string `json:"box"`
	Forks   int    `json:"forks"`
	Failed  int    `json:"failed"`
	Restart int    `json:"box_restarts"`
	// Failures are the first few, in words.
	Failures  []string `json:"failures"`
	Languages []string `json:"languages"`
	Seconds   float64  `json:"seconds"`
	PerSecond float64  `json:"per_second"`
	P50       float64  `json:"compile_p50_ms"`
	P99       float64  `json:"compile_p99_ms"`

	clients int
	mu      sync.Mutex
	times   []float64
}

// shownFailures is how many failures are put in words.
const shownFailures = 10

func (k *soak) run(ctx context.Context, c config.Config, s streams) error {
	// Every request shall be a fork.
	c.Boxes, c.CacheSize = k.Box, 0
	// Every fork shall be of one zygote, as long as it lives.
	c.CellsPerBox, c.BoxLifetime = max(2*k.Forks, c.CellsPerBox), 24*time.Hour
	d, err := open(ctx, c, slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	if err = d.wait(ctx); err == nil {
		err = k.fork(ctx, d, s.err)
	}
	return errors.Join(err, d.close())
}

func (k *soak) fork(ctx context.Context, d *daemon, progress io.Writer) error {
	jobs, err := soakJobs(ctx, k.Box, d.server.Handler())
	if err != nil {
		return err
	}
	for _, j := range jobs {
		k.Languages = append(k.Languages, j.request.Language)
	}
	first := d.pools[0].Stats().Boxes[0].ID
	start := time.Now()
	var begun, done atomic.Int64
	var workers sync.WaitGroup
	for range k.clients {
		workers.Go(func() {
			for ctx.Err() == nil {
				n := begun.Add(1)
				if n > int64(k.Forks) {
					return
				}
				k.count(jobs[int(n)%len(jobs)].compile(ctx, d.server.Handler()))
				done.Add(1)
			}
		})
	}
	stop := showProgress(progress, k, &done)
	workers.Wait()
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if boxes := d.pools[0].Stats().Boxes; len(boxes) != 1 || boxes[0].ID != first {
		k.Restart++
		k.Failed++
		k.Failures = append(k.Failures, "the box was replaced")
	}
	k.Seconds = time.Since(start).Seconds()
	k.PerSecond = float64(k.Forks) / k.Seconds
	slices.Sort(k.times)
	if n := len(k.times); n > 0 {
		k.P50, k.P99 = k.times[n/2], k.times[n*99/100]
	}
	return nil
}

func (k *soak) count(milliseconds float64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.times = append(k.times, milliseconds)
		return
	}
	k.Failed++
	if len(k.Failures) < shownFailures {
		k.Failures = append(k.Failures, err.Error())
	}
}

func showProgress(w io.Writer, k *soak, done *atomic.Int64) (stop func()) {
	ended := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				k.mu.Lock()
				failed := k.Failed
				k.mu.Unlock()
				fmt.Fprintf(w, "box %s  %d of %d forks, %d failed\n", k.Box, done.Load(), k.Forks, failed)
			}
		}
	})
	return func() {
		close(ended)
		shown.Wait()
	}
}

// soakJob is a language's example with the answer that every cell must give.
type soakJob struct {
	request cliRequest
	want    string
}

func soakJobs(ctx context.Context, kind string, h http.Handler) ([]*soakJob, error) {
	var jobs []*soakJob
	for _, l := range lang.Table {
		if l.Box != kind {
			continue
		}
		j := &soakJob{request: cliRequest{Language: l.ID, Source: l.Example()}}
		result, err := post(ctx, embeddedClient(h), j.request)
		if err != nil {
			return nil, err
		}
		if !result.OK {
			return nil, fmt.Errorf("the example of %s does not compile: %s", l.ID, result.raw)
		}
		j.want = *result.Output
		jobs = append(jobs, j)
	}
	if len(jobs) == 0 {
		return nil, usageError(fmt.Sprintf("box %s has no language", kind), "")
	}
	return jobs, nil
}

func (j *soakJob) compile(ctx context.Context, h http.Handler) (milliseconds float64, err error) {
	result, err := post(ctx, embeddedClient(h), j.request)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", j.request.Language, err)
	}
	var receipt struct {
		Receipt struct {
			CompileMS float64 `json:"compile_ms"`
		} `json:"receipt"`
	}
	switch {
	case !result.OK:
		return 0, fmt.Errorf("%s: %s", j.request.Language, result.raw)
	case *result.Output != j.want:
		return 0, fmt.Errorf("%s: another answer than the first: %.200q", j.request.Language, *result.Output)
	}
	err = json.Unmarshal(result.raw, &receipt)
	return receipt.Receipt.CompileMS, err
}

func printSoaks(soaks []*soak, asJSON bool, w io.Writer) error {
	if asJSON {
		text, err := json.Marshal(map[string]any{"soaks": soaks}, json.Deterministic(true))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "BOX\tFORKS\tFAILED\tPER SECOND\tCOMPILE P50\tP99\tLANGUAGES")
	for _, k := range soaks {
		fmt.Fprintf(table, "%s\t%d\t%d\t%.0f\t%.2f ms\t%.2f ms\t%s\n",
			k.Box, k.Forks, k.Failed, k.PerSecond, k.P50, k.P99, strings.Join(k.Languages, " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, k := range soaks {
		for _, f := range k.Failures {
			fmt.Fprintf(w, "%s: %s\n", k.Box, f)
		}
	}
	return nil
}
