package token

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// made makes a token that must be made.
func made(t *testing.T, tenant string, expires time.Time, scopes ...Scope) (string, Entry) {
	t.Helper()
	text, e, err := Make(tenant, scopes, expires)
	if err != nil {
		t.Fatal(err)
	}
	return text, e
}

func TestMadeTokensAreKnownAgain(t *testing.T) {
	t.Parallel()
	a, forA := made(t, "acme", time.Time{}, Compile)
	b, forB := made(t, "acme", now.Add(time.Hour), Compile, Admin)
	if a == b || len(a) < len(prefix)+52 {
		t.Fatalf("tokens of %d and %d characters, the same: %v", len(a), len(b), a == b)
	}
	set, err := Parse([]byte("# two of one tenant\n\n" + forA.Line() + " # a\r\n\t" + forB.Line()))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Holder{a: forA.Holder, b: forB.Holder} {
		got, ok := set.Check(text, now)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("Check = %v (-want +got):\n%s", ok, diff)
		}
	}
	if h, _ := set.Check(a, now); !h.May(Compile) || h.May(Admin) {
		t.Errorf("%+v may compile: %v, and administer: %v", h, h.May(Compile), h.May(Admin))
	}
}

// Every wrong token is as wrong as every other.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	good, e := made(t, "acme", now.Add(time.Hour), Compile)
	other, _ := made(t, "acme", time.Time{}, Compile)
	secret := good[strings.LastIndex(good, "_"):]
	set, err := Parse([]byte(e.Line()))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"none": "", "another": other, "an id that is not there": prefix + "nobody" + secret, "another's secret": prefix + e.ID + other[strings.LastIndex(other, "_"):],
		"no secret": prefix + e.ID + "_", "no id": prefix + secret, "no prefix": good[len(prefix):], "upper case": strings.ToUpper(good),
		"one character less": good[:len(good)-1], "one more": good + "a", "a space": good + " ", "NUL": good + "\x00", "full width": "ｆ" + good[1:],
		"a megabyte": strings.Repeat("x", 1<<20), "the hash": strings.Fields(e.Line())[3], "the line": e.Line(),
	} {
		if h, ok := set.Check(text, now); ok || h.ID != "" || h.Tenant != "" {
			t.Errorf("%s: %+v, %v", name, h, ok)
		}
	}
	for after, want := range map[time.Duration]bool{time.Hour - 1: true, time.Hour: false, 100 * time.Hour: false} {
		if _, ok := set.Check(good, now.Add(after)); ok != want {
			t.Errorf("%v after: %v, want %v", after, ok, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("ab", 32)
	for name, test := range map[string]struct{ text, want string }{
		"three fields":   {"a acme compile", "line 1: has 3 fields"},
		"six fields":     {"a acme compile " + hash + " 2027-01-01T00:00:00Z x", "line 1: has 6 fields"},
		"scope":          {"a acme root " + hash, "a scope is none of compile,admin"},
		"scope twice":    {"a acme admin,admin " + hash, "scope admin is given twice"},
		"no scope":       {"a acme , " + hash, "a scope is none of"},
		"id":             {"A acme compile " + hash, "the id may have"},
		"underscore":     {"a_b acme compile " + hash, "the id may have"},
		"tenant":         {"a a/b compile " + hash, "the tenant may have"},
		"long tenant":    {"a " + strings.Repeat("x", 65) + " compile " + hash, "the tenant must have"},
		"bidi":           {"a ac\u202eme compile " + hash, "the tenant may have"},
		"UTF-8":          {"a ac\xff compile " + hash, "not valid UTF-8"},
		"short hash":     {"a acme compile " + hash[:62], "64 hexadecimal digits"},
		"token for hash": {"a acme compile fh_a_" + hash, "64 hexadecimal digits"},
		"zero hash":      {"a acme compile " + strings.Repeat("0", 64), "that of no token"},
		"expiry":         {"a acme compile " + hash + " tomorrow", "the time of expiry"},
		"never":          {"a acme compile " + hash + " 0001-01-01T00:00:00Z", "the time of expiry"},
		"id twice":       {"a acme compile " + hash + "\n\na b compile " + strings.Repeat("cd", 32), "line 3: id a is there twice"},
		"hash twice":     {"a acme compile " + hash + "\nb b compile " + strings.ToUpper(hash), "line 2: the token of line 1 is there twice"},
		"all of them":    {"x\ny\n", "line 2: has 1 fields"},
		"too long":       {strings.Repeat("#", maxFileBytes+1), "more than 1048576 bytes"},
	} {
		_, err := Parse([]byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "abab") {
			t.Errorf("%s: the error holds a hash: %v", name, err)
		}
	}
	if _, err := Parse([]byte(strings.Repeat("x\n", 1000))); strings.Count(err.Error(), "\n") >= maxMistakes {
		t.Errorf("%d mistakes are listed", 1+strings.Count(err.Error(), "\n"))
	}
}

// A file is believed if nobody else can read or write it.
func TestFileMustBePrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "tokens")
	_, e := made(t, "acme", time.Time{}, Compile)
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false} {
		if err := os.WriteFile(file, []byte(e.Line()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(file)
		if (err == nil) != want || err != nil && (!errors.Is(err, ErrOpenToOthers) || !strings.Contains(err.Error(), "chmod 600 "+file)) {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe, "/dev/zero"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "is no regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAppendAndReload(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens")
	a, forA := made(t, "acme", time.Time{}, Compile)
	b, forB := made(t, "zeta", time.Time{}, Admin)
	if err := Append(file, forA); err != nil {
		t.Fatal(err)
	}
	f, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	knows := func(text string) bool { _, ok := f.Check(text, now); return ok }
	// An editor may have left the last line without an end.
	if err := os.WriteFile(file, []byte(forA.Line()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Append(file, forB); err != nil {
		t.Fatal(err)
	}
	if knows(b) {
		t.Error("a token is known before the file is read again")
	}
	if err := f.Reload(); err != nil || !knows(a) || !knows(b) || f.Len() != 2 {
		t.Errorf("after a reload: %v, %d tokens", err, f.Len())
	}
	if err := Append(file, forB); err == nil || !strings.Contains(err.Error(), "there twice") {
		t.Errorf("the same entry again: %v", err)
	}
	// A bad file changes nothing, in memory or on disk.
	if err := os.WriteFile(file, []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Reload(); err == nil || !knows(a) || !knows(b) {
		t.Errorf("a bad file: %v, and the tokens before are known: %v", err, knows(a))
	}
	if err := Append(file, forA); err == nil {
		t.Error("a token was added to a bad file")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "nonsense\n" {
		t.Errorf("the bad file is %q now, %v", text, err)
	}
}

// What is accepted says the same when it is written down again.
func FuzzParse(f *testing.F) {
	hash := strings.Repeat("ab", 32)
	for _, seed := range []string{
		"", "# x\n", "a acme compile " + hash, "a acme compile,admin " + hash + " 2027-01-01T00:00:00+01:00\r\nb.c b-d admin " + strings.Repeat("0F", 32) + "#x",
		"a acme compile " + hash + " 9999-12-31T23:59:59.999999999-23:59", "\x00", "a a a a a",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := Parse(text)
		if err != nil {
			return
		}
		var lines []string
		for _, e := range set.entries {
			lines = append(lines, e.Line())
		}
		again, err := Parse([]byte(strings.Join(lines, "\n")))
		if err != nil {
			t.Fatalf("%q is accepted, and %q is not: %v", text, lines, err)
		}
		for i, e := range set.entries {
			if diff := cmp.Diff(e, again.entries[i]); diff != "" {
				t.Errorf("line %d (-first +again):\n%s", i, diff)
			}
		}
	})
}
