package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// JSON that costs more to read than to send is refused, soon.
func TestCostlyJSON(t *testing.T) {
	t.Parallel()
	l := listen(t, func(c *Config) { c.BodyTimeout = patience }, compiled)
	keys := func(n int, name func(i int) string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%s":1`, name(i))
		}
		return `{"language":"haml","source":"x"` + b.String() + "}"
	}
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"100,000 deep":           {`{"language":"haml","source":"x","locals":` + strings.Repeat("[", 100_000), 413},
		"20,000 deep":            {`{"language":"haml","source":"x","locals":` + strings.Repeat("[", 20_000), 400},
		"a million keys":         {`{"language":"haml"` + strings.Repeat(`,"a":1`, 1_000_000), 413},
		"thousands of keys":      {keys(3_000, func(i int) string { return fmt.Sprint(i) }), 400},
		"one key often":          {keys(3_000, func(int) string { return "a" }), 400},
		"a long number":          {`{"language":"haml","source":"x","limits":{"wall_ms":` + strings.Repeat("9", 25_000) + `}}`, 400},
		"a long exponent":        {`{"language":"haml","source":"x","limits":{"wall_ms":1e999999999}}`, 400},
		"not a number":           {`{"language":"haml","source":"x","limits":{"wall_ms":NaN}}`, 400},
		"two values":             {smallBody + smallBody, 400},
		"a comment":              {smallBody + "//", 400},
		"a byte order mark":      {"\uFEFF" + smallBody, 400},
		"UTF-16":                 {"\xff\xfe{\x00}\x00", 400},
		"language is a list":     {`{"language":["haml"],"source":"x"}`, 400},
		"escapes without an end": {`{"source":"` + strings.Repeat(`\u0`, 5_000), 400},
		"the same name, escaped": {`{"language":"haml","source":"x","s\u006furce":"y"}`, 400},
	} {
		began := time.Now()
		response, body := ask(t, l.dial(t), whole(test.body))
		if response.StatusCode != test.status {
			t.Errorf("%s: %d %.200s, want %d", name, response.StatusCode, body, test.status)
		}
		if took := time.Since(began); took > patience/2 {
			t.Errorf("%s: answered after %v", name, took)
		}
	}
}

// What is accepted is the same when it is written down and read again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		smallBody, `{}`, `null`, `[]`, `{"language":"haml","source":null,"files":{"a":"b","c":null},"options":{"b":1,"a":[]},"locals":null}`,
		`{"limits":{"wall_ms":1,"cpu_ms":-0,"memory_bytes":9223372036854775807}}`, `{"source":"\ud83d\ude00\u2028\u0000"}`,
		`{"options": { "a" : 1.50e+1 } }`, `{"source":"a","source":"b"}`, `{"locals":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
	} {
		f.Add([]byte(seed))
	}
	write := func(t *testing.T, in renderRequest) []byte {
		t.Helper()
		text, err := json.Marshal(in, json.Deterministic(true))
		if err != nil {
			t.Fatalf("%+v cannot be written down: %v", in, err)
		}
		return text
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var first, second renderRequest
		if decode(body, &first) != nil {
			return
		}
		text := write(t, first)
		if err := decode(text, &second); err != nil {
			t.Fatalf("%q is accepted, and %q is not: %v", body, text, err)
		}
		if again := write(t, second); string(again) != string(text) {
			t.Errorf("%q is %s, then %s", body, text, again)
		}
	})
}
