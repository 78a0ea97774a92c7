package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"

	"github.com/fumehood/fumehood/internal/config"
)

const serveHelp = `Usage: fumehood serve [FLAGS]

Run the daemon. Every flag can be set in the environment too (--queue-timeout
is FUMEHOOD_QUEUE_TIMEOUT), or in the YAML file that --config names
(queue_timeout: 5s). Flags win over the environment, which wins over the file.
`

func serveCommand(ctx context.Context, args []string, s streams) error {
	c := config.Default()
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	config.Register(flags, &c)
	flags.String("config", "", "YAML file with settings")
	check := flags.Bool("check", false, "check the configuration and exit")
	err := parseFlags(flags, args, s, serveHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usageError(fmt.Sprintf("serve takes no argument %q", flags.Arg(0)), "")
	}
	if err := c.Validate(); err != nil {
		return usageError(err.Error(), "run 'fumehood serve --help'")
	}
	if *check {
		fmt.Fprintln(s.out, "configuration is valid")
		return nil
	}
	return serveUntil(ctx, c, newLog(s, c.LogLevel))
}

func serveUntil(ctx context.Context, c config.Config, log *slog.Logger) error {
	// Listening comes first: a second daemon on the port ends before it has
	// started anything.
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return unavailable(err, "is another daemon running? pick an address with --listen")
	}
	defer l.Close()
	d, err := open(ctx, c, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop before it was up
	}
	if err != nil {
		return err
	}
	log.Info("listening", "listen", l.Addr().String())
	err = d.serve(ctx, l)
	return errors.Join(err, d.close())
}

func newLog(s streams, level string) *slog.Logger {
	var l slog.Level
	// Validate has seen the level.
	_ = l.UnmarshalText([]byte(level))
	return slog.New(slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: l}))
}
