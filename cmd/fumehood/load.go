package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/fumehood/fumehood/internal/baseline"
	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/lang"
)

// run puts load on a daemon, its own unless one was named.
func (f *benchFlags) run(ctx context.Context, s streams) (err error) {
	languages, err := f.chosen()
	if err != nil {
		return err
	}
	if f.load.Sources, err = f.sources(languages); err != nil {
		return err
	}
	var tokens []string
	if f.token != "" {
		tokens = strings.Split(f.token, ",")
	}
	f.load.Harm, f.load.Tenants = bench.Harm(f.harm), len(tokens)
	if f.server == "" {
		d, err := f.ownDaemon(ctx, languages, s)
		if err != nil {
			return err
		}
		f.server, tokens, f.load.Tenants = d.URL(), nil, 0
		defer func() { err = errors.Join(err, d.Close()) }()
	}
	daemon := bench.NewServer(f.server, tokens, max(f.load.Clients, f.load.InFlight))
	record := bench.NewRecord("fumehood "+version, f.command())
	if err := f.measure(ctx, daemon, record, s); err != nil {
		return err
	}
	if err := f.keep(record, s); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // it was told of all the same
	}
	if n := record.Report.Wrong; n > 0 {
		return &failure{exitSourceError, fmt.Errorf("%d of %d answers are wrong: %s", n, record.Report.Sent, record.Report.Failures[0]), ""}
	}
	return nil
}

func (f *benchFlags) measure(ctx context.Context, daemon *bench.Server, record *bench.Record, s streams) error {
	// Nobody says how many compiles there were to whoever may not know.
	before, unknown := daemon.Jobs(ctx)
	show, clear := watch(s.err)
	report, err := bench.Run(ctx, daemon, f.load, show)
	clear()
	switch {
	case ctx.Err() != nil && report == nil:
		return ctx.Err()
	case err != nil:
		return unavailable(err, "is a daemon running there, with boxes for these languages?")
	}
	record.Report = report
	if f.beside != "" {
		if record.Beside, err = f.measureBeside(ctx, daemon, s); err != nil {
			return err
		}
	}
	// A run that was cut short is told of as well.
	if after, err := daemon.Jobs(context.WithoutCancel(ctx)); err == nil && unknown == nil {
		n := after - before
		record.Compiles = &n
	}
	return nil
}

// command is how the run was asked for, without what is secret.
func (f *benchFlags) command() []string {
	command := []string{"fumehood", "bench"}
	for i, arg := range f.args {
		name := strings.TrimLeft(arg, "-")
		switch {
		case strings.HasPrefix(name, "token="):
			arg = "--token=…"
		case i > 0 && strings.TrimLeft(f.args[i-1], "-") == "token":
			arg = "…"
		}
		command = append(command, arg)
	}
	return command
}

// keep prints the record, and writes it to a file if one was named.
func (f *benchFlags) keep(record *bench.Record, s streams) error {
	if f.out != "" {
		file, err := os.Create(f.out)
		if err != nil {
			return usageError(err.Error(), "")
		}
		if err := errors.Join(record.Write(file), file.Close()); err != nil {
			return err
		}
	}
	if f.asJSON {
		return record.Write(s.out)
	}
	return record.Print(s.out)
}

// watch shows progress, on one line where there is a terminal, which clear
// empties at the end.
func watch(w io.Writer) (show func(bench.Progress), clear func()) {
	end, clear := "\n", func() {}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		end, clear = "\033[K\r", func() { fmt.Fprint(w, "\033[K") }
	}
	return func(p bench.Progress) {
		what := "measuring"
		if p.WarmingUp {
			what = "warming up"
		}
		fmt.Fprintf(w, "%s %s of %s: %.0f/s, %d results, %d shed, %d wrong, %d unsent%s",
			what, p.Elapsed, p.Whole, p.PerSecond, p.Answered, p.Shed, p.Wrong, p.Unsent, end)
	}, clear
}

// kindsFor lists the kinds of box that languages need, as config.Boxes has them.
func kindsFor(languages []*lang.Language) string {
	var kinds []string
	for _, l := range languages {
		if !slices.Contains(kinds, l.Box) {
			kinds = append(kinds, l.Box)
		}
	}
	return strings.Join(kinds, ",")
}

// ownDaemon starts a daemon for this call, of the boxes that the languages
// need, on a port of its own.
func (f *benchFlags) ownDaemon(ctx context.Context, languages []*lang.Language, s streams) (*baseline.Daemon, error) {
	c := f.config
	c.Tokens, c.AdminListen, c.LogLevel = "", "", "error" // it is for this call alone
	if c.Boxes == "" {
		c.Boxes = kindsFor(languages)
	}
	address, err := baseline.FreeAddress()
	if err != nil {
		return nil, unavailable(err, "")
	}
	c.Listen = address
	fmt.Fprintf(s.err, "starting a daemon with the boxes %s\n", c.Boxes)
	d, err := baseline.StartDaemon(ctx, address, settingsAsFlags(c), s.err)
	if err != nil {
		return nil, unavailable(err, "its own words are above; or use a running daemon with --server")
	}
	return d, nil
}

// settingsAsFlags are the flags that give serve this configuration.
func settingsAsFlags(c config.Config) []string {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	config.Register(flags, &c)
	var args []string
	flags.VisitAll(func(f *flag.Flag) { args = append(args, "--"+f.Name+"="+f.Value.String()) })
	return args
}
