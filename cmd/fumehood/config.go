package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"

	"github.com/fumehood/fumehood/internal/config"
)

const configHelp = `Usage: fumehood config [FLAGS]

Print the configuration that 'fumehood serve' with the same flags, environment
and file would use, as a file for --config.
`

func configCommand(_ context.Context, args []string, s streams) error {
	c := config.Default()
	flags := flag.NewFlagSet("config", flag.ContinueOnError)
	config.Register(flags, &c)
	flags.String("config", "", "YAML file with settings")
	err := parseFlags(flags, args, s, configHelp, func() error { return config.Parse(flags, args) })
	if err != nil {
		return err
	}
	for _, setting := range config.Settings(&c) {
		fmt.Fprintf(s.out, "%s # %s\n", config.Line(setting.Name, flags.Lookup(setting.Name).Value.String()), setting.Help)
	}
	if err := c.Validate(); err != nil {
		return usageError(err.Error(), "")
	}
	return nil
}

// version is set by make.
var version = "unknown"

func versionCommand(_ context.Context, _ []string, s streams) error {
	fmt.Fprintf(s.out, "fumehood %s, %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
