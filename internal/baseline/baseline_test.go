package baseline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/image"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

func optionsFor(t *testing.T, language string) Options {
	t.Helper()
	l, ok := lang.Find(language)
	if !ok {
		t.Fatalf("no language %s", language)
	}
	return Options{
		Source: bench.ExampleOf(l), Store: image.Store{Dir: filepath.Join(boxtest.DataDir, "boxes")},
		Engines: filepath.Join(boxtest.Root(t), "bin", "engines"), Connections: 2, Said: t.Output(),
	}
}

// started adds a baseline, or skips the test where the host has none.
func started(t *testing.T, name, language string) *Set {
	t.Helper()
	set := &Set{}
	if err := set.Add(t.Context(), name, optionsFor(t, language)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	if len(set.Skipped) > 0 {
		boxtest.Missing(t, "bench", set.Skipped[0].Skipped)
	}
	return set
}

// Each baseline compiles what the daemon does, if this host has it.
func TestTargets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, language, want string }{
		{"sinatra", "haml", "<ul id='list'>"},
		{"exec", "haml", "<ul id='list'>"},
		{"exec", "less", "border-radius: 3px"},
		{"exec", "scss", "margin: 8px"},
		{"exec", "sass", "margin: 8px"},
		{"exec", "stylus", "margin: 8px"},
		{"exec", "coffeescript", "square = function(x)"},
		{"exec", "livescript", "square = function(x)"},
		{"node", "less", "border-radius: 3px"},
		{"node", "scss", "margin: 8px"},
		{"node", "sass", "margin: 8px"},
		{"node", "stylus", "margin: 8px"},
		{"node", "coffeescript", "square = function(x)"},
		{"node", "livescript", "square = function(x)"},
		{"node", "pug", `<ul id="list">`},
		{"node", "markdown", "<h1>Title</h1>"},
		{"node", "postcss", "display: flex"},
		{"node", "typescript", "items.map"},
		{"node", "babel", "createElement"},
	} {
		t.Run(test.name+" "+test.language, func(t *testing.T) {
			t.Parallel()
			target := started(t, test.name, test.language).Targets[0]
			o := optionsFor(t, test.language)
			for _, tag := range []string{"x1", "x2"} {
				a, err := target.Do(t.Context(), bench.Shot{Language: test.language, Source: o.Source.With(tag)})
				if err != nil || a.Outcome != job.OK || !strings.Contains(a.Output, test.want) {
					t.Fatalf("%q %.200q %.200q, %v, want %q", a.Outcome, a.Output, a.Raw, err, test.want)
				}
			}
			if target.String() != test.name {
				t.Errorf("it is called %s", target)
			}
			// What does not compile is no fast answer.
			if a, err := target.Do(t.Context(), bench.Shot{Language: test.language, Source: broken[test.language]}); err == nil && a.Outcome == job.OK && broken[test.language] != "" {
				t.Errorf("a broken source is %q", a.Output)
			}
		})
	}
}

// Sources that engines refuse.
var broken = map[string]string{
	"haml": "%p= (\n", "less": "a {", "scss": "a {", "sass": "a\n  @include b\n", "stylus": "a\n  b c(}\n", "coffeescript": "a = (",
	"livescript": "a = (", "pug": "p(", "postcss": "a {", "babel": "let = ;",
}

func TestLoops(t *testing.T) {
	t.Parallel()
	boxtest.Runtime(t) // root, and images
	for _, test := range []struct{ name, language string }{{"bare-ruby", "haml"}, {"bare-node", "less"}, {"bare-node", "coffeescript"}} {
		t.Run(test.name+" "+test.language, func(t *testing.T) {
			t.Parallel()
			l := started(t, test.name, test.language).Loops[0]
			turn, err := l.Run(t.Context(), 300*time.Millisecond)
			if err != nil || turn.Rate <= 0 || turn.P50 <= 0 || turn.P99 < turn.P50 {
				t.Errorf("%+v, %v", turn, err)
			}
		})
	}
}

// A loop ends with who wanted it, and its children too.
func TestLoopThatIsInterrupted(t *testing.T) {
	t.Parallel()
	boxtest.Runtime(t)
	l := started(t, "bare-ruby", "haml").Loops[0]
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := l.Run(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// What a host or a language does not have is said, and no error.
func TestSkipped(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for _, test := range []struct {
		name, language string
		spoil          func(*Options)
		want           string
	}{
		{"sinatra", "less", nil, "it is for haml"},
		{"docker", "less", nil, "it is for haml"},
		{"bare-ruby", "less", nil, "it is for haml"},
		{"bare-node", "haml", nil, "it is for languages of Node"},
		{"node", "haml", nil, "it is for languages of Node"},
		{"exec", "postcss", nil, "no command line"},
		{"bare-ruby", "haml", func(o *Options) { o.Store.Dir = empty }, "fumehood box build"},
		{"node", "less", func(o *Options) { o.Engines = empty }, "scripts/engines"},
		{"exec", "less", func(o *Options) { o.Engines = empty }, "scripts/engines"},
		{"bare-node", "less", func(o *Options) { o.Engines = empty }, "scripts/engines"},
	} {
		t.Run(test.name+" "+test.language, func(t *testing.T) {
			t.Parallel()
			if test.spoil == nil {
				test.spoil = func(*Options) {}
			} else {
				boxtest.Image(t, "node")
			}
			o := optionsFor(t, test.language)
			test.spoil(&o)
			set := &Set{}
			if err := set.Add(t.Context(), test.name, o); err != nil || len(set.Skipped) != 1 {
				t.Fatalf("%v, %+v", err, set)
			}
			if got := set.Skipped[0]; got.Name != test.name || !strings.Contains(got.Skipped, test.want) {
				t.Errorf("%+v, want %q", got, test.want)
			}
		})
	}
	if err := (&Set{}).Add(t.Context(), "rails", optionsFor(t, "haml")); err == nil {
		t.Error("there is a baseline rails")
	}
	left, err := os.ReadDir(empty)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left", err, left)
	}
}
