package lang_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// sample has an option of each type.
var sample = &lang.Language{
	ID: "sample",
	Options: []lang.Option{
		{Name: "zeta", Type: lang.Bool, Default: true},
		{Name: "count", Type: lang.Int, Default: 4, Min: -2, Max: 16},
		{Name: "mode", Type: lang.Enum, Default: "", Values: []string{"", "<>", `"`}},
		{Name: "tags", Type: lang.Strings, Default: []string{"br", "hr"}},
	},
}

func TestCanonicalOptions(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", 100)
	for _, test := range []struct{ name, options, want string }{
		{"nothing", ``, `{}`},
		{"null", `null`, `{}`},
		{"an empty object", ` { } `, `{}`},
		{"every default", `{"zeta":true,"count":4,"mode":"","tags":["br","hr"]}`, `{}`},
		{"keys are sorted", `{"zeta":false,"tags":[],"mode":"<>","count":5}`, `{"count":5,"mode":"<>","tags":[],"zeta":false}`},
		{"defaults are dropped among others", `{"zeta":true,"count":5}`, `{"count":5}`},
		{"white space is dropped", "{ \"zeta\" :\n\tfalse }\r\n", `{"zeta":false}`},
		{"escapes are resolved", `{"mode":"\u003c\u003e","\u0063ount":5}`, `{"count":5,"mode":"<>"}`},
		{"a quote", `{"mode":"\u0022"}`, `{"mode":"\""}`},

		{"the smallest number", `{"count":-2}`, `{"count":-2}`},
		{"the largest number", `{"count":16}`, `{"count":16}`},
		{"zero below zero", `{"count":-0}`, `{"count":0}`},
		{"a whole number with a point", `{"count":5.0}`, `{"count":5}`},
		{"a whole number with an exponent", `{"count":0.5e1}`, `{"count":5}`},
		{"a default in another form", `{"count":4e0}`, `{}`},

		{"other strings", `{"tags":["p"]}`, `{"tags":["p"]}`},
		{"the order of strings matters", `{"tags":["hr","br"]}`, `{"tags":["hr","br"]}`},
		{"strings may repeat", `{"tags":["br","hr","hr"]}`, `{"tags":["br","hr","hr"]}`},
		{"the longest string", `{"tags":["` + longest + `"]}`, `{"tags":["` + longest + `"]}`},
		{"the most strings", `{"tags":[` + list(100) + `]}`, `{"tags":[` + list(100) + `]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := sample.CanonicalOptions([]byte(test.options), "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("CanonicalOptions (-want +got):\n%s", diff)
			}
			again, _, err := sample.CanonicalOptions(got, "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(again)); diff != "" {
				t.Errorf("the canonical form again (-want +got):\n%s", diff)
			}
		})
	}
}

// list is n strings, as JSON has them.
func list(n int) string {
	return strings.TrimSuffix(strings.Repeat(`"p",`, n), ",")
}

func TestCanonicalOptionsRefuses(t *testing.T) {
	t.Parallel()
	const (
		noObject  = "must be a JSON object"
		noBool    = "must be true or false"
		noInt     = "must be a whole number from -2 to 16"
		noEnum    = `must be one of ["" "<>" "\""]`
		noStrings = "must be a list of at most 100 strings of at most 100 bytes"
	)
	for _, test := range []struct{ name, options, field, reason string }{
		{"white space only", ` `, "options", noObject},
		{"a list", `[]`, "options", noObject},
		{"a string", `"zeta"`, "options", noObject},
		{"a number", `1`, "options", noObject},
		{"false", `false`, "options", noObject},
		{"no JSON", `{zeta:true}`, "options", noObject},
		{"an object cut short", `{"zeta":true`, "options", noObject},
		{"two objects", `{}{}`, "options", noObject},
		{"a name given twice", `{"zeta":true,"zeta":false}`, "options", noObject},
		{"a name given twice, once escaped", `{"zeta":true,"zet\u0061":true}`, "options", noObject},
		{"invalid UTF-8", "{\"mode\":\"\xff\"}", "options", noObject},
		{"a number over any size", `{"count":1e999}`, "options", noObject},
		{"a byte order mark", "\uFEFF{}", "options", noObject},

		{"unknown option", `{"beta":1}`, "options.beta", "is not an option of sample (there is: zeta, count, mode, tags)"},
		{"option in capitals", `{"Zeta":false}`, "options.Zeta", "is not an option of sample (there is: zeta, count, mode, tags)"},
		{"option without a name", `{"":1}`, "options.", "is not an option of sample (there is: zeta, count, mode, tags)"},

		{"bool: a string", `{"zeta":"true"}`, "options.zeta", noBool},
		{"bool: a number", `{"zeta":1}`, "options.zeta", noBool},
		{"bool: null", `{"zeta":null}`, "options.zeta", noBool},

		{"int: a string", `{"count":"4"}`, "options.count", noInt},
		{"int: a fraction", `{"count":4.5}`, "options.count", noInt},
		{"int: a tiny fraction", `{"count":1e-300}`, "options.count", noInt},
		{"int: below the smallest", `{"count":-3}`, "options.count", noInt},
		{"int: over the largest", `{"count":17}`, "options.count", noInt},
		{"int: over 64 bits", `{"count":18446744073709551620}`, "options.count", noInt},
		{"int: huge", `{"count":1e300}`, "options.count", noInt},
		{"int: a bool", `{"count":true}`, "options.count", noInt},
		{"int: null", `{"count":null}`, "options.count", noInt},

		{"enum: another string", `{"mode":"><"}`, "options.mode", noEnum},
		{"enum: a number", `{"mode":0}`, "options.mode", noEnum},
		{"enum: null", `{"mode":null}`, "options.mode", noEnum},
		{"enum: a list", `{"mode":["<>"]}`, "options.mode", noEnum},

		{"strings: a string", `{"tags":"br"}`, "options.tags", noStrings},
		{"strings: null", `{"tags":null}`, "options.tags", noStrings},
		{"strings: an object", `{"tags":{}}`, "options.tags", noStrings},
		{"strings: a number among them", `{"tags":["br",1]}`, "options.tags", noStrings},
		{"strings: null among them", `{"tags":["br",null]}`, "options.tags", noStrings},
		{"strings: a list among them", `{"tags":[["br"]]}`, "options.tags", noStrings},
		{"strings: one too many", `{"tags":[` + list(101) + `]}`, "options.tags", noStrings},
		{"strings: one too long", `{"tags":["` + strings.Repeat("x", 101) + `"]}`, "options.tags", noStrings},
		{"strings: one too long in bytes", `{"tags":["` + strings.Repeat("é", 51) + `"]}`, "options.tags", noStrings},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := sample.CanonicalOptions([]byte(test.options), "")
			refused(t, got, err, job.Invalid{Field: test.field, Reason: test.reason})
		})
	}
}

func TestCanonicalOptionsOfALanguageWithout(t *testing.T) {
	t.Parallel()
	got, _, err := (&lang.Language{ID: "bare"}).CanonicalOptions([]byte(`{"a":1}`), "")
	refused(t, got, err, job.Invalid{Field: "options.a", Reason: "is not an option of bare, which has none"})
}

// refused checks that a canonical form was refused with want.
func refused(t *testing.T, got []byte, err error, want job.Invalid) {
	t.Helper()
	var invalid *job.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got %s and %v, want *job.Invalid", got, err)
	}
	if diff := cmp.Diff(want, *invalid); diff != "" || got != nil {
		t.Errorf("got %s (-want +got):\n%s", fmt.Sprintf("%q", got), diff)
	}
}
