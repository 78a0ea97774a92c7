package render_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// coffee is a renderer with four versions of two engines in one box.
func coffee(t *testing.T) *render.Renderer {
	t.Helper()
	config := calm
	config.Limits = limits
	return render.New(config, map[string]render.Box{
		"node-script": {
			Runner: runner{func(context.Context, job.Job) (job.Result, error) { return job.Result{Outcome: job.OK}, nil }},
			Engines: map[string][]string{
				"coffeescript": {"2.7.0", "1.12.7", "1.1.0"}, "livescript": {"1.6.0"},
			},
		},
	})
}

// A pin is a name, or a name and the beginning of a version in whole numbers;
// the first that fits is meant.
func TestPinnedEngine(t *testing.T) {
	t.Parallel()
	const there = " (there is: coffeescript@2.7.0, coffeescript@1.12.7, coffeescript@1.1.0)"
	for _, test := range []struct{ pin, want string }{
		{"", "coffeescript@2.7.0"},
		{"coffeescript", "coffeescript@2.7.0"},
		{"coffeescript@", "coffeescript@2.7.0"},
		{"coffeescript@2", "coffeescript@2.7.0"},
		{"coffeescript@2.7", "coffeescript@2.7.0"},
		{"coffeescript@2.7.0", "coffeescript@2.7.0"},
		{"coffeescript@1", "coffeescript@1.12.7"},
		{"coffeescript@1.1", "coffeescript@1.1.0"},
		{"coffeescript@1.12.7", "coffeescript@1.12.7"},

		{"coffeescript@1.12.70", ""}, {"coffeescript@1.12.7.0", ""}, {"coffeescript@3", ""}, {"coffeescript@2.", ""}, {"coffeescript@.", ""},
		{"coffeescript@ 2", ""}, {"coffeescript@v2", ""}, {"coffeescript@^2", ""}, {"coffeescript@2@7", ""}, {"CoffeeScript@2", ""},
		{"coffee@2", ""}, {"@2", ""}, {"2.7.0", ""}, {"livescript", ""}, {"livescript@1.6.0", ""}, {"\xff", ""},
	} {
		answer, err := coffee(t).Render(t.Context(), render.Request{Language: "coffeescript", Engine: test.pin})
		if test.want != "" {
			if err != nil || answer.Job.Engine != test.want {
				t.Errorf("%q: got %q, %v, want %s", test.pin, answer.Job.Engine, err, test.want)
			}
			continue
		}
		var invalid *job.Invalid
		if !errors.As(err, &invalid) || invalid.Field != "engine" || !strings.HasSuffix(invalid.Reason, there) {
			t.Errorf("%q: got %q, %v, want an Invalid that lists what is there", test.pin, answer.Job.Engine, err)
		}
	}
}

// A tenant's job is its own, and so is the key.
func TestTenantIsInTheKey(t *testing.T) {
	t.Parallel()
	r := coffee(t)
	keys := make(map[job.Key]string)
	for _, tenant := range []string{"", "acme", "zeta"} {
		answer, err := r.Render(t.Context(), render.Request{Language: "coffeescript", Tenant: tenant})
		if err != nil || answer.Job.Tenant != tenant {
			t.Errorf("the job of %q is %q's, %v", tenant, answer.Job.Tenant, err)
		}
		if other, twice := keys[answer.Key]; twice {
			t.Errorf("%q and %q have one key", other, tenant)
		}
		keys[answer.Key] = tenant
	}
}

// A pin as long as the caller likes is quoted short, and another pin makes
// another key.
func TestPinInErrorAndKey(t *testing.T) {
	t.Parallel()
	r := coffee(t)
	_, err := r.Render(t.Context(), render.Request{Language: "coffeescript", Engine: strings.Repeat("é", 10_000)})
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("a long pin: %v, want a short error", err)
	}
	keys := make(map[job.Key]string)
	for _, pin := range []string{"coffeescript@2", "coffeescript@1.12", "coffeescript@1.1"} {
		answer, err := r.Render(t.Context(), render.Request{Language: "coffeescript", Engine: pin})
		if err != nil {
			t.Fatal(err)
		}
		if same, ok := keys[answer.Key]; ok {
			t.Errorf("%s and %s have one key", pin, same)
		}
		keys[answer.Key] = pin
	}
}

