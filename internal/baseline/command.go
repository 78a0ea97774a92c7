package baseline

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/job"
)

// command is a program that is started anew for each compile: the source goes
// in, what it prints comes out.
type command struct {
	name string
	args []string
	env  []string
}

var _ bench.Target = (*command)(nil)

func (c *command) String() string { return c.name }
func (c *command) Close() error   { return nil }

func (c *command) Do(ctx context.Context, s bench.Shot) (bench.Answer, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdin = strings.NewReader(s.Source)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return bench.Answer{}, fmt.Errorf("%s: %w: %.200s", c.args[0], err, said.String())
	}
	return bench.Answer{Status: http.StatusOK, Outcome: job.OK, Output: out.String()}, nil
}

// commandLines are the engines' own, reading standard input, by language: the
// Node ones by their place among npm's packages.
var commandLines = map[string][]string{
	"less":         {"less/bin/lessc", "-"},
	"scss":         {"sass/sass.js", "--stdin"},
	"sass":         {"sass/sass.js", "--stdin", "--indented"},
	"stylus":       {"stylus/bin/stylus", "-p"},
	"coffeescript": {"coffeescript/bin/coffee", "--stdio", "--print"},
	"livescript":   {"livescript/bin/lsc", "--stdin", "--compile", "--print"},
}

// newExec is the command line of the language's engine.
func newExec(o Options) (*command, error) {
	if o.Source.Language == "haml" {
		if _, err := exec.LookPath("haml"); err != nil {
			return nil, missing("no program haml", "scripts/deps bench")
		}
		return &command{name: "exec", args: []string{"haml", "render", "/dev/stdin"}}, nil
	}
	line, ok := commandLines[o.Source.Language]
	if !ok {
		return nil, missing("the engine of "+o.Source.Language+" has no command line here", "")
	}
	node, err := o.node()
	if err != nil {
		return nil, err
	}
	script := filepath.Join(o.Engines, "node_modules", line[0])
	if _, err := os.Stat(script); err != nil {
		return nil, missing(err.Error(), "scripts/engines")
	}
	return &command{name: "exec", args: append([]string{node.binary(), script}, line[1:]...)}, nil
}

// The image that scripts/docker-for-bench makes of the ruby box's tree.
const dockerImage = "fumehood-bench"

// haml is Haml by hand, for a container of the ruby box's tree.
const haml = `require "haml"; require "tilt"; print Haml::Template.new { STDIN.read }.render`

// newDocker is 'docker run' for each compile, with the flags that take least
// time and no network.
func newDocker(ctx context.Context, o Options) (*command, error) {
	if o.Source.Language != "haml" {
		return nil, missing("it is for haml", "")
	}
	// A Docker that does not answer at once will not do for this.
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "docker", "image", "inspect", "--format", "{{.Id}}", dockerImage).CombinedOutput(); err != nil {
		return nil, missing(fmt.Sprintf("no image %s in a Docker that runs: %.150s", dockerImage, strings.Join(strings.Fields(string(out)), " ")), "scripts/docker-for-bench")
	}
	ruby, err := o.image("ruby")
	if err != nil {
		return nil, err
	}
	args := []string{"docker", "run", "--rm", "--interactive", "--network=none", "--log-driver=none", dockerImage}
	return &command{name: "docker", args: append(append(args, ruby.Command...), "-e", haml)}, nil
}
