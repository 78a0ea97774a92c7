package lang_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

var (
	withLocals    = &lang.Language{ID: "with", Locals: lang.Ruby}
	withoutLocals = &lang.Language{ID: "without"}
)

// nested is n lists, one in the other.
func nested(n int) string {
	return strings.Repeat("[", n) + strings.Repeat("]", n)
}

func TestCanonicalLocals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, locals, want string }{
		{"nothing", ``, `{}`},
		{"null", `null`, `{}`},
		{"an empty object", " {\n} ", `{}`},
		{"one of each type", `{"a":null,"b":true,"c":1,"d":"x","e":[],"f":{}}`, `{"a":null,"b":true,"c":1,"d":"x","e":[],"f":{}}`},
		{"keys are sorted", `{"b":1,"_":2,"a":3,"aB":4}`, `{"_":2,"a":3,"aB":4,"b":1}`},
		{"keys are sorted at every depth", `{"a":[{"z":1,"y":{"x":2,"w":3}}]}`, `{"a":[{"y":{"w":3,"x":2},"z":1}]}`},
		{"lists keep their order", `{"a":[3,1,2]}`, `{"a":[3,1,2]}`},
		{"white space is dropped", "{ \"a\" : [ 1 ,\t2 ]\r\n}", `{"a":[1,2]}`},
		{"white space in strings stays", `{"a":" \n "}`, `{"a":" \n "}`},
		{"nested names may be any", `{"a":{"B":1,"":2,"end":3,"x y":4,"é":5}}`, `{"a":{"":2,"B":1,"end":3,"x y":4,"é":5}}`},

		{"whole numbers over 53 bits", `{"a":9007199254740993}`, `{"a":9007199254740993}`},
		{"whole numbers over 64 bits", `{"a":123456789012345678901234567890}`, `{"a":123456789012345678901234567890}`},
		{"numbers over any float", `{"a":1e999}`, `{"a":1e999}`},
		{"zeros at the end", `{"a":1.50}`, `{"a":1.50}`},
		{"exponents", `{"a":[1E2,1e+2,-0,-0.0]}`, `{"a":[1E2,1e+2,-0,-0.0]}`},

		{"names with each sign", `{"_a":1,"aZ_09":2,"__":3}`, `{"__":3,"_a":1,"aZ_09":2}`},
		{"names that begin as a reserved word", `{"end_":1,"iff":2,"selfish":3}`, `{"end_":1,"iff":2,"selfish":3}`},
		{"a value that is a reserved word", `{"a":"end","b":["class"]}`, `{"a":"end","b":["class"]}`},
		{"64 deep", `{"a":` + nested(63) + `}`, `{"a":` + nested(63) + `}`},
		{"64 deep, more than once", `{"a":` + nested(63) + `,"b":` + nested(63) + `}`, `{"a":` + nested(63) + `,"b":` + nested(63) + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			given := []byte(test.locals)
			got, err := withLocals.CanonicalLocals(given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("CanonicalLocals (-want +got):\n%s", diff)
			}
			again, err := withLocals.CanonicalLocals(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(again)); diff != "" {
				t.Errorf("the canonical form again (-want +got):\n%s", diff)
			}
			if !bytes.Equal(given, []byte(test.locals)) {
				t.Errorf("what was given is changed: got %s, want %s", given, test.locals)
			}
		})
	}
}

