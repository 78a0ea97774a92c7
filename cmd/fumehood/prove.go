package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/term"

	attacks "github.com/fumehood/fumehood/corpus/attacks"
	"github.com/fumehood/fumehood/internal/attack"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/image"
)

const proveHelp = `Usage: fumehood prove [--class CLASS,...] [--case ID,...] [--soak N] [FLAGS]

Attack this installation: hostile source and hostile requests, through the
public API, and a look from outside at what each of them left. There is a line
for each case, saying what was tried, what should stop it, and what was seen.

Without --server a daemon is started for this call, with the settings given,
which needs root. With --server a daemon that runs is attacked; nobody else
should use it meanwhile. If it is on this host and this is root, its processes
are looked at too.

With --soak N that many requests are sent, several at once: attacks and
legitimate compiles whose answers are known. In between everything is counted
at rest - processes, threads, zombies, files, namespaces, mounts, cgroups,
memory - and must be as before. Canaries, of another tenant, measure what it
does to others.

  fumehood prove
  fumehood prove --class g-network,h-filesystem
  fumehood prove --case C-01 --json
  fumehood prove --server http://127.0.0.1:8080
  fumehood prove --soak 100000
`

func proveCommand(ctx context.Context, args []string, s streams) error {
	c := config.Default()
	flags := flag.NewFlagSet("prove", flag.ContinueOnError)
	config.Register(flags, &c)
	classes := flags.String("class", "", "classes of cases, separated by commas (default: all)")
	ids := flags.String("case", "", "cases, separated by commas: C-01, or C-01/erb (default: all)")
	serverURL := flags.String("server", "", "attack the daemon at this URL")
	bearer := flags.String("token", "", "token for that daemon, with the scopes compile and admin; better as FUMEHOOD_TOKEN in the environment")
	canary := flags.String("canary-token", "", "another tenant's token for that daemon, for the canaries of a soak; better as FUMEHOOD_CANARY_TOKEN")
	asJSON := flags.Bool("json", false, "print the result as JSON")
	soak := registerSoak(flags)
	err := parseFlags(flags, args, s, proveHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usageError(fmt.Sprintf("prove takes no argument %q", flags.Arg(0)), "run 'fumehood prove --help'")
	}
	if err := c.Validate(); err != nil {
		return usageError(err.Error(), "run 'fumehood prove --help'")
	}
	if err := soak.check(); err != nil {
		return err
	}
	cases, err := chooseCases(attacks.Files, *classes, *ids)
	if err != nil {
		return err
	}
	p := &proof{cases: cases, soak: soak, asJSON: *asJSON, streams: s}
	if *serverURL != "" {
		return p.run(ctx, attack.Options{URL: *serverURL, Token: *bearer, CanaryToken: *canary, Local: os.Geteuid() == 0, Intact: intact(c)})
	}
	return p.withDaemon(ctx, c)
}

// chooseCases returns the cases of the classes and ids, all for "".
func chooseCases(corpus fs.FS, classes, ids string) ([]*attack.Case, error) {
	all, err := attack.Load(corpus)
	if err != nil {
		return nil, err
	}
	wanted := func(list string, is func(word string, c *attack.Case) bool) error {
		if list == "" {
			return nil
		}
		words := strings.Split(list, ",")
		for _, word := range words {
			if !slices.ContainsFunc(all, func(c *attack.Case) bool { return is(word, c) }) {
				return usageError(fmt.Sprintf("no case is %q", word), "run 'fumehood prove' for all; classes and cases are those that it prints")
			}
		}
		all = slices.DeleteFunc(all, func(c *attack.Case) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return is(word, c) })
		})
		return nil
	}
	if err := wanted(classes, func(word string, c *attack.Case) bool { return c.Class == word }); err != nil {
		return nil, err
	}
	return all, wanted(ids, func(word string, c *attack.Case) bool { return c.ID == word || strings.HasPrefix(c.ID, word+"/") })
}

// proof is one run of 'fumehood prove'.
type proof struct {
	cases   []*attack.Case
	soak    *hostileSoak
	asJSON  bool
	streams streams
}

