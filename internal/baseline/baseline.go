package baseline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fumehood/fumehood/baselines"
	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/image"
	"github.com/fumehood/fumehood/internal/lang"
)

// Names lists the baselines there are.
var Names = []string{"sinatra", "node", "exec", "docker", "bare-ruby", "bare-node", "static"}

// Options are what baselines are started with.
type Options struct {
	// Source is what they compile.
	Source bench.Source
	// Store has the box images.
	Store image.Store
	// Engines is where npm's packages are, installed by scripts/engines.
	Engines string
	// Connections is how many of them are kept open.
	Connections int
	// Answer is an answer of the daemon, for static.
	Answer []byte
	// Said gets what the programs say.
	Said io.Writer
}

// Missing is a baseline that this host does not have.
type Missing struct {
	// Reason is what it lacks, Remedy what to do, if anything can be done.
	Reason, Remedy string
}

func (m *Missing) Error() string {
	if m.Remedy == "" {
		return m.Reason
	}
	return fmt.Sprintf("%s (run '%s')", m.Reason, m.Remedy)
}

func missing(reason, remedy string) error {
	return &Missing{reason, remedy}
}

// Set are baselines that are up. Its zero value is an empty set.
type Set struct {
	Targets []bench.Target
	Loops   []bench.Loop
	// Skipped are those that are not, with the reason.
	Skipped []bench.Row

	open []io.Closer
}

// Add starts a baseline of Names. One that this host does not have is skipped;
// an error is that of one which should have come up. ctx bounds the start.
func (s *Set) Add(ctx context.Context, name string, o Options) error {
	b, err := startNamed(ctx, name, o)
	var lacking *Missing
	switch {
	case errors.As(err, &lacking):
		s.Skipped = append(s.Skipped, bench.Row{Name: name, Skipped: lacking.Error()})
		return nil
	case err != nil:
		return fmt.Errorf("start %s: %w", name, err)
	}
	s.open = append(s.open, b)
	switch b := b.(type) {
	case bench.Target:
		s.Targets = append(s.Targets, b)
	case bench.Loop:
		s.Loops = append(s.Loops, b)
	}
	return nil
}

// Close ends all of them.
func (s *Set) Close() error {
	var all error
	for _, b := range s.open {
		all = errors.Join(all, b.Close())
	}
	return all
}

func startNamed(ctx context.Context, name string, o Options) (io.Closer, error) {
	switch name {
	case "sinatra":
		return startSinatra(ctx, o)
	case "node":
		return startNode(o)
	case "exec":
		return newExec(o)
	case "docker":
		return newDocker(ctx, o)
	case "bare-ruby":
		return newBareRuby(o)
	case "bare-node":
		return newBareNode(ctx, o)
	case "static":
		return startStatic(o)
	}
	return nil, fmt.Errorf("no baseline is called %q", name)
}

// boxImage is an image whose tree the baselines borrow.
type boxImage struct{ *image.Image }

func (o Options) image(name string) (boxImage, error) {
	recipe, err := image.LoadRecipe(name)
	if err != nil {
		return boxImage{}, err
	}
	i, err := o.Store.Find(recipe)
	if err != nil {
		return boxImage{}, missing(err.Error(), "fumehood box build")
	}
	return boxImage{i}, nil
}

// node is the image of Node, if the language is one of Node's.
func (o Options) node() (boxImage, error) {
	l, ok := lang.Find(o.Source.Language)
	if !ok || l.Box == "ruby" {
		return boxImage{}, missing("it is for languages of Node", "")
	}
	return o.image("node")
}

// binary is the image's Node. Outside of its tree it runs with the host's
// libraries, of which it needs no more than any Node.
func (i boxImage) binary() string {
	return filepath.Join(i.RootFS(), i.Command[0])
}

// zygoteOf is the program of the box that compiles a language, and the version
// of the engine that it has by default.
func (i boxImage) zygoteOf(language string) (version, main string, err error) {
	l, ok := lang.Find(language)
	if !ok {
		return "", "", fmt.Errorf("%q is not known", language)
	}
	for _, b := range i.Boxes {
		if b.Kind == l.Box && len(b.Engines[l.Engine]) > 0 {
			return b.Engines[l.Engine][0], b.Main, nil
		}
	}
	return "", "", missing("the node image has no box for "+language, "fumehood box build")
}

// writeOut writes a baseline's files into a new folder; in dir, if a folder is
// named, so that the packages beside it are found.
func writeOut(name, dir string) (string, error) {
	if dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
			return "", missing(err.Error(), "scripts/engines")
		}
	}
	made, err := os.MkdirTemp(dir, "bench-")
	if err != nil {
		return "", err
	}
	entries, err := baselines.Files.ReadDir(name)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(made))
	}
	for _, entry := range entries {
		text, err := baselines.Files.ReadFile(name + "/" + entry.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(made, entry.Name()), text, 0o600)
		}
		if err != nil {
			return "", errors.Join(err, os.RemoveAll(made))
		}
	}
	return made, nil
}
