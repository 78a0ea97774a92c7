package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newToken makes a token by the command line.
func newToken(t *testing.T, file, tenant, scope string) string {
	t.Helper()
	var out, said bytes.Buffer
	status := run(t.Context(), []string{"token", tenant, "--scope", scope, "--tokens", file}, streams{out: &out, err: &said})
	if status != exitDone {
		t.Fatalf("status %d: %s", status, said.Bytes())
	}
	return strings.TrimSpace(out.String())
}

// with asks with a token, and returns the status and what came.
func with(t *testing.T, text, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+text)
	response, err := http.DefaultClient.Do(request)
	response, answer := readAnswer(t, response, err)
	return response.StatusCode, string(answer)
}

// The program with tokens and a listener for admins: who may do what, a file
// that is read again, and not a word of a token in the log.
func TestTokensOfAProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	acme, ops := newToken(t, file, "acme", "compile"), newToken(t, file, "ops", "compile,admin")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := "http://" + l.Addr().String()
	l.Close()
	p := startProgram(t, "--tokens", file, "--admin-listen", strings.TrimPrefix(admin, "http://"))
	const body = `{"language":"haml","source":"%p hii"}`
	compiles := func(text string) int {
		status, _ := with(t, text, "POST", p.url+"/v1/render", body)
		return status
	}
	if a, b, c := compiles(acme), compiles(ops), compiles("fh_a_b"); a != 200 || b != 200 || c != 401 {
		t.Errorf("tokens compile with %d, %d and a wrong one with %d, want 200, 200, 401", a, b, c)
	}
	if status, text := with(t, ops, "GET", admin+"/metrics", ""); status != 200 || !strings.Contains(text, `fumehood_compiles_total{language="haml",outcome="ok"} 2`) ||
		!strings.Contains(text, `fumehood_pool_jobs_total{kind="ruby"} 2`) || strings.Contains(text, "acme") {
		t.Errorf("metrics: %d %.2000s", status, text)
	}
	for _, test := range []struct {
		text, url string
		want      int
	}{
		{acme, admin + "/metrics", 403}, {acme, p.url + "/v1/boxes", 403}, {ops, p.url + "/v1/boxes", 200}, {ops, admin + "/v1/boxes", 200},
		{ops, p.url + "/metrics", 404}, {ops, admin + "/v1/languages", 404}, {"", admin + "/metrics", 401}, {"", admin + "/readyz", 200}, {"", admin + "/healthz", 200},
	} {
		if got, text := with(t, test.text, "GET", test.url, ""); got != test.want {
			t.Errorf("%s: %d %s, want %d", test.url, got, text, test.want)
		}
	}

	// A new token counts once the file is read again.
	zeta := newToken(t, file, "zeta", "compile")
	if got := compiles(zeta); got != 401 {
		t.Errorf("a new token: %d before the file is read again", got)
	}
	hangUp(t, p, `"tokens reloaded","tokens":3`)
	if got := compiles(zeta); got != 200 {
		t.Errorf("a new token: %d", got)
	}
	// A bad file changes nothing.
	if err := os.WriteFile(file, []byte("acme is "+acme), 0o600); err != nil {
		t.Fatal(err)
	}
	hangUp(t, p, "tokens not reloaded, those before stay")
	if a, b := compiles(acme), compiles(zeta); a != 200 || b != 200 {
		t.Errorf("after a bad file the tokens compile with %d and %d", a, b)
	}
	// An empty one is no mistake: nobody is left.
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hangUp(t, p, `"tokens reloaded","tokens":0`)
	if got := compiles(acme); got != 401 {
		t.Errorf("a token that was taken out: %d", got)
	}
	for _, text := range []string{acme, ops, zeta} {
		if secret := text[strings.LastIndex(text, "_")+1:]; strings.Contains(p.readLog(), secret) {
			t.Errorf("the log holds a token:\n%s", p.readLog())
		}
	}
	if !strings.Contains(p.readLog(), `"tenant":"acme"`) {
		t.Errorf("the log does not name the tenant:\n%s", p.readLog())
	}
}

// hangUp sends SIGHUP and waits for what the log says to it.
func hangUp(t *testing.T, p *program, want string) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log says "+want, func() bool { return strings.Contains(p.readLog(), want) })
}

// The command line and the attacks bring their token along.
func TestCommandsWithTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	compile, both := newToken(t, file, "acme", "compile"), newToken(t, file, "ops", "compile,admin")
	p := startProgram(t, "--tokens", file)
	for _, test := range []struct {
		name, token string
		args        []string
		status      int
		says        string
	}{
		{"render", compile, []string{"render", "-l", "haml", "-"}, exitDone, "<p>hii</p>"},
		{"render without", "", []string{"render", "-l", "haml", "-"}, exitUsage, "FUMEHOOD_TOKEN"},
		{"render by flag", "", []string{"render", "--token", compile, "-l", "haml", "-"}, exitDone, "<p>hii</p>"},
		{"prove", both, []string{"prove", "--case", "C-01/haml,P-19c,P-04"}, exitDone, "stopped"},
		{"prove without", "", []string{"prove", "--case", "P-04"}, exitUnavailable, "401"},
	} {
		t.Setenv("FUMEHOOD_TOKEN", test.token)
		t.Setenv("FUMEHOOD_SERVER", p.url)
		var out bytes.Buffer
		status := run(t.Context(), test.args, streams{in: strings.NewReader("%p hii"), out: &out, err: &out})
		if status != test.status || !strings.Contains(out.String(), test.says) {
			t.Errorf("%s: status %d, want %d: %s", test.name, status, test.status, &out)
		}
		if strings.Contains(out.String(), compile) || strings.Contains(out.String(), both) {
			t.Errorf("%s: the token is shown: %s", test.name, &out)
		}
	}
}

func TestEndOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"90d": 90 * day, "12h": 12 * time.Hour, "36500d": maxDays * day} {
		if got, err := endOf(text, now); err != nil || !got.Equal(now.Add(want)) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0d", "-1d", "-9223372036854775808d", "36501d", "99999999999999999999d", "1.5d", "d", "90", "1ms", "tomorrow"} {
		if got, err := endOf(text, now); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
	if got, err := endOf("", now); err != nil || !got.IsZero() {
		t.Errorf("no lifetime is %v, %v", got, err)
	}
}
