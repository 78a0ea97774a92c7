package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/token"
)

const tokenHelp = `Usage: fumehood token TENANT [FLAGS]

Make a token for a tenant, and print it. It is shown this once: the daemon has
its hash only, in the file that 'fumehood serve --tokens' names. The second
line that is printed belongs into that file; with --tokens it is added there,
and a daemon that runs reads it at SIGHUP.

  fumehood token acme --tokens /etc/fumehood/tokens --expires 90d
  fumehood token ops --scope compile,admin
`

func tokenCommand(_ context.Context, args []string, s streams) error {
	flags := flag.NewFlagSet("token", flag.ContinueOnError)
	scope := flags.String("scope", string(token.Compile), "what it is good for: compile, admin or compile,admin")
	expires := flags.String("expires", "", "time after which it is void, such as 90d or 12h (default: never)")
	file := flags.String("tokens", "", "token file to add it to (default: print the line)")
	tenant := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		tenant, args = args[0], args[1:]
	}
	err := parseFlags(flags, args, s, tokenHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	rest := flags.Args()
	if tenant == "" && len(rest) > 0 {
		tenant, rest = rest[0], rest[1:]
	}
	if tenant == "" || len(rest) > 0 {
		return usageError("token takes one tenant", "run 'fumehood token --help'")
	}
	scopes, err := token.ParseScopes(*scope)
	if err != nil {
		return usageError("scope: "+err.Error(), "")
	}
	end, err := endOf(*expires, time.Now())
	if err != nil {
		return usageError(err.Error(), "")
	}
	text, entry, err := token.Make(tenant, scopes, end)
	if err != nil {
		return usageError(err.Error(), "")
	}
	if *file == "" {
		fmt.Fprintf(s.out, "%s\n%s\n", text, entry.Line())
		return nil
	}
	// Nobody gets a token that no file knows.
	if err := token.Append(*file, entry); err != nil {
		return usageError(err.Error(), "")
	}
	fmt.Fprintln(s.out, text)
	fmt.Fprintf(s.err, "added to %s as %s; 'kill -HUP' makes a daemon that runs read it\n", *file, entry.ID)
	return nil
}

const (
	day     = 24 * time.Hour
	maxDays = 36_500
)

// endOf is when a lifetime such as 90d is over, zero for "".
func endOf(lifetime string, now time.Time) (time.Time, error) {
	if lifetime == "" {
		return time.Time{}, nil
	}
	d, err := time.ParseDuration(lifetime)
	if days, ok := strings.CutSuffix(lifetime, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(max(n, 0), maxDays+1)) * day
	}
	if err != nil || d < time.Second || d > maxDays*day {
		return time.Time{}, fmt.Errorf("expires: %q is no time from 1s to %dd, such as 90d or 12h", lifetime, maxDays)
	}
	return now.Add(d), nil
}
