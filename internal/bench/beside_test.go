package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type named struct {
	fake
	name string
}

func (n named) String() string { return n.name }

type looping struct{ turns []Turn }

func (l *looping) String() string { return "loop" }

func (l *looping) Run(context.Context, time.Duration) (Turn, error) {
	t := l.turns[0]
	l.turns = l.turns[1:]
	return t, nil
}

func ok(context.Context, Shot) (Answer, error) { return compiled("<p>") }

// All take turns, and a row is of the medians.
func TestBeside(t *testing.T) {
	t.Parallel()
	var order []string
	b := Beside{
		Load:    Load{Mix: Mix{Sources: sources(t, "haml")}, Clients: 1, Duration: time.Minute, Requests: 20, Timeout: time.Second},
		Turns:   3,
		Daemon:  named{fake{ok}, "fumehood"},
		Targets: []Target{named{fake{ok}, "server"}},
		Loops:   []Loop{&looping{[]Turn{{1, 10, 100}, {9, 90, 900}, {2, 20, 200}}}},
		Watch:   func(turn int, who string) { order = append(order, fmt.Sprint(turn, " ", who)) },
	}
	rows, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split("1 fumehood,1 server,1 loop,2 fumehood,2 server,2 loop,3 fumehood,3 server,3 loop", ",")
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
	if len(rows) != 3 || rows[0].RateRatio != 1 {
		t.Fatalf("%+v", rows)
	}
	loop := rows[2]
	if loop.Rate != 2 || loop.P50 != 20 || loop.P99 != 200 || loop.RateRatio != rows[0].Rate/2 || loop.P50Ratio != rows[0].P50/20 {
		t.Errorf("%+v beside %+v", loop, rows[0])
	}
}

// A baseline that answers wrongly is not measured.
func TestBesideWrong(t *testing.T) {
	t.Parallel()
	count := 0
	fickle := named{fake{func(context.Context, Shot) (Answer, error) {
		count++
		return compiled(fmt.Sprint(count))
	}}, "fickle"}
	b := Beside{
		Load:   Load{Mix: Mix{Sources: sources(t, "haml")}, Clients: 1, Duration: time.Minute, Requests: 20, Timeout: time.Second},
		Turns:  1,
		Daemon: named{fake{ok}, "fumehood"}, Targets: []Target{fickle},
		Watch: func(int, string) {},
	}
	if rows, err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "measure fickle") {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	rate := func(t Turn) float64 { return t.Rate }
	for want, of := range map[float64][]Turn{1: {{Rate: 1}}, 1.5: {{Rate: 2}, {Rate: 1}}, 3: {{Rate: 5}, {Rate: 1}, {Rate: 3}}} {
		if got := median(of, rate); got != want {
			t.Errorf("median of %v is %f, want %f", of, got, want)
		}
	}
}

// Who ends it before the daemon had its turn is shown nothing.
func TestBesideInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := Beside{Turns: 1, Daemon: named{fake{ok}, "fumehood"}, Watch: func(int, string) {}}
	if rows, err := b.Run(ctx); len(rows) > 0 || err != nil {
		t.Errorf("%v, %v", rows, err)
	}
}
