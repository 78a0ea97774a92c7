package main

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"strings"
	"testing"
)

// The drop-in routes of the old warm server.
func TestMarkupRoutes(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	const form, asJSON = "application/x-www-form-urlencoded", "application/json"
	type answer struct {
		Success bool
		HTML    *string
		Error   *string
		Line    *int
	}
	tests := []struct {
		name, path, contentType, body string
		status                        int
		html                          string // of a success
		error                         string // of a failure
		line                          int
	}{
		{"form", "/haml", form, "markup=%25p+hii", 200, "<p>hii</p>\n", "", 0},
		{"form that was not encoded", "/haml", form, "markup=%p hii", 200, "<p>hii</p>\n", "", 0},
		{"form with other fields", "/haml", form, "a=1&markup=%25p+hii&b=2", 200, "<p>hii</p>\n", "", 0},
		{"form with a percent at its end", "/haml", form, "markup=100%", 200, "100%\n", "", 0},
		{"JSON", "/haml", asJSON, `{"markup":"%p hii"}`, 200, "<p>hii</p>\n", "", 0},
		{"JSON with other names", "/haml", asJSON, `{"markup":"%p hii","x":[1]}`, 200, "<p>hii</p>\n", "", 0},
		{"empty", "/haml", form, "markup=", 200, "", "", 0},
		{"Slim", "/slim", form, "markup=p+hii", 200, "<p>hii</p>", "", 0},
		{"ERB", "/erb", asJSON, `{"markup":"<p><%= 6 * 7 %></p>"}`, 200, "<p>42</p>", "", 0},
		{"syntax error", "/haml", form, "markup=%25p%0A= 1 %2B%0A", 200, "", "syntax error", 2},
		{"runtime error", "/haml", asJSON, `{"markup":"%p\n- raise 'boom'\n"}`, 200, "", "boom", 2},
		{"output too large", "/haml", asJSON, `{"markup":"= 'x' * 10_000_000"}`, 200, "", "larger than", 0},
		{"no markup", "/haml", form, "mark=up", 400, "", "markup: is missing", 0},
		{"no markup in JSON", "/haml", asJSON, `{}`, 400, "", "markup: is missing", 0},
		{"broken JSON", "/haml", asJSON, `{"markup":`, 400, "", "not valid JSON", 0},
		{"other type", "/haml", "text/plain", `%p`, 415, "", "must be application/x-www-form-urlencoded", 0},
		{"too long", "/haml", form, "markup=" + strings.Repeat("x", 256<<10+1), 413, "", "the limit is 262144", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			response, body := httpPost(t, s.url+test.path, test.contentType, []byte(test.body))
			var got answer
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			if response.StatusCode != test.status {
				t.Fatalf("status = %d, want %d: %s", response.StatusCode, test.status, body)
			}
			if test.error == "" {
				if !got.Success || got.HTML == nil || *got.HTML != test.html || got.Error != nil {
					t.Errorf("answer = %s, want html %q", body, test.html)
				}
				return
			}
			if got.Success || got.HTML != nil || got.Error == nil || !strings.Contains(*got.Error, test.error) {
				t.Errorf("answer = %s, want an error with %q", body, test.error)
			}
			if line := got.Line; (line == nil) != (test.line == 0) || line != nil && *line != test.line {
				t.Errorf("line = %v, want %d in %s", line, test.line, body)
			}
		})
	}
}

func TestMarkupMultipart(t *testing.T) {
	t.Parallel()
	s := sharedDaemon(t)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("title", "x"); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreateFormFile("markup", "page.haml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("%p hii\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, text := httpPost(t, s.url+"/haml", w.FormDataContentType(), body.Bytes())
	if want := `{"success":true,"html":"<p>hii</p>\n"}`; strings.TrimSpace(string(text)) != want {
		t.Errorf("answer = %s, want %s", text, want)
	}
}
