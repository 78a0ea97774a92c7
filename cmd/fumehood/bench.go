package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/lang"
)

const benchHelp = `Usage: fumehood bench [--server URL] [LOAD] [FLAGS]
       fumehood bench --beside NAME,... [LOAD] [FLAGS]
       fumehood bench --compare A.json B.json
       fumehood bench --soak-forks N [--box KIND,...] [FLAGS]

Put load on a daemon over HTTP, and print what became of it: results and correct
results a second, percentiles, outcomes, statuses, what was refused. Without
--server a daemon is started for this call, in a process of its own, with the
settings given and on a port of its own, which needs root. The run ends by
itself; Ctrl-C ends it early and prints what there is.

The load:
  --language    languages that take turns, first-tier, or all; each compiles its
                example (GET /v1/languages), or --source-file with one language
  --clients     a closed loop: so many clients, each asking again when answered
  --rate        an open loop: so many requests are due each second, and latency
                counts from when a request was due, not from when it was sent
  --hits        share of the requests that repeat a source answered before; the
                others have a comment of their own, so that no cache helps
  --hostile     share of endless loops and memory bombs, each of which must end
                as such sources must
  --same        every request is the same source, one that nobody sent before

What is counted: an answer is right if its outcome is the one that its source
must have and its output is that of the first answer to this source. Refusals
(503, 429) have their own row. In an open loop a request that finds --in-flight
others waits for room and is late; one that never gets any is "unsent", and its
wait is among the latencies.

Several tokens, separated by commas, are tenants that take turns. Put them into
FUMEHOOD_TOKEN. With the scope admin the report says how many compiles there
were.

With --beside the daemon and each baseline that this host has are measured in
turns, --turns times each, and their medians printed with the ratios. It takes
one language. The baselines:
  sinatra    Sinatra and Puma with the same Haml, warm, not sandboxed (haml)
  node       a plain HTTP server with the same engine, on the image's Node with
             its JIT on, not sandboxed (languages of Node)
  exec       the engine's command line, started anew for each compile
  docker     docker run --rm for each compile (haml)
  bare-ruby  two processes that fork, render, send through a pipe and wait (haml)
  bare-node  the box's own zygote in such a loop, without walls (languages of Node)
  static     an HTTP handler that writes the bytes of the daemon's answer
docs/BENCHMARKS.md says what exactly is compared. One that the host does not
have is skipped, with the reason; 'scripts/deps bench' and 'scripts/engines'
install what they need. They have no walls: a --source-file runs in them as it
is.

--compare prints two runs that were kept with --out side by side.

With --soak-forks fork a cell N times in each kind of box, with a real compile
in every one, and count what went wrong: a crash, a hang, an answer other than
the first. Each kind gets a daemon of its own, one after the other, that lives
for this call and takes root.

  fumehood bench --language haml --clients 8 --duration 20s --out after.json
  fumehood bench --server http://127.0.0.1:8080 --language first-tier --rate 17 \
    --hits 0.9 --hostile 0.01 --duration 10m
  fumehood bench --language haml --clients 1 --beside sinatra,exec
  fumehood bench --compare before.json after.json
  fumehood bench --soak-forks 20000 --box node-css

It ends with 1 if an answer was wrong.
`

// benchFlags are a bench as it was asked for.
type benchFlags struct {
	config config.Config
	args   []string

	server, token, languages, sourceFile string
	load                                 bench.Load
	harm, out, beside, engines           string
	turns                                int
	compare, static, asJSON              bool

	forks int
	kinds string
}

