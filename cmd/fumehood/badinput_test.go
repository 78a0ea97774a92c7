package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Every mistake of a caller has one answer, which names the field.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	deep := strings.Repeat("[", 100_000)
	tests := []struct {
		name, contentType, body string
		status                  int
		field, message          string
	}{
		{"unknown language", "", `{"language":"cobol","source":""}`, 400, "language", "haml, slim, erb"},
		{"no language", "", `{"source":""}`, 400, "language", "missing"},
		{"prototype as language", "", `{"language":"__proto__","source":""}`, 400, "language", "not known"},
		{"path as language", "", `{"language":"../../etc/passwd","source":""}`, 400, "language", "not known"},
		{"no source", "", `{"language":"haml"}`, 400, "source", "missing"},
		{"source of wrong type", "", `{"language":"haml","source":1}`, 400, "source", "wrong type"},
		{"unknown field", "", `{"language":"haml","source":"","sauce":1}`, 400, "sauce", "not a field"},
		{"field in capitals", "", `{"Language":"haml","source":""}`, 400, "Language", "not a field"},
		{"unknown option", "", `{"language":"haml","source":"","options":{"ugly":true}}`, 400, "options.ugly", "not an option"},
		{"option of wrong type", "", `{"language":"haml","source":"","options":{"escape_html":"no"}}`, 400, "options.escape_html", "true or false"},
		{"option out of range", "", `{"language":"slim","source":"","options":{"tabsize":99}}`, 400, "options.tabsize", "from 1 to 16"},
		{"options no object", "", `{"language":"haml","source":"","options":[]}`, 400, "options", "JSON object"},
		{"local with a number's name", "", `{"language":"haml","source":"","locals":{"_1":1}}`, 400, "locals._1", "no name"},
		{"locals no object", "", `{"language":"haml","source":"","locals":[1]}`, 400, "locals", "JSON object"},
		{"local with a bad name", "", `{"language":"haml","source":"","locals":{"a b":1}}`, 400, "locals.a b", "no name"},
		{"local that is code", "", "{\"language\":\"haml\",\"source\":\"\",\"locals\":{\"a=`id`\":1}}", 400, "locals.a=`id`", "no name"},
		{"local that is a keyword", "", `{"language":"haml","source":"","locals":{"class":1}}`, 400, "locals.class", "no name"},
		{"raised limit", "", `{"language":"haml","source":"","limits":{"wall_ms":3001}}`, 400, "limits.wall_ms", "only be lowered"},
		{"negative limit", "", `{"language":"haml","source":"","limits":{"memory_bytes":-1}}`, 400, "limits.memory_bytes", "only be lowered"},
		{"overflowing limit", "", `{"language":"haml","source":"","limits":{"wall_ms":9223372036854775807}}`, 400, "limits.wall_ms", "only be lowered"},
		{"no JSON", "", `language=haml`, 400, "body", "not valid JSON"},
		{"empty body", "", ``, 400, "body", "not valid JSON"},
		{"cut off", "", `{"language":"haml","source":"`, 400, "body", "not valid JSON"},
		{"trailing data", "", `{"language":"haml","source":""} {}`, 400, "body", "not valid JSON"},
		{"duplicate key", "", `{"language":"haml","source":"a","source":"b"}`, 400, "source", "twice"},
		{"duplicate option", "", `{"language":"haml","source":"","options":{"format":"html","format":"xhtml"}}`, 400, "options.format", "twice"},
		{"invalid UTF-8", "", "{\"language\":\"haml\",\"source\":\"\xff\"}", 400, "body", "not valid JSON"},
		{"lone surrogate", "", `{"language":"haml","source":"\ud800"}`, 400, "body", "not valid JSON"},
		{"NUL", "", `{"language":"haml","source":"%p\na\u0000b"}`, 400, "source", "NUL character in line 2"},
		{"JSON nested 100,000 deep", "", `{"language":"haml","source":"","locals":{"a":` + deep + `}}`, 400, "body", "not valid JSON"},
		{"locals nested too deep", "", `{"language":"haml","source":"","locals":{"a":` + deep[:100] + strings.Repeat("]", 100) + `}}`, 400, "locals", "deeper than 64"},
		{"source one byte over", "", `{"language":"haml","source":"` + strings.Repeat("x", 256<<10+1) + `"}`, 413, "source", "the limit is 262144"},
		{"options over their limit", "", `{"language":"haml","source":"","options":{"format":"` + strings.Repeat("x", 16<<10) + `"}}`, 413, "options", "the limit is 16384"},
		{"body over any limit", "", `{"language":"haml","source":"` + strings.Repeat("x", 4<<20) + `"}`, 413, "body", "more than"},
		{"form", "application/x-www-form-urlencoded", `language=haml`, 415, "body", "application/json"},
		{"text", "text/plain", `{}`, 415, "body", "application/json"},
		{"other charset", "application/json; charset=latin1", `{}`, 415, "body", "UTF-8"},
		{"unreadable type", "application/json; charset", `{}`, 415, "body", "Content-Type"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			contentType := test.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			response, body := httpPost(t, s.url+"/v1/render", contentType, []byte(test.body))
			code, field, message := errorOf(t, body)
			if response.StatusCode != test.status || code != "invalid" || field != test.field || !strings.Contains(message, test.message) {
				t.Errorf("answer = %d %s %q %q, want %d invalid %q with %q", response.StatusCode, code, field, message, test.status, test.field, test.message)
			}
		})
	}
}