// Source and files together have the source's limit. Each is cleaned and
// checked like the source, and a mistake names the file.
func TestFiles(t *testing.T) {
	t.Parallel()
	x := func(n int) string { return strings.Repeat("x", n) }
	const bom = "\uFEFF"
	for _, test := range []struct {
		name, source string
		files        map[string]string
		want         []job.File
		refused      *job.Invalid
	}{
		{name: "none", source: x(1000), files: map[string]string{}},
		{
			name: "as much as may be", source: x(500), files: map[string]string{"b": x(200), "a": x(300)},
			want: []job.File{{Name: "a", Source: x(300)}, {Name: "b", Source: x(200)}},
		},
		{
			name: "one byte more", source: x(500), files: map[string]string{"b": x(201), "a": x(300)},
			refused: &job.Invalid{Field: "files.b", Fault: job.TooLarge, Reason: "has 201 bytes, the limit is 200"},
		},
		{
			name: "nothing left", source: x(1000), files: map[string]string{"a": "", "b": "x"},
			refused: &job.Invalid{Field: "files.b", Fault: job.TooLarge, Reason: "has 1 bytes, the limit is 0"},
		},
		{
			name: "a byte order mark", files: map[string]string{"a": bom + "x" + bom, "b": bom},
			want: []job.File{{Name: "a", Source: "x" + bom}, {Name: "b"}},
		},
		{
			name: "a byte order mark does not count for the next", source: bom + x(497), files: map[string]string{"a": bom + x(400), "b": x(103)},
			want: []job.File{{Name: "a", Source: x(400)}, {Name: "b", Source: x(103)}},
		},
		{
			name: "NUL", files: map[string]string{"a": "x", "b/c.scss": "x\ny\n\x00"},
			refused: &job.Invalid{Field: "files.b/c.scss", Reason: "has a NUL character in line 3"},
		},
		{name: "invalid UTF-8", files: map[string]string{"a": "\xff"}, refused: &job.Invalid{Field: "files.a", Reason: "is not valid UTF-8"}},
		{
			name: "a bad source before a bad file", source: "\x00", files: map[string]string{"a": "\x00"},
			refused: &job.Invalid{Field: "source", Reason: "has a NUL character in line 1"},
		},
		{
			name: "line ends stay", source: "a\r\nb", files: map[string]string{"a": "a\rb\r\n"},
			want: []job.File{{Name: "a", Source: "a\rb\r\n"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answers := []job.Result{{Outcome: job.OK}}
			if test.refused != nil {
				answers = nil
			}
			r, _ := styles(t, answers...)
			answer, err := r.Render(t.Context(), render.Request{Language: "scss", Source: test.source, Files: test.files})
			var invalid *job.Invalid
			if err != nil && !errors.As(err, &invalid) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.refused, invalid); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			var files []job.File
			if err == nil {
				files = answer.Job.Files
			}
			if diff := cmp.Diff(test.want, files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// A caller's own lower limit holds for source and files as well.
func TestFilesUnderALoweredLimit(t *testing.T) {
	t.Parallel()
	r, _ := styles(t)
	_, err := r.Render(t.Context(), render.Request{
		Language: "scss", Source: "123", Files: map[string]string{"a": "45", "b": "6"}, Limits: job.Limits{Source: 5},
	})
	var invalid *job.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("Render = %v, want *job.Invalid", err)
	}
	if diff := cmp.Diff(job.Invalid{Field: "files.b", Fault: job.TooLarge, Reason: "has 1 bytes, the limit is 0"}, *invalid); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}