func benchCommand(ctx context.Context, args []string, s streams) error {
	f := &benchFlags{config: config.Default(), args: args}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	config.Register(flags, &f.config)
	flags.StringVar(&f.server, "server", "", "put load on the daemon at this URL")
	flags.StringVar(&f.token, "token", "", "token for that daemon, or several separated by commas; better as FUMEHOOD_TOKEN in the environment")
	flags.StringVar(&f.languages, "language", "haml", "languages, separated by commas; first-tier; all")
	flags.StringVar(&f.sourceFile, "source-file", "", "source to compile in place of the language's example")
	flags.IntVar(&f.load.Clients, "clients", 4, "requests at once")
	flags.Float64Var(&f.load.Rate, "rate", 0, "requests a second, in place of --clients")
	flags.IntVar(&f.load.InFlight, "in-flight", 1024, "with --rate: requests at once, at most")
	flags.DurationVar(&f.load.Duration, "duration", 10*time.Second, "how long to measure; with --beside each turn of each")
	flags.DurationVar(&f.load.WarmUp, "warm-up", 2*time.Second, "how long before that, not measured")
	flags.Int64Var(&f.load.Requests, "requests", 0, "end after so many requests, warm-up included (default: no bound)")
	flags.DurationVar(&f.load.Timeout, "answer-timeout", 30*time.Second, "how long to wait for an answer")
	flags.Float64Var(&f.load.Hits, "hits", 0, "share of repeated sources, 0 to 1")
	flags.Float64Var(&f.load.Hostile, "hostile", 0, "share of hostile sources, 0 to 1")
	flags.StringVar(&f.harm, "harm", string(bench.Both), "hostile sources: loops, bombs or both")
	flags.BoolVar(&f.load.Bypass, "bypass", false, "ask the daemon not to use its cache")
	flags.BoolVar(&f.load.Same, "same", false, "send the same new source in every request")
	flags.StringVar(&f.out, "out", "", "file to keep the run in, for --compare")
	flags.BoolVar(&f.compare, "compare", false, "print two runs side by side")
	flags.StringVar(&f.beside, "beside", "", "baselines to measure in turns, separated by commas")
	flags.IntVar(&f.turns, "turns", 3, "with --beside: turns of each")
	flags.StringVar(&f.engines, "engines", "bin/engines", "with --beside: where scripts/engines put npm's packages")
	flags.BoolVar(&f.static, "serve-static", false, "serve standard input's bytes to whoever asks, and print the address: the baseline static")
	flags.IntVar(&f.forks, "soak-forks", 0, "cells to fork in each kind of box")
	flags.StringVar(&f.kinds, "box", "", "with --soak-forks: kinds of box, separated by commas (default: all)")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON")
	err := parseFlags(flags, args, s, benchHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	if f.compare {
		return compareRuns(flags.Args(), s)
	}
	if flags.NArg() > 0 {
		return usageError(fmt.Sprintf("bench takes no argument %q", flags.Arg(0)), benchHint)
	}
	if err := f.config.Validate(); err != nil {
		return usageError(err.Error(), benchHint)
	}
	leaveProcessors()
	if f.load.Dense() {
		watchLess()
	}
	defer runtime.KeepAlive(ballast())
	switch err := f.check(); {
	case err != nil:
		return usageError(err.Error(), benchHint)
	case f.static:
		return serveStatic(ctx, s)
	case f.forks > 0:
		return f.forkSoak(ctx, s)
	}
	return f.run(ctx, s)
}

const benchHint = "run 'fumehood bench --help'"

// The most that a run may ask for, so that a slip of the hand ends.
const (
	mostClients  = 10_000
	mostRate     = 100_000
	mostDuration = 24 * time.Hour
	mostTurns    = 100
)

func (f *benchFlags) check() error {
	l := f.load
	within := func(name string, ok bool, must string) error {
		if ok {
			return nil
		}
		return fmt.Errorf("%s: must be %s", name, must)
	}
	_, unknown := f.baselines()
	return errors.Join(
		unknown,
		within("clients", l.Clients >= 1 && l.Clients <= mostClients, "from 1 to 10000"),
		within("in-flight", l.InFlight >= 1 && l.InFlight <= mostClients, "from 1 to 10000"),
		within("rate", l.Rate >= 0 && l.Rate <= mostRate, "from 0 to 100000 a second"),
		within("duration", l.Duration > 0 && l.Duration <= mostDuration, "more than 0 and at most 24h"),
		within("warm-up", l.WarmUp >= 0 && l.WarmUp <= mostDuration, "from 0 to 24h"),
		within("answer-timeout", l.Timeout > 0 && l.Timeout <= time.Hour, "more than 0 and at most 1h"),
		within("requests", l.Requests >= 0, "0 or more"),
		within("hits", l.Hits >= 0 && l.Hits <= 1, "from 0 to 1"),
		within("hostile", l.Hostile >= 0 && l.Hostile <= 1, "from 0 to 1"),
		within("harm", bench.Harm(f.harm).Valid(), "loops, bombs or both"),
		within("turns", f.turns >= 1 && f.turns <= mostTurns, "from 1 to 100"),
		within("soak-forks", f.forks >= 0, "0 or more"),
	)
}

// firstTier are the languages that docs/BENCHMARKS.md makes claims of.
var firstTier = []string{
	"haml", "slim", "pug", "markdown", "scss", "sass", "less", "stylus", "postcss", "coffeescript", "livescript", "typescript", "babel", "vue",
}

// chosen are the languages asked for.
func (f *benchFlags) chosen() ([]*lang.Language, error) {
	var names []string
	for name := range strings.SplitSeq(f.languages, ",") {
		switch name {
		case "first-tier":
			names = append(names, firstTier...)
		case "all":
			names = append(names, lang.IDs()...)
		default:
			names = append(names, name)
		}
	}
	var all []*lang.Language
	for _, name := range names {
		l, ok := lang.Find(name)
		if !ok {
			return nil, usageError(fmt.Sprintf("language: %q is not known", name), "there is: first-tier, all, "+strings.Join(lang.IDs(), ", "))
		}
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all, nil
}

func (f *benchFlags) sources(languages []*lang.Language) ([]bench.Source, error) {
	if f.sourceFile != "" {
		if len(languages) != 1 {
			return nil, usageError("source-file: takes one language", "name it with --language")
		}
		text, err := readInput(f.sourceFile, nil)
		if err != nil {
			return nil, usageError(err.Error(), "")
		}
		return []bench.Source{bench.SourceOf(languages[0], string(text))}, nil
	}
	var all []bench.Source
	for _, l := range languages {
		all = append(all, bench.ExampleOf(l))
	}
	return all, nil
}

func compareRuns(files []string, s streams) error {
	if len(files) != 2 {
		return usageError("bench --compare takes two files", "keep runs with --out")
	}
	var records [2]*bench.Record
	for i, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return usageError(err.Error(), "")
		}
		records[i], err = bench.ReadRecord(file)
		file.Close()
		if err != nil {
			return usageError(fmt.Sprintf("%s: %v", name, err), "keep runs with --out")
		}
	}
	return bench.Compare(s.out, records[0], records[1])
}
