package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/token"
)

const serveHelp = `Usage: fumehood serve [FLAGS]

Run the daemon. Every flag can be set in the environment too (--queue-timeout
is FUMEHOOD_QUEUE_TIMEOUT), or in the YAML file that --config names
(queue_timeout: 5s). Flags win over the environment, which wins over the file.

Without --tokens nobody needs a token, and the daemon listens on loopback only.
With it, SIGHUP makes it read the file again; 'fumehood token' makes tokens.
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
	if c.Tokens != "" && *check {
		if _, err := token.Open(c.Tokens); err != nil {
			return usageError(err.Error(), "")
		}
	}
	if *check {
		fmt.Fprintln(s.out, "configuration is valid")
		return nil
	}
	leaveProcessors()
	beServedFirst()
	watchLess()
	defer runtime.KeepAlive(ballast())
	return serveUntil(ctx, c, newLog(s, c.LogLevel))
}

// listen takes the port of a setting. What a name meant when the settings were
// checked it may not mean any more, so the address is looked at again.
func listen(c config.Config, name, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, unavailable(err, "is another daemon running? pick an address with --"+name)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); c.Tokens == "" && !c.InsecureNoAuth && (!ok || !tcp.IP.IsLoopback()) {
		l.Close()
		return nil, usageError(config.Unprotected(name, address, "has become no loopback address").Error(), "")
	}
	return l, nil
}

func serveUntil(ctx context.Context, c config.Config, log *slog.Logger) error {
	// Listening comes first: a second daemon on the port ends before it has
	// started anything.
	public, err := listen(c, "listen", c.Listen)
	if err != nil {
		return err
	}
	defer public.Close()
	var admin net.Listener
	if c.AdminListen != "" {
		if admin, err = listen(c, "admin-listen", c.AdminListen); err != nil {
			return err
		}
		defer admin.Close()
	}
	if c.InsecureNoAuth {
		log.Warn("INSECURE: whoever can reach this daemon can use it", "setting", "insecure-no-auth", "listen", public.Addr().String())
	}
	ctx, reload, stop := hangups(ctx, c)
	defer stop()
	d, err := open(ctx, c, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop before it was up
	}
	if err != nil {
		return err
	}
	d.reloadOn(reload)
	log.Info("listening", "listen", public.Addr().String())
	if admin != nil {
		log.Info("listening for admins", "admin_listen", admin.Addr().String())
	}
	err = d.serve(ctx, public, admin)
	return errors.Join(err, d.close())
}

// hangups says what a hang-up means: with tokens, that their file is to be read
// again; without, that the terminal is gone, unless nohup said that this is
// nothing to us.
func hangups(ctx context.Context, c config.Config) (context.Context, <-chan os.Signal, func()) {
	if c.Tokens != "" {
		reload := make(chan os.Signal, 1)
		signal.Notify(reload, syscall.SIGHUP)
		return ctx, reload, func() { signal.Stop(reload) }
	}
	if signal.Ignored(syscall.SIGHUP) {
		return ctx, nil, func() {}
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, nil, stop
}
