package server

import (
	"net/url"
	"testing"
)

func TestFormField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
		found            bool
	}{
		{"plain", "markup=x", "x", true},
		{"empty", "markup=", "", true},
		{"without a value", "markup", "", true},
		{"absent", "mark=x", "", false},
		{"nothing", "", "", false},
		{"first of two", "markup=a&markup=b", "a", true},
		{"among others", "a=1&&markup=x&b", "x", true},
		{"encoded name", "%6darkup=x", "x", true},
		{"plus is a space", "markup=a+b%2Bc", "a b+c", true},
		{"encoded ampersand", "markup=a%26b%3Dc", "a&b=c", true},
		{"either case", "markup=%c3%A9", "é", true},
		{"not encoded", "markup=%p= 1", "%p= 1", true},
		{"percent at the end", "markup=100%", "100%", true},
		{"half an escape at the end", "markup=100%2", "100%2", true},
		{"control characters are no digits", "markup=a%\x14\x11b", "a%\x14\x11b", true},
		{"percent of a percent", "markup=%%25", "%%", true},
		{"NUL", "markup=%00", "\x00", true},
	}
	for _, test := range tests {
		if got, found := formField(test.body, "markup"); got != test.want || found != test.found {
			t.Errorf("%s: formField(%q) = %q, %v, want %q, %v", test.name, test.body, got, found, test.want, test.found)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	for _, seed := range []string{"", "%", "%2", "%25", "+", "%zz", "a%20b", "%c3%A9", "a+b%2Bc", "%%25", "100%2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := unescape(text); len(got) > len(text) {
			t.Errorf("unescape(%q) = %q, which is longer", text, got)
		} else if want, err := url.QueryUnescape(text); err == nil && got != want {
			t.Errorf("unescape(%q) = %q, want %q", text, got, want)
		}
	})
}
