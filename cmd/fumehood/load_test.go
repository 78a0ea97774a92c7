package main

import (
	"bytes"
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// In every language the sources of a load, no two the same, compile to the
// same; hits and misses alike.
func TestLoadOfEveryLanguage(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for _, l := range lang.Table {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			r := shortLoad(t, s, bench.Mix{Sources: []bench.Source{bench.ExampleOf(l)}, Hits: 0.3}, 8)
			if r.Outcomes[job.OK]+r.Sheds.Count != 8 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Hostile sources end as a load says that they must.
func TestHostileLoad(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	hostile := 0
	for _, l := range lang.Table {
		for _, harm := range []bench.Harm{bench.Loops, bench.Bombs} {
			m := bench.Mix{Sources: []bench.Source{bench.ExampleOf(l)}, Hostile: 1, Harm: harm}
			if !m.Harmful() {
				continue
			}
			hostile++
			t.Run(l.ID+" "+string(harm), func(t *testing.T) {
				t.Parallel()
				if r := shortLoad(t, s, m, 1); r.Hostile.Count+r.Sheds.Count != 1 {
					t.Errorf("%+v", r)
				}
			})
		}
	}
	if hostile < 10 {
		t.Errorf("%d sorts of hostile sources", hostile)
	}
}

func shortLoad(t *testing.T, s *serving, m bench.Mix, requests int64) *bench.Report {
	t.Helper()
	r, err := bench.Run(t.Context(), bench.NewServer(s.url, nil, 2), bench.Load{
		Mix: m, Clients: 2, Requests: requests, Duration: time.Minute, Timeout: time.Minute,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A machine that is busy with other tests may refuse some, and that is no
	// wrong answer.
	if r.Sent != requests || r.Wrong > 0 {
		t.Errorf("%d requests, %d wrong: %s", r.Sent, r.Wrong, strings.Join(r.Failures, "\n"))
	}
	return r
}

// The flags of a daemon of bench's own make the configuration that bench has.
func TestSettingsAsFlags(t *testing.T) {
	t.Parallel()
	c := testConfig(t, boxtest.StateDir(t))
	c.Parked, c.Wall, c.Memory, c.BoxCPUs = 3, time.Second, 12345, 0.5
	var got config.Config
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	config.Register(flags, &got)
	if err := flags.Parse(settingsAsFlags(c)); err != nil || got != c {
		t.Errorf("%+v, %v, want %+v", got, err, c)
	}
}

// cancelling cancels when what is written to it has a word in it.
type cancelling struct {
	word   string
	cancel context.CancelFunc
	bytes.Buffer
}

func (c *cancelling) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.word) {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

// Who interrupts a run gets the figures up to then.
func TestInterruptedBench(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	said := &cancelling{word: "measuring", cancel: cancel}
	status := run(ctx, []string{"bench", "--server", s.url, "--duration", "1h", "--warm-up", "0s", "--clients", "1"},
		streams{in: strings.NewReader(""), out: &out, err: said})
	if status != exitInterrupted || !strings.Contains(out.String(), "all but hostile") || !strings.Contains(out.String(), " 0 wrong") {
		t.Errorf("status %d, %s%s", status, out.String(), said.String())
	}
}
