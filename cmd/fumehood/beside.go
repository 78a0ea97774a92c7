package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/internal/baseline"
	"github.com/fumehood/fumehood/internal/bench"
)

// baselines are the names asked for.
func (f *benchFlags) baselines() ([]string, error) {
	if f.beside == "" {
		return nil, nil
	}
	names := strings.Split(f.beside, ",")
	for _, name := range names {
		if !slices.Contains(baseline.Names, name) {
			return nil, fmt.Errorf("beside: no baseline is called %q (there is: %s)", name, strings.Join(baseline.Names, ", "))
		}
	}
	switch {
	case strings.Contains(f.languages, ",") || f.languages == "all" || f.languages == "first-tier":
		return nil, errors.New("beside: takes one language")
	case f.load.Hostile > 0 || f.load.Same:
		return nil, errors.New("beside: what has no walls is sent no hostile source; leave --hostile and --same out")
	case f.load.Rate > 0:
		return nil, errors.New("beside: takes --clients, not --rate: it compares what each can do")
	}
	return names, nil
}

// measureBeside measures the daemon and the baselines in turns.
func (f *benchFlags) measureBeside(ctx context.Context, daemon *bench.Server, s streams) ([]bench.Row, error) {
	source := f.load.Sources[0]
	answer, err := daemon.Do(ctx, bench.Shot{Language: source.Language, Source: source.With("bench")})
	if err != nil {
		return nil, unavailable(err, "")
	}
	names, err := f.baselines()
	if err != nil {
		return nil, err
	}
	set := &baseline.Set{}
	o := baseline.Options{
		Source: source, Store: imageStore(f.config), Engines: f.engines, Connections: f.load.Clients, Answer: answer.Raw, Said: s.err,
	}
	for _, name := range names {
		if err := set.Add(ctx, name, o); err != nil {
			return nil, unavailable(errors.Join(err, set.Close()), "leave it out of --beside")
		}
	}
	b := bench.Beside{
		Load: f.load, Turns: f.turns, Daemon: daemon, Targets: set.Targets, Loops: set.Loops,
		Watch: func(turn int, who string) { fmt.Fprintf(s.err, "turn %d of %d: %s\n", turn, f.turns, who) },
	}
	rows, err := b.Run(ctx)
	return append(rows, set.Skipped...), errors.Join(err, set.Close())
}
