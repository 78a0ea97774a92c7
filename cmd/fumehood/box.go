package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/image"
)

const boxHelp = `Usage: fumehood box build [FLAGS] [KIND ...]
       fumehood box list [FLAGS]
       fumehood box lock [FLAGS] KIND

build  makes the images that this program was built for, where they are not
       there yet. It fetches Debian packages and needs mmdebstrap and cc.
list   shows the images there are: name, digest, engines, size, packages.
lock   asks Debian for the newest versions of a box's packages and prints them
       as its lock file.
`

func boxCommand(ctx context.Context, args []string, s streams) error {
	c := config.Default()
	flags := flag.NewFlagSet("box", flag.ContinueOnError)
	config.Register(flags, &c)
	mirror := flags.String("mirror", "", "Debian mirror to fetch from (default: mmdebstrap's)")
	if len(args) == 0 {
		return usageError("box needs one of: build, list, lock", "run 'fumehood box --help'")
	}
	verb, rest := args[0], args[1:]
	if strings.HasPrefix(verb, "-") {
		rest = args
	}
	err := parseFlags(flags, rest, s, boxHelp, func() error { return config.Parse(flags, rest) })
	if err != nil {
		return err
	}
	switch verb {
	case "build":
		return buildBoxes(ctx, s, c, *mirror, flags.Args())
	case "list":
		return listBoxes(s, c)
	case "lock":
		if flags.NArg() != 1 {
			return usageError("box lock takes one kind", "there is: "+strings.Join(image.Kinds, ", "))
		}
		return image.Lock(ctx, flags.Arg(0), *mirror, s.out)
	}
	return usageError(fmt.Sprintf("unknown box command %q", verb), "run 'fumehood box --help'")
}

func buildBoxes(ctx context.Context, s streams, c config.Config, mirror string, kinds []string) error {
	// A box's root is an unprivileged uid outside: images are for all to read.
	syscall.Umask(0o022)
	if len(kinds) == 0 {
		kinds = image.Kinds
	}
	for _, kind := range kinds {
		recipe, err := image.LoadRecipe(kind)
		if err != nil {
			return usageError(err.Error(), "")
		}
		if _, err := imageStore(c).Build(ctx, recipe, mirror, s.err); err != nil {
			return unavailable(err, "")
		}
	}
	return nil
}

func listBoxes(s streams, c config.Config) error {
	images, err := imageStore(c).List()
	if err != nil {
		return unavailable(err, "")
	}
	if len(images) == 0 {
		return unavailable(fmt.Errorf("no image in %s", imageStore(c).Dir), "build them with 'fumehood box build'")
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tDIGEST\tENGINES\tSIZE\tBUILT\tSTATE")
	for _, i := range images {
		state := "stale"
		if recipe, err := image.LoadRecipe(i.Kind); err == nil && i.MadeFrom(recipe) {
			state = "current"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%.1f MiB\t%s\t%s\n",
			i.Kind, i.Digest[:19], versions(i.Engines), float64(i.Size)/(1<<20), i.Built.Format("2006-01-02 15:04"), state)
	}
	return table.Flush()
}

func versions(engines map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(engines)) {
		all = append(all, name+"@"+engines[name])
	}
	return strings.Join(all, " ")
}
