package lang_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// texts has an option of each type that holds text, with a pattern and without.
var texts = &lang.Language{
	ID: "texts",
	Options: []lang.Option{
		{Name: "any", Type: lang.Text, Default: ""},
		{Name: "word", Type: lang.Text, Default: "x", Pattern: "[a-z]*"},
		{Name: "either", Type: lang.Strings, Default: []string{}, Pattern: "a|bc"},
		{Name: "vars", Type: lang.Vars, Default: map[string]string{}},
		{Name: "words", Type: lang.Vars, Default: map[string]string{}, Pattern: "[a-z]+"},
	},
}

// pairs is an object of n names with the value p, in canonical form if n is below
// ten.
func pairs(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"n%d":"p"`, i)
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestTextOptions(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", 100)
	for _, test := range []struct{ name, options, want string }{
		{"every default", `{"any":"","word":"x","either":[],"vars":{},"words":{}}`, `{}`},
		{"any text", `{"any":"é\n\"\u0000"}`, `{"any":"é\n\"\u0000"}`},
		{"the longest text", `{"any":"` + longest + `"}`, `{"any":"` + longest + `"}`},
		{"a text of the pattern", `{"word":"abc"}`, `{"word":"abc"}`},
		{"the empty text of a pattern that takes it", `{"word":""}`, `{"word":""}`},
		{"each side of an alternative", `{"either":["a","bc"]}`, `{"either":["a","bc"]}`},
		{"variables are sorted", `{"vars":{"b":"1","a":"2"}}`, `{"vars":{"a":"2","b":"1"}}`},
		{"names of variables", `{"vars":{"$a":"","_":"","a-b_C9":""}}`, `{"vars":{"$a":"","_":"","a-b_C9":""}}`},
		{"the longest name", `{"vars":{"` + longest + `":""}}`, `{"vars":{"` + longest + `":""}}`},
		{"a value of the pattern", `{"words":{"a":"b"}}`, `{"words":{"a":"b"}}`},
		{"some variables", `{"vars":` + pairs(9) + `}`, `{"vars":` + pairs(9) + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, next, err := texts.CanonicalOptions([]byte(test.options), "")
			if err != nil || next != nil {
				t.Fatalf("next = %s, %v, want neither", next, err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("CanonicalOptions (-want +got):\n%s", diff)
			}
		})
	}
	if _, _, err := texts.CanonicalOptions([]byte(`{"vars":`+pairs(100)+`}`), ""); err != nil {
		t.Errorf("the most variables: %v", err)
	}
}

func TestTextOptionsRefuse(t *testing.T) {
	t.Parallel()
	tooLong := strings.Repeat("x", 101)
	const (
		noText   = "must be a string of at most 100 bytes"
		noWord   = noText + " that match [a-z]*"
		noEither = "must be a list of at most 100 strings of at most 100 bytes that match a|bc"
		noVars   = "must be an object of at most 100 names, of letters, digits, - and _, with strings of at most 100 bytes"
		noWords  = noVars + " that match [a-z]+"
	)
	for _, test := range []struct{ name, options, field, reason string }{
		{"text: a number", `{"any":1}`, "any", noText},
		{"text: null", `{"any":null}`, "any", noText},
		{"text: a list", `{"any":["a"]}`, "any", noText},
		{"text: too long", `{"any":"` + tooLong + `"}`, "any", noText},
		{"text: too long in bytes", `{"any":"` + strings.Repeat("é", 51) + `"}`, "any", noText},
		{"pattern: another text", `{"word":"A"}`, "word", noWord},
		{"pattern: only its beginning matches", `{"word":"aA"}`, "word", noWord},
		{"pattern: only its end matches", `{"word":"Aa"}`, "word", noWord},
		{"pattern: a line behind it", `{"word":"a\n"}`, "word", noWord},
		{"pattern: a line of it matches", `{"word":"A\na\nA"}`, "word", noWord},
		{"alternative: the first and more", `{"either":["ab"]}`, "either", noEither},
		{"alternative: the last and more", `{"either":["abc"]}`, "either", noEither},
		{"alternative: one good, one bad", `{"either":["a","b"]}`, "either", noEither},
		{"vars: a list", `{"vars":[]}`, "vars", noVars},
		{"vars: null", `{"vars":null}`, "vars", noVars},
		{"vars: a number in it", `{"vars":{"a":1}}`, "vars", noVars},
		{"vars: an object in it", `{"vars":{"a":{}}}`, "vars", noVars},
		{"vars: an empty name", `{"vars":{"":"x"}}`, "vars", noVars},
		{"vars: a name of two words", `{"vars":{"a b":"x"}}`, "vars", noVars},
		{"vars: a digit in front", `{"vars":{"1a":"x"}}`, "vars", noVars},
		{"vars: code for a name", `{"vars":{"a:1;b":"x"}}`, "vars", noVars},
		{"vars: a line behind a name", `{"vars":{"a\n":"x"}}`, "vars", noVars},
		{"vars: two dollars", `{"vars":{"$$a":"x"}}`, "vars", noVars},
		{"vars: a letter outside ASCII", `{"vars":{"é":"x"}}`, "vars", noVars},
		{"vars: a name too long", `{"vars":{"` + tooLong + `":"x"}}`, "vars", noVars},
		{"vars: a value too long", `{"vars":{"a":"` + tooLong + `"}}`, "vars", noVars},
		{"vars: one too many", `{"vars":` + pairs(101) + `}`, "vars", noVars},
		{"vars: a value off the pattern", `{"words":{"a":"b","c":"1"}}`, "words", noWords},
		{"vars: an empty value off the pattern", `{"words":{"a":""}}`, "words", noWords},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := texts.CanonicalOptions([]byte(test.options), "")
			refused(t, got, err, job.Invalid{Field: "options." + test.field, Reason: test.reason})
		})
	}
}