func TestCanonicalLocalsRefuses(t *testing.T) {
	t.Parallel()
	const (
		noObject = "must be a JSON object"
		noName   = "is no name of a local variable"
		tooDeep  = "nest deeper than 64"
	)
	for _, test := range []struct{ name, locals, field, reason string }{
		{"white space only", ` `, "locals", noObject},
		{"a list", `[]`, "locals", noObject},
		{"a list of objects", `[{"a":1}]`, "locals", noObject},
		{"a string", `"a"`, "locals", noObject},
		{"a number", `1`, "locals", noObject},
		{"true", `true`, "locals", noObject},
		{"no JSON", `{a:1}`, "locals", noObject},
		{"an object cut short", `{"a":1`, "locals", noObject},
		{"two objects", `{}{}`, "locals", noObject},
		{"an object and more", `{"a":1} x`, "locals", noObject},
		{"a comma at the end", `{"a":1,}`, "locals", noObject},
		{"a name given twice", `{"a":1,"a":1}`, "locals", noObject},
		{"a name given twice, once escaped", `{"a":1,"\u0061":2}`, "locals", noObject},
		{"a nested name given twice", `{"a":{"b":1,"b":2}}`, "locals", noObject},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "locals", noObject},
		{"half a surrogate pair", `{"a":"\ud800"}`, "locals", noObject},
		{"a byte order mark", "\uFEFF{}", "locals", noObject},

		{"an empty name", `{"":1}`, "locals.", noName},
		{"a constant", `{"A":1}`, "locals.A", noName},
		{"a digit in front", `{"1a":1}`, "locals.1a", noName},
		{"a dash", `{"a-b":1}`, "locals.a-b", noName},
		{"a question mark", `{"a?":1}`, "locals.a?", noName},
		{"an instance variable", `{"@a":1}`, "locals.@a", noName},
		{"a global variable", `{"$a":1}`, "locals.$a", noName},
		{"a line behind the name", `{"a\nb":1}`, "locals.a\nb", noName},
		{"a newline behind the name", `{"a\n":1}`, "locals.a\n", noName},
		{"a letter outside ASCII", `{"é":1}`, "locals.é", noName},
		{"Ruby code", `{"a = 1; b":1}`, "locals.a = 1; b", noName},
		{"a bad name behind good ones", `{"a":1,"b":{"c":[1]},"C":1}`, "locals.C", noName},
		{"a bad name, escaped", `{"\u0041":1}`, "locals.A", noName},
		{"self", `{"self":1}`, "locals.self", noName},
		{"nil", `{"nil":1}`, "locals.nil", noName},
		{"end", `{"end":1}`, "locals.end", noName},
		{"end, escaped", `{"\u0065nd":1}`, "locals.end", noName},
		{"__method__", `{"__method__":1}`, "locals.__method__", noName},

		{"65 deep", `{"a":` + nested(64) + `}`, "locals", tooDeep},
		{"65 deep, in objects", strings.Repeat(`{"a":`, 64) + `{}` + strings.Repeat(`}`, 64), "locals", tooDeep},
		{"far too deep", `{"a":` + nested(5000) + `}`, "locals", tooDeep},
		{"far too deep, without an end", `{"a":` + strings.Repeat("[", 1<<20), "locals", tooDeep},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := withLocals.CanonicalLocals([]byte(test.locals))
			refused(t, got, err, job.Invalid{Field: test.field, Reason: test.reason})
		})
	}
}

// A language without locals takes an empty object, and nothing in it.
func TestCanonicalLocalsOfALanguageWithout(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{``, `null`, `{}`} {
		got, err := withoutLocals.CanonicalLocals([]byte(empty))
		if err != nil || string(got) != "{}" {
			t.Errorf("%q: got %s and %v, want {}", empty, got, err)
		}
	}
	got, err := withoutLocals.CanonicalLocals([]byte(`{"a":1}`))
	refused(t, got, err, job.Invalid{Field: "locals", Reason: "without takes no locals"})
}

// Ruby's reserved words, as its parser lists them (keywords in doc/syntax), but
// for those that are no local's name for their form: BEGIN, END, defined?.
func TestReservedWords(t *testing.T) {
	t.Parallel()
	for _, word := range strings.Fields(`
		alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue
		retry return self super then true undef unless until when while yield`) {
		got, err := withLocals.CanonicalLocals([]byte(`{"` + word + `":1}`))
		refused(t, got, err, job.Invalid{Field: "locals." + word, Reason: "is no name of a local variable"})
	}
}
