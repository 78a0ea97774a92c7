package attack

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const text = `Open a file.
walls: landlock, seccomp
outcome: ok, source_error
output: EACCES|EPERM
wall_ms: 500
repeat: 3
-- options.json --
{"pretty": true}
-- files/a.pug --
p
-- input.erb --
one
-- input.pug --
two
-- then.pug --
three
`
	cases, err := Load(fstest.MapFS{"h-filesystem/H-01.txtar": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cases {
		got = append(got, strings.Join([]string{c.ID, c.Class, c.Title, c.Language, c.Source, c.Then, string(c.Options), c.Files["a.pug"]}, "|"))
		if c.WallMilliseconds != 500 || c.Repeat != 3 || c.Parallel != 1 {
			t.Errorf("%s: wall %d ms, %d times, %d at once", c.ID, c.WallMilliseconds, c.Repeat, c.Parallel)
		}
		if !c.Output.MatchString("EPERM") || c.Output.MatchString("EPERM and more") {
			t.Errorf("%s: output is %s, want it to match the whole", c.ID, c.Output)
		}
	}
	want := []string{
		`H-01/erb|h-filesystem|Open a file.|erb|one` + "\n" + `||{"pretty": true}|p` + "\n",
		`H-01/pug|h-filesystem|Open a file.|pug|two` + "\n" + `|three` + "\n" + `|{"pretty": true}|p` + "\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no title":              "\nwalls: seccomp\noutcome: ok\n-- input.erb --\n",
		"no walls":              "A\noutcome: ok\n-- input.erb --\n",
		"unknown wall":          "A\nwalls: luck\noutcome: ok\n-- input.erb --\n",
		"unknown key":           "A\nwalls: seccomp\nhope: ok\n-- input.erb --\n",
		"no outcome":            "A\nwalls: seccomp\n-- input.erb --\n",
		"no input":              "A\nwalls: seccomp\noutcome: ok\n",
		"unknown section":       "A\nwalls: seccomp\noutcome: ok\n-- input.erb --\n-- notes --\n",
		"unknown extension":     "A\nwalls: seccomp\noutcome: ok\n-- input.nope --\n",
		"then without an input": "A\nwalls: seccomp\noutcome: ok\n-- input.erb --\n-- then.pug --\n",
		"raw without a status":  "A\nwalls: request validation\n-- request.http --\nGET / HTTP/1.1\n\n",
		"nothing to differ":     "A\nwalls: uid\noutcome: ok\ndiffer: yes\n-- input.erb --\n",
		"differ, but not":       "A\nwalls: uid\noutcome: ok\nrepeat: 2\ndiffer: no\n-- input.erb --\n",
		"header without a name": "A\nwalls: uid\noutcome: ok\nheader: nosniff\n-- input.erb --\n",
		"bad expression":        "A\nwalls: seccomp\noutcome: ok\noutput: (\n-- input.erb --\n",
	} {
		if _, err := Load(fstest.MapFS{"a/A-01.txtar": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	text := "leak EPERM"
	got := &answer{status: http.StatusOK, Outcome: "ok", Output: &text, raw: []byte(text), took: time.Millisecond,
		header: http.Header{"X-A": {"bb"}}}
	for name, test := range map[string]struct {
		head string
		want string
	}{
		"as it should be":     {"outcome: ok\noutput: leak EPERM", ""},
		"another outcome":     {"outcome: timeout", "outcome ok, want timeout"},
		"another output":      {"outcome: ok\noutput: EPERM", "output"},
		"what must not be":    {"outcome: ok\nnever: le.k", "holds"},
		"another status":      {"status: 4xx", "status 200"},
		"the status it is":    {"status: 2xx", ""},
		"status and outcome":  {"status: 200\noutcome: timeout", "outcome ok, want timeout"},
		"a header":            {"status: 200\nheader: X-A: b+", ""},
		"another header":      {"status: 200\nheader: X-A: c", `X-A is "bb"`},
		"a header too much":   {"status: 200\nheader: X-A:", `X-A is "bb"`},
		"a header that lacks": {"status: 200\nheader: X-B: b", `X-B is ""`},
		"later than it might": {"outcome: ok\nwall_ms: -3000", "answered after"},
	} {
		var c Case
		if err := c.parseHead([]byte("Title\nwalls: seccomp\n" + test.head)); err != nil {
			t.Fatal(err)
		}
		if test.head == "outcome: ok\nwall_ms: -3000" {
			got := *got
			got.took = time.Minute
			if wrong := c.judge(&got, ""); len(wrong) != 1 || !strings.Contains(wrong[0], test.want) {
				t.Errorf("%s: %v, want %q", name, wrong, test.want)
			}
			continue
		}
		wrong := strings.Join(c.judge(got, ""), "; ")
		if (test.want == "") != (wrong == "") || !strings.Contains(wrong, test.want) {
			t.Errorf("%s: %q, want %q", name, wrong, test.want)
		}
	}
	var c Case
	if err := c.parseHead([]byte("Title\nwalls: seccomp\noutcome: ok")); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"leak", "bb"} {
		if wrong := c.judge(got, secret); len(wrong) != 1 {
			t.Errorf("an answer with the secret %s: %v, want a complaint", secret, wrong)
		}
	}
	refusal := &answer{status: http.StatusBadRequest, raw: []byte(`{"error":{"field":"options.pretty"}}`)}
	for message, want := range map[string]int{"options.pretty": 0, "source": 1} {
		if err := c.parseHead([]byte("Title\nwalls: seccomp\nstatus: 400\nmessage: " + message)); err != nil {
			t.Fatal(err)
		}
		if wrong := c.judge(refusal, ""); len(wrong) != want {
			t.Errorf("a refusal for %s: %v, want %d complaints", message, wrong, want)
		}
	}
}
