package config

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

func parse(t *testing.T, args ...string) (Config, error) {
	t.Helper()
	c := Default()
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	Register(flags, &c)
	flags.String("config", "", "")
	err := Parse(flags, args)
	return c, err
}

func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	c := Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// Flags win over the environment, which wins over the file.
func TestOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fumehood.yaml")
	if err := os.WriteFile(file, []byte("parked: 1\nqueue: 1\nqueue_timeout: 1s\nmemory: 64MiB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FUMEHOOD_QUEUE", "2")
	t.Setenv("FUMEHOOD_PARKED", "2")
	c, err := parse(t, "--config", file, "--parked", "3")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Parked, want.Queue, want.QueueTimeout, want.Memory = 3, 2, time.Second, 64*job.MiB
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]job.Bytes{"1": 1, "512B": 512, "64KiB": 64 << 10, "128MiB": 128 << 20, "2GiB": 2 << 30, "1 KiB": 1 << 10} {
		c, err := parse(t, "--memory", text)
		if err != nil || c.Memory != want {
			t.Errorf("%q = %d, %v, want %d", text, c.Memory, err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "1.5MiB", "1MB", "99999999999GiB", "KiB"} {
		if _, err := parse(t, "--memory", text); err == nil {
			t.Errorf("%q is taken for a size", text)
		}
	}
}

// Every mistake is reported, at once.
func TestValidateReportsAll(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Listen, c.DataDir, c.LogLevel, c.Wall, c.Memory, c.Parked, c.BoxCPUs = "nowhere", "relative", "loud", 0, 0, 0, -1
	c.WriteTimeout = time.Second
	err := c.Validate()
	if err == nil {
		t.Fatal("all of it is taken")
	}
	for _, name := range []string{"listen", "data-dir", "log-level", "wall", "memory", "parked", "box-cpus", "write-timeout"} {
		if !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s is not reported in:\n%v", name, err)
		}
	}
}

// docs/CONFIG.md lists every setting with its default, and no other.
func TestDocumentAgrees(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "CONFIG.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		documented[strings.Trim(cells[1], " `-")] = strings.Trim(cells[2], " `")
	}
	c := Default()
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	Register(flags, &c)
	want := make(map[string]string)
	flags.VisitAll(func(f *flag.Flag) { want[f.Name] = f.DefValue })
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Errorf("docs/CONFIG.md (-code +document):\n%s", diff)
	}
}
