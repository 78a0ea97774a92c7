package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/doctor"
)

const doctorHelp = `Usage: fumehood doctor [FLAGS]

Look at this host - kernel, runtime, namespaces, cgroups, Landlock, seccomp,
core dumps, swap, sysctls, processor, disk, clock - and say what is wrong with
it for boxes, with the remedy. Nothing is changed.

  PASS     as it should be
  CAUTION  a wall is thinner than it could be, boxes are slower, or it cannot
           be told
  FAIL     boxes do not start, or a known hole leads out of them

It ends with 0 if no check is FAIL, and with 1 if one is, or if one is CAUTION
and --strict is given.

  fumehood doctor
  fumehood doctor --strict --json
`

func doctorCommand(ctx context.Context, args []string, s streams) error {
	c := config.Default()
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	for _, setting := range config.Settings(&c) {
		if setting.Name == "data-dir" || setting.Name == "runtime" {
			config.RegisterOne(flags, setting)
		}
	}
	asJSON := flags.Bool("json", false, "print the checks as JSON")
	strict := flags.Bool("strict", false, "end with 1 for a CAUTION too")
	err := parseFlags(flags, args, s, doctorHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usageError("doctor takes no argument", "run 'fumehood doctor --help'")
	}
	dataDir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return err
	}
	checks := doctor.Examine(ctx, doctor.New(dataDir, c.Runtime))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	show := printChecks
	if *asJSON {
		show = printChecksJSON
	}
	if err := show(s.out, checks); err != nil {
		return err
	}
	return verdict(checks, *strict)
}

// verdict is nil if the host will do.
func verdict(checks []doctor.Check, strict bool) error {
	worst := doctor.Worst(checks)
	if worst == doctor.Pass || worst == doctor.Caution && !strict {
		return nil
	}
	return &failure{code: exitSourceError, err: fmt.Errorf("not every check passed: %s", summary(checks))}
}

func tally(checks []doctor.Check) map[doctor.Status]int {
	n := make(map[doctor.Status]int)
	for _, c := range checks {
		n[c.Status]++
	}
	return n
}

func summary(checks []doctor.Check) string {
	n := tally(checks)
	return fmt.Sprintf("%d checks, %d PASS, %d CAUTION, %d FAIL",
		len(checks), n[doctor.Pass], n[doctor.Caution], n[doctor.Fail])
}

// printChecks prints one line for each check, then what to do about those that
// did not pass, the worst first, and the sum.
func printChecks(w io.Writer, checks []doctor.Check) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STATUS\tCHECK\tFOUND")
	for _, c := range checks {
		fmt.Fprintf(table, "%s\t%s\t%s\n", word(c.Status), c.ID, oneLine(c.Found))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, status := range []doctor.Status{doctor.Fail, doctor.Caution} {
		for _, c := range checks {
			if c.Status == status {
				fmt.Fprintf(w, "\n%s %s\n  why:    %s\n  remedy: %s\n", word(status), c.ID, c.Why, oneLine(c.Remedy))
			}
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", summary(checks))
	return err
}

func word(s doctor.Status) string { return strings.ToUpper(string(s)) }

// oneLine keeps what a file or a runtime said from drawing on the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}

func printChecksJSON(w io.Writer, checks []doctor.Check) error {
	out := struct {
		Status doctor.Status         `json:"status"`
		Counts map[doctor.Status]int `json:"counts"`
		Checks []doctor.Check        `json:"checks"`
	}{doctor.Worst(checks), make(map[doctor.Status]int), checks}
	n := tally(checks)
	for _, s := range doctor.Statuses {
		out.Counts[s] = n[s]
	}
	text, err := json.Marshal(out, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}
