package render_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

var limits = job.Limits{
	Wall: 3 * time.Second, CPU: 3 * time.Second, Memory: 128 * job.MiB, Source: 1000, Options: 100,
	Output: 2 * job.MiB, Diagnostics: 64 * job.KiB,
}

// runner is a pool without boxes: it hands out what do says.
type runner struct {
	do func(ctx context.Context, j job.Job) (job.Result, error)
}

func (r runner) Do(ctx context.Context, j job.Job, _ time.Time, _ job.Watcher) (job.Result, error) {
	return r.do(ctx, j)
}

func renderer(c render.Config, do func(ctx context.Context, j job.Job) (job.Result, error)) *render.Renderer {
	c.Limits = limits
	return render.New(c, map[string]render.Box{
		"ruby": {Runner: runner{do}, Image: "sha256:x", Engines: map[string][]string{"haml": {"6.1.1", "6.0.0"}, "slim": {"4.1.0"}, "erb": {"2.2.3"}}},
	})
}

var calm = render.Config{Admission: admit.Config{Turns: 4, Running: 8, Queue: 4, Timeout: time.Second}}

// What the caller said becomes one canonical job.
func TestResolve(t *testing.T) {
	t.Parallel()
	var got job.Job
	r := renderer(calm, func(_ context.Context, j job.Job) (job.Result, error) {
		got = j
		return job.Result{Outcome: job.OK}, nil
	})
	answer, err := r.Render(t.Context(), render.Request{
		Language: "rhtml", Source: "\uFEFFa\r\n", Options: []byte(`{ "trim_mode": "-" }`), Locals: []byte(`{"b":1, "a":[1.0]}`),
		Limits: job.Limits{Wall: time.Second, Output: 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := job.Job{
		Language: "erb", Engine: "erb@2.2.3", Image: "sha256:x", Options: []byte(`{"trim_mode":"-"}`), Locals: []byte(`{"a":[1.0],"b":1}`),
		Source: "a\r\n", Limits: limits,
	}
	want.Limits.Wall, want.Limits.Output = time.Second, 10
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
	if answer.Key != want.Key() {
		t.Errorf("key = %s, want %s", answer.Key, want.Key())
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	r := renderer(calm, func(context.Context, job.Job) (job.Result, error) {
		t.Error("a refused request was run")
		return job.Result{}, nil
	})
	tests := []struct {
		name    string
		request render.Request
		field   string
		fault   job.Fault
	}{
		{"no language", render.Request{}, "language", job.Malformed},
		{"unknown language", render.Request{Language: strings.Repeat("x", 10_000)}, "language", job.Malformed},
		{"long source", render.Request{Language: "haml", Source: strings.Repeat("x", 1001)}, "source", job.TooLarge},
		{"longer than the caller allows", render.Request{Language: "haml", Source: "xx", Limits: job.Limits{Source: 1}}, "source", job.TooLarge},
		{"invalid UTF-8", render.Request{Language: "haml", Source: "\xff"}, "source", job.Malformed},
		{"NUL", render.Request{Language: "haml", Source: "a\x00"}, "source", job.Malformed},
		{"long options", render.Request{Language: "haml", Options: make([]byte, 101)}, "options", job.TooLarge},
		{"long locals", render.Request{Language: "haml", Locals: make([]byte, 101)}, "locals", job.TooLarge},
		{"raised limit", render.Request{Language: "haml", Limits: job.Limits{Memory: 129 * job.MiB}}, "limits.memory_bytes", job.Malformed},
		{"negative limit", render.Request{Language: "haml", Limits: job.Limits{Wall: -1}}, "limits.wall_ms", job.Malformed},
	}
	for _, test := range tests {
		_, err := r.Render(t.Context(), test.request)
		var invalid *job.Invalid
		if !errors.As(err, &invalid) || invalid.Field != test.field || invalid.Fault != test.fault {
			t.Errorf("%s: %v, want an Invalid about %s", test.name, err, test.field)
		}
		if len(err.Error()) > 500 {
			t.Errorf("%s: the error has %d bytes", test.name, len(err.Error()))
		}
	}
}

// As many run as may, as many wait as may, the rest is told at once.
func TestAdmission(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	running, most := 0, 0
	entered, leave := make(chan struct{}, 10), make(chan struct{})
	r := renderer(render.Config{Admission: admit.Config{Turns: 2, Running: 3, Queue: 3, Timeout: 10 * time.Second}}, func(context.Context, job.Job) (job.Result, error) {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		entered <- struct{}{}
		<-leave
		mu.Lock()
		running--
		mu.Unlock()
		return job.Result{Outcome: job.OK}, nil
	})
	outcomes := make(chan error, 20)
	ask := func() {
		_, err := r.Render(t.Context(), render.Request{Language: "haml"})
		outcomes <- err
	}
	go ask()
	go ask()
	<-entered
	<-entered
	// Ten more: three find a place in the queue, seven are refused.
	for range 10 {
		go ask()
	}
	for range 7 {
		if err := <-outcomes; reason(err) != admit.Full {
			t.Errorf("beyond the queue: %v, want a refusal", err)
		}
	}
	close(leave)
	for range 5 {
		if err := <-outcomes; err != nil {
			t.Errorf("within the queue: %v", err)
		}
	}
	if most != 2 {
		t.Errorf("%d ran at once, want 2", most)
	}
}

// reason is why a compile was refused, "" if it was not.
func reason(err error) admit.Reason {
	var refused *admit.Refusal
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

func TestQueueTimeout(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	r := renderer(render.Config{Admission: admit.Config{Turns: 1, Running: 1, Queue: 1, Timeout: 20 * time.Millisecond}}, func(ctx context.Context, _ job.Job) (job.Result, error) {
		close(entered)
		<-leave
		return job.Result{Outcome: job.OK}, nil
	})
	first := make(chan error)
	go func() {
		_, err := r.Render(context.Background(), render.Request{Language: "haml"})
		first <- err
	}()
	<-entered
	if _, err := r.Render(t.Context(), render.Request{Language: "haml"}); reason(err) != admit.Late {
		t.Errorf("after the queue timeout: %v, want a refusal", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Render(gone, render.Request{Language: "haml"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v, want context.Canceled", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
}
