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

const boxHelp = `Usage: fumehood box build [FLAGS] [IMAGE ...]
       fumehood box list [FLAGS]
       fumehood box prune [FLAGS]
       fumehood box lock [FLAGS] IMAGE

build  makes the images that this program was built for, where they are not
       there yet. It fetches Debian and npm packages and needs mmdebstrap, npm
       and cc.
list   shows the images there are, and the boxes and engines in them.
prune  removes the images that this program does not start boxes from. Do not
       use it while a daemon of another version runs on them.
lock   asks Debian for the newest versions of an image's packages and prints
       them as its lock file.
`

func boxCommand(ctx context.Context, args []string, s streams) error {
	c := config.Default()
	flags := flag.NewFlagSet("box", flag.ContinueOnError)
	config.Register(flags, &c)
	mirror := flags.String("mirror", "", "Debian mirror to fetch from (default: mmdebstrap's)")
	if len(args) == 0 {
		return usageError("box needs one of: build, list, prune, lock", "run 'fumehood box --help'")
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
	case "prune":
		return pruneBoxes(s, c)
	case "lock":
		if flags.NArg() != 1 {
			return usageError("box lock takes one image", "there is: "+strings.Join(image.Names, ", "))
		}
		return image.Lock(ctx, flags.Arg(0), *mirror, s.out)
	}
	return usageError(fmt.Sprintf("unknown box command %q", verb), "run 'fumehood box --help'")
}

func buildBoxes(ctx context.Context, s streams, c config.Config, mirror string, names []string) error {
	// A box's root is an unprivileged uid outside: images are for all to read.
	syscall.Umask(0o022)
	if len(names) == 0 {
		names = image.Names
	}
	for _, name := range names {
		recipe, err := image.LoadRecipe(name)
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
	fmt.Fprintln(table, "IMAGE\tDIGEST\tSIZE\tBUILT\tSTATE")
	boxes := new(strings.Builder)
	for _, i := range images {
		state := "stale"
		if isCurrent(i) {
			state = "current"
			for _, b := range i.Boxes {
				fmt.Fprintf(boxes, "%s\t%s\n", b.Kind, versions(b))
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%.1f MiB\t%s\t%s\n",
			i.Name, i.Digest[:19], float64(i.Size)/(1<<20), i.Built.Format("2006-01-02 15:04"), state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(table, "\nBOX\tENGINES\n%s", boxes)
	return table.Flush()
}

// isCurrent reports whether this program would start its boxes from i.
func isCurrent(i *image.Image) bool {
	recipe, err := image.LoadRecipe(i.Name)
	return err == nil && i.MadeFrom(recipe)
}

// pruneBoxes removes the images that this program has no use for. The boxes of
// a running daemon of another version may be started from one of them.
func pruneBoxes(s streams, c config.Config) error {
	images, err := imageStore(c).List()
	if err != nil {
		return unavailable(err, "")
	}
	for _, i := range images {
		if isCurrent(i) {
			continue
		}
		if err := imageStore(c).Remove(i); err != nil {
			return unavailable(err, "")
		}
		fmt.Fprintf(s.out, "removed %s %s, %.1f MiB\n", i.Name, i.Digest[:19], float64(i.Size)/(1<<20))
	}
	return nil
}

func versions(b image.Box) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(b.Engines)) {
		for _, version := range b.Engines[name] {
			all = append(all, name+"@"+version)
		}
	}
	return strings.Join(all, " ")
}