// withDaemon attacks a daemon of its own, on a port of its own.
func (p *proof) withDaemon(ctx context.Context, c config.Config) error {
	// Its port is for this call alone.
	c.Tokens = ""
	// No box may know what is in the daemon's environment.
	secret := rand.Text()
	if err := os.Setenv("FUMEHOOD_PROVE_SECRET", secret); err != nil {
		return err
	}
	defer os.Unsetenv("FUMEHOOD_PROVE_SECRET")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return unavailable(err, "")
	}
	defer l.Close()
	attacker, neighbour, err := p.soak.prepare(&c)
	if err != nil {
		return unavailable(err, "")
	}
	defer p.soak.tidy()
	fmt.Fprintln(p.streams.err, "starting a daemon to attack")
	d, err := open(ctx, c, slog.New(slog.NewTextHandler(p.streams.err, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.serve(serving, l, nil) }()
	if err = d.wait(ctx); err == nil {
		err = p.run(ctx, attack.Options{URL: "http://" + l.Addr().String(), Token: attacker, CanaryToken: neighbour, Local: true, Secret: secret, Intact: intact(c)})
	}
	stop()
	return errors.Join(err, <-ended, d.close())
}

func (p *proof) run(ctx context.Context, o attack.Options) error {
	r, err := attack.New(ctx, o)
	if errors.Is(err, attack.ErrUnavailable) {
		return unavailable(err, "is a daemon running there? without --server one is started")
	}
	if err != nil {
		return err
	}
	if p.soak.requests > 0 {
		return errors.Join(p.soak.run(ctx, r, p), r.Close())
	}
	began := time.Now()
	var verdicts []attack.Verdict
	for i, c := range p.cases {
		p.progress(i, c)
		v, err := r.Run(ctx, c)
		if err != nil {
			return errors.Join(err, r.Close())
		}
		verdicts = append(verdicts, v)
		p.line(v)
	}
	p.clear()
	finish := r.Finish()
	if err := errors.Join(p.print(verdicts, time.Since(began)), r.Close()); err != nil {
		return err
	}
	if finish != nil {
		return &failure{exitSourceError, finish, ""}
	}
	if n := count(verdicts, attack.Failed); n > 0 {
		return &failure{exitSourceError, fmt.Errorf("%d of %d attacks were not stopped as they should be", n, len(verdicts)), ""}
	}
	return nil
}

func count(verdicts []attack.Verdict, result attack.Result) int {
	n := 0
	for _, v := range verdicts {
		if v.Result == result {
			n++
		}
	}
	return n
}

const barWidth = 30

// progress draws a bar under the lines, on a terminal.
func (p *proof) progress(done int, c *attack.Case) {
	if !isTerminal(p.streams.err) {
		return
	}
	full := done * barWidth / len(p.cases)
	fmt.Fprintf(p.streams.err, "\r\x1b[K[%s%s] %d of %d  %s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), done, len(p.cases), c.ID)
}

func (p *proof) clear() {
	if isTerminal(p.streams.err) {
		fmt.Fprint(p.streams.err, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// intact reads the images of the data directory that this program's boxes run
// from.
func intact(c config.Config) func() error {
	return func() error {
		for _, name := range image.Names {
			recipe, err := image.LoadRecipe(name)
			if err != nil {
				return err
			}
			i, err := imageStore(c).Find(recipe)
			if errors.Is(err, image.ErrNotBuilt) {
				continue // the daemon that is attacked runs from others
			}
			if err != nil {
				return err
			}
			if err := i.Verify(); err != nil {
				return err
			}
		}
		return nil
	}
}

// line tells of one case; in JSON they come together at the end.
func (p *proof) line(v attack.Verdict) {
	if p.asJSON {
		return
	}
	p.clear()
	seen := v.Outcome
	if seen == "" {
		seen = fmt.Sprint("status ", v.Status)
	}
	fmt.Fprintf(p.streams.out, "%-7s  %-18s %s\n", v.Result, v.ID, strings.TrimSuffix(v.Title, "."))
	fmt.Fprintf(p.streams.out, "         %-18s by %s: %s in %.0f ms: %q\n", "", strings.Join(v.Walls, ", "), seen, v.Milliseconds, v.Seen)
	if v.Reason != "" {
		fmt.Fprintf(p.streams.out, "         %-18s %s\n", "", v.Reason)
	}
}

// class is a line of the table at the end.
type class struct {
	Class   string `json:"class"`
	Cases   int    `json:"cases"`
	Stopped int    `json:"stopped"`
	Failed  int    `json:"failed"`
	Skipped int    `json:"skipped"`
}

func byClass(verdicts []attack.Verdict) []class {
	var classes []class
	for _, v := range verdicts {
		if n := len(classes); n == 0 || classes[n-1].Class != v.Class {
			classes = append(classes, class{Class: v.Class})
		}
		last := &classes[len(classes)-1]
		last.Cases++
		switch v.Result {
		case attack.Stopped:
			last.Stopped++
		case attack.Failed:
			last.Failed++
		case attack.Skipped:
			last.Skipped++
		}
	}
	return classes
}

func (p *proof) print(verdicts []attack.Verdict, took time.Duration) error {
	if p.asJSON {
		text, err := json.Marshal(map[string]any{
			"cases": verdicts, "classes": byClass(verdicts), "seconds": took.Seconds(),
		}, json.Deterministic(true))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.streams.out, "%s\n", text)
		return err
	}
	fmt.Fprintln(p.streams.out)
	table := tabwriter.NewWriter(p.streams.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "CLASS\tCASES\tSTOPPED\tFAILED\tSKIPPED\t")
	for _, c := range byClass(verdicts) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", c.Class, c.Cases, c.Stopped, c.Failed, c.Skipped)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.streams.out, "\n%d cases in %s: %d stopped, %d failed, %d skipped\n", len(verdicts), took.Round(time.Second),
		count(verdicts, attack.Stopped), count(verdicts, attack.Failed), count(verdicts, attack.Skipped))
	return err
}