func TestOtherRefusals(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	tests := []struct {
		name, method, path string
		header             map[string]string
		status             int
		code               string
	}{
		{"unknown path", "GET", "/v2/render", nil, 404, "not_found"},
		{"path that is not clean", "POST", "//haml", nil, 404, "not_found"},
		{"traversal", "GET", "/v1/../../etc/passwd", nil, 404, "not_found"},
		{"wrong method", "GET", "/v1/render", nil, 405, "method_not_allowed"},
		{"wrong method for a list", "DELETE", "/v1/languages", nil, 405, "method_not_allowed"},
		{"compressed", "POST", "/v1/render", map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415, "invalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequest(test.method, s.url+test.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range test.header {
				request.Header.Set(name, value)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body := make([]byte, 4096)
			n, _ := response.Body.Read(body)
			code, _, _ := errorOf(t, body[:n])
			if response.StatusCode != test.status || code != test.code {
				t.Errorf("answer = %d %s, want %d %s", response.StatusCode, code, test.status, test.code)
			}
		})
	}
}

// A head over its limit is refused, and the next request is served.
func TestHeadOverItsLimit(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	for size, want := range map[int]int{12 << 10: 200, 17 << 10: 431} {
		request, err := http.NewRequest("GET", s.url+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Padding", strings.Repeat("x", size))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("head of %d bytes: status %d, want %d", size, response.StatusCode, want)
		}
	}
}

// Sources at the edge that are right: each has one documented answer.
func TestUnusualSources(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	line := "%p " + strings.Repeat("x", 256<<10-3)
	tests := []struct{ name, source, output string }{
		{"empty", "", ""},
		{"only a BOM", "\uFEFF", ""},
		{"BOM is dropped", "\uFEFF%p hi", "<p>hi</p>\n"},
		{"CRLF", "%p a\r\n%b c\r\n", "<p>a</p>\n<b>c</b>\n"},
		{"a single line of 256 KiB", line, fmt.Sprintf("<p>%s</p>\n", line[3:])},
		{"beyond the BMP", "%p 😀 é", "<p>😀 é</p>\n"},
		{"U+2028", "%p a\u2028b", "<p>a\u2028b</p>\n"},
		{"no final newline", "%p", "<p></p>\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := s.compile(t, "haml", test.source, nil)
			if got.Outcome != "ok" || got.output() != test.output {
				t.Errorf("answer = %s %.100q, want ok %.100q", got.Outcome, got.output(), test.output)
			}
		})
	}
}
