package config

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
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

// Nobody but this machine gets in without a token, unless that was said.
func TestReach(t *testing.T) {
	t.Parallel()
	for listen, alone := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9:0": true, "[::1]:8080": true, "localhost:8080": true, "[::ffff:127.0.0.1]:80": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "[::ffff:0.0.0.0]:80": false, "10.0.0.1:8080": false,
		"[::ffff:10.0.0.1]:80": false, "[fe80::1%lo]:80": false, "no-such-name.invalid:80": false, "0:80": false, "2130706433:80": false,
	} {
		for _, test := range []struct {
			tokens         string
			insecureNoAuth bool
			want           bool
		}{{"", false, alone}, {"/etc/fumehood/tokens", false, true}, {"", true, true}} {
			for name, c := range map[string]Config{"listen": {Listen: listen}, "admin-listen": {Listen: "127.0.0.1:1", AdminListen: listen}} {
				c.Tokens, c.InsecureNoAuth = test.tokens, test.insecureNoAuth
				err := errors.Join(checkListen(&c), checkReach(&c))
				if (err == nil) != test.want {
					t.Errorf("%s %s with tokens %q and insecure-no-auth %v: %v", name, listen, test.tokens, test.insecureNoAuth, err)
				}
				if err == nil {
					continue
				}
				for _, part := range []string{name + ":", "whoever reaches it", "--tokens", "--insecure-no-auth"} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s: the error does not say %q: %v", listen, part, err)
					}
				}
			}
		}
	}
	c := Config{Listen: "127.0.0.1:1", Tokens: "/a", InsecureNoAuth: true}
	if err := checkListen(&c); err == nil {
		t.Error("tokens that nobody needs are taken")
	}
}

func TestBool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fumehood.yaml")
	if err := os.WriteFile(file, []byte("insecure_no_auth: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--insecure-no-auth"}, {"--insecure-no-auth=true"}, {"--config", file}} {
		if c, err := parse(t, args...); err != nil || !c.InsecureNoAuth {
			t.Errorf("%q: %v, %v", args, c.InsecureNoAuth, err)
		}
	}
	t.Setenv("FUMEHOOD_INSECURE_NO_AUTH", "true")
	if c, err := parse(t); err != nil || !c.InsecureNoAuth {
		t.Errorf("by the environment: %v, %v", c.InsecureNoAuth, err)
	}
	if _, err := parse(t, "--insecure-no-auth=perhaps"); err == nil {
		t.Error("perhaps is taken for a bool")
	}
}

// A file that is accepted says the same when it is written down again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "parked: 1\n", "queue_timeout: 1s\nmemory: 64MiB\n", "insecure_no_auth: true", "box_cpus: 1.5\nlisten: \"[::1]:80\"", "tokens: ''",
		"parked: [1]", "parked: {a: 1}", "a: &a [*a]", "parked: 0x10", "parked: ~", "boxes: [ruby, node-css]", "\x00", "<<: {parked: 2}",
	} {
		f.Add(seed)
	}
	read := func(text string) (*flag.FlagSet, error) {
		c := Default()
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		Register(flags, &c)
		return flags, parseFile(strings.NewReader(text), flags.Set)
	}
	f.Fuzz(func(t *testing.T, text string) {
		flags, err := read(text)
		if err != nil {
			return
		}
		var printed strings.Builder
		want := make(map[string]string)
		flags.VisitAll(func(f *flag.Flag) {
			want[f.Name] = f.Value.String()
			printed.WriteString(Line(f.Name, f.Value.String()) + "\n")
		})
		flags, err = read(printed.String())
		if err != nil {
			t.Fatalf("%q is accepted, and what it comes to is not: %v", text, err)
		}
		got := make(map[string]string)
		flags.VisitAll(func(f *flag.Flag) { got[f.Name] = f.Value.String() })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-first +again):\n%s", text, diff)
		}
	})
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

// What is set for the daemon's own code says nothing of the machine.
func TestProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if n := processors(); n < 1 || n > runtime.NumCPU() || n == 1 && runtime.NumCPU() > 1 {
		t.Errorf("%d of %d processors", n, runtime.NumCPU())
	}
	if n := runtime.GOMAXPROCS(0); n != 1 {
		t.Errorf("afterwards Go has %d", n)
	}
}
