package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/lang"
)

// The whole shape of one answer, but for what differs from call to call.
func TestRenderShape(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	response, body := httpPost(t, s.url+"/v1/render", "application/json", []byte(`{"language":"haml","source":"%p\n- raise 'x'"}`))
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if id := response.Header.Get("X-Request-Id"); id == "" || got["request_id"] != id {
		t.Errorf("request_id = %v, header %q, want the same", got["request_id"], id)
	}
	key, _ := got["key"].(string)
	if len(key) != 64 {
		t.Errorf("key = %q, want 64 hexadecimal digits", key)
	}
	receipt, _ := got["receipt"].(map[string]any)
	for _, name := range []string{"queue_ms", "compile_ms", "cpu_ms", "peak_kb"} {
		if _, ok := receipt[name]; !ok {
			t.Errorf("receipt %v has no %s", receipt, name)
		}
	}
	for _, name := range []string{"request_id", "key", "receipt"} {
		delete(got, name)
	}
	want := map[string]any{
		"ok": false, "outcome": "source_error", "language": "haml", "engine": "haml@6.1.1", "output": nil,
		"source_map": nil, "cached": false, "coalesced": false,
		"diagnostics": []any{map[string]any{
			"severity": "error", "message": "x", "line": 2.0, "column": nil, "end_line": nil, "end_column": nil,
			"code": "RuntimeError", "file": nil, "frame": "- raise 'x'",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestOptionsAndLocals(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	type object = map[string]any
	tests := []struct {
		name, language, source string
		options, locals        object
		output                 string
	}{
		{"defaults", "haml", "%p{a: 1}= '<'", nil, nil, "<p a='1'>&lt;</p>\n"},
		{"escape_html", "haml", "%p= '<'", object{"escape_html": false}, nil, "<p><</p>\n"},
		{"escape_attrs", "haml", "%p{a: '&'}", object{"escape_attrs": false}, nil, "<p a='&'></p>\n"},
		{"attr_quote", "haml", "%p{a: 1}", object{"attr_quote": `"`}, nil, "<p a=\"1\"></p>\n"},
		{"format xhtml", "haml", "%br\n%a{checked: true}", object{"format": "xhtml"}, nil, "<br />\n<a checked='checked'></a>\n"},
		{"format html5", "haml", "!!! 5\n%br", object{"format": "html5"}, nil, "<!DOCTYPE html>\n<br>\n"},
		{"format html4", "haml", "!!!\n%br", object{"format": "html4"}, nil, "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \"http://www.w3.org/TR/html4/loose.dtd\">\n<br>\n"},
		{"remove_whitespace", "haml", "%p\n  %b x", object{"remove_whitespace": true}, nil, "<p><b>x</b></p>"},
		{"autoclose", "haml", "%x\n%br", object{"autoclose": []string{"x"}}, nil, "<x>\n<br></br>\n"},
		{"locals", "haml", "%p= user['name'] + n.to_s", nil, object{"user": object{"name": "é"}, "n": 7}, "<p>é7</p>\n"},
		{"big number", "erb", "<%= n %>", nil, object{"n": json.Number("12345678901234567890")}, "12345678901234567890"},
		{"Slim pretty", "slim", "p\n  b x", object{"pretty": true}, nil, "<p>\n  <b>x</b>\n</p>"},
		{"Slim html", "slim", "br", object{"format": "html"}, nil, "<br>"},
		{"Slim sort_attrs", "slim", "p b=1 a=2", object{"sort_attrs": false}, nil, `<p b="1" a="2"></p>`},
		{"Slim disable_escape", "slim", "p = '<'", object{"disable_escape": true}, nil, "<p><</p>"},
		{"Slim locals", "slim", "p = a", nil, object{"a": "x"}, "<p>x</p>"},
		{"Slim markdown", "slim", "markdown:\n  *a*", nil, nil, "<p><em>a</em></p>\n"},
		{"ERB trim", "erb", "<% 2.times do -%>\nx\n<% end -%>\n", object{"trim_mode": "-"}, nil, "x\nx\n"},
		{"ERB locals", "erb", "<%= list.join %>", nil, object{"list": []int{1, 2}}, "12"},
		{"alias", "rhtml", "<%= 1 %>", nil, nil, "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fields := object{}
			if test.options != nil {
				fields["options"] = test.options
			}
			if test.locals != nil {
				fields["locals"] = test.locals
			}
			got := s.compile(t, test.language, test.source, fields)
			if got.Outcome != "ok" || got.output() != test.output {
				t.Errorf("answer = %s %q %q, want %q", got.Outcome, got.message(), got.output(), test.output)
			}
		})
	}
}

// The filters that people expect of Haml.
func TestHamlFilters(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for source, want := range map[string]string{
		":markdown\n  $$x$$ and[^1]\n\n  ~~~ ruby\n  y\n  ~~~\n\n  [^1]: note\n": "",
		":plain\n  <b>\n":                      "<b>\n",
		":escaped\n  <b>\n":                    "&lt;b&gt;\n",
		":javascript\n  f()\n":                 "<script>\n  f()\n</script>\n",
		":css\n  a{}\n":                        "<style>\n  a{}\n</style>\n",
		":cdata\n  x\n":                        "<![CDATA[\n    x\n]]>\n",
		":preserve\n  a\n  b\n":                "a&#x000A;b&#x000A;\n",
		":ruby\n  x = 6\n%p= x * 7":            "<p>42</p>\n",
		":erb\n  <%= 6 * 7 %>\n":               "42\n",
		":markdown\n  # t\n\n  *a* #{6 * 7}\n": "<h1 id=\"t\">t</h1>\n\n<p><em>a</em> 42</p>\n\n",
	} {
		if got := s.compile(t, "haml", source, nil); got.Outcome != "ok" || want != "" && got.output() != want {
			t.Errorf("%q: %s %q %q, want %q", source, got.Outcome, got.message(), got.output(), want)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	var languages struct {
		Languages []struct {
			ID, Engine string
			Options    []map[string]any
			Limits     map[string]any
		}
	}
	response, body := get(t, s.url+"/v1/languages")
	if err := json.Unmarshal(body, &languages); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("languages = %d, %v", response.StatusCode, err)
	}
	if len(languages.Languages) != len(lang.Table) {
		t.Errorf("%d languages, want %d", len(languages.Languages), len(lang.Table))
	}
	for i, l := range languages.Languages {
		row := lang.Table[i]
		want := row.Engine + "@" + boxtest.Kind(t, row.Box).Engines[row.Engine][0]
		if l.ID != row.ID || l.Engine != want || len(l.Options) != len(row.AllOptions()) {
			t.Errorf("language %s %s with %d options, want %s %s with %d", l.ID, l.Engine, len(l.Options), row.ID, want, len(row.AllOptions()))
		}
		for _, o := range l.Options {
			if o["name"] == "" || o["type"] == "" || o["help"] == "" || o["default"] == nil {
				t.Errorf("%s: option %v lacks name, type, default or help", l.ID, o)
			}
		}
	}
	var limits map[string]float64
	_, body = get(t, s.url+"/v1/limits")
	if err := json.Unmarshal(body, &limits); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"wall_ms": 3000, "cpu_ms": 3000, "memory_bytes": 128 << 20, "source_bytes": 256 << 10, "options_bytes": 16 << 10,
		"output_bytes": 2 << 20, "diagnostics_bytes": 64 << 10, "headers_bytes": 16 << 10,
		"read_header_timeout_ms": 5000, "body_timeout_ms": 10000, "write_timeout_ms": 30000,
	}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	for path, want := range map[string]string{"/healthz": `{"ok":true}`, "/readyz": `{"missing_walls":[],"ready":true}`} {
		if _, body := get(t, s.url+path); strings.TrimSpace(string(body)) != want {
			t.Errorf("%s = %s, want %s", path, body, want)
		}
	}
}

// A caller may lower a limit, and meets it.
func TestLoweredLimits(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for _, test := range []struct {
		limit   string
		value   int
		source  string
		outcome string
	}{
		{"wall_ms", 200, "= sleep", "timeout"},
		{"memory_bytes", 32 << 20, "= ('x' * 60_000_000).size", "out_of_memory"},
		{"output_bytes", 10, "= 'x' * 20", "output_too_large"},
		{"diagnostics_bytes", 50, "- raise 'x' * 100", "output_too_large"},
	} {
		got := s.compile(t, "haml", test.source, map[string]any{"limits": map[string]int{test.limit: test.value}})
		if got.Outcome != test.outcome {
			t.Errorf("%s = %d: %s %q, want %s", test.limit, test.value, got.Outcome, got.output(), test.outcome)
		}
		if got := s.compile(t, "haml", test.source, nil); test.limit != "wall_ms" && got.Outcome == test.outcome {
			t.Errorf("%s at its most: %s still", test.limit, got.Outcome)
		}
	}
}

// The log says what happened and never what was in it.
func TestLogHasNoSecrets(t *testing.T) {
	p := startProgram(t)
	const secret = "s3cr3t-in-the-source"
	httpPost(t, p.url+"/v1/render", "application/json", []byte(`{"language":"haml","source":"%p `+secret+`","locals":{"a":"`+secret+`"}}`))
	httpPost(t, p.url+"/v1/render", "application/json", []byte(`{"language":"haml","source":"- raise '`+secret+`'"}`))
	httpPost(t, p.url+"/v1/render?q="+secret, "application/json", []byte(`{"language":"`+secret+`","source":"`+secret+`"}`))
	httpPost(t, p.url+"/haml", "application/x-www-form-urlencoded", []byte(`markup=`+secret))
	get(t, p.url+"/"+secret)
	eventually(t, "five requests are logged", func() bool {
		log := p.readLog()
		return strings.Count(log, `"outcome":`) >= 3 && strings.Count(log, `"status":4`) >= 2
	})
	if log := p.readLog(); strings.Contains(log, secret) {
		t.Errorf("the log has what a request was about:\n%s", log)
	}
	for line := range strings.Lines(p.readLog()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("log line is no JSON: %s", line)
		}
	}
}
