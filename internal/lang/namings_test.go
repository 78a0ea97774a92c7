package lang_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// What may be a variable of a program in JavaScript, and what a key in a table.
func TestNamings(t *testing.T) {
	t.Parallel()
	inJavaScript := &lang.Language{ID: "js", Locals: lang.JavaScript}
	asKeys := &lang.Language{ID: "keys", Locals: lang.Keys}
	longest := strings.Repeat("é", 100)
	for _, test := range []struct {
		name             string
		javascript, keys bool
	}{
		{"a", true, true}, {"A", true, true}, {"_", true, true}, {"$", true, true}, {"$a_1", true, true}, {"aB9", true, true},
		{"é", true, true}, {"名前", true, true}, {"xπ", true, true}, {"a١", true, true}, {longest, true, true},
		{"of", true, true}, {"async", true, true}, {"self", true, true}, {"end", true, true}, {"pug", true, true}, {"awaited", true, true},

		// Names that are no variable's, but fine in a table.
		{"1a", false, true}, {"a-b", false, true}, {"a b", false, true}, {"a.b", false, true}, {"@a", false, true}, {"a;b", false, true},
		{" ", false, true}, {"a=1", false, true}, {"}}", false, true}, {"😀", false, true},
		{"class", false, true}, {"this", false, true}, {"let", false, true}, {"await", false, true}, {"yield", false, true},
		{"null", false, true}, {"true", false, true}, {"undefined", false, true}, {"NaN", false, true}, {"eval", false, true},
		{"arguments", false, true}, {"enum", false, true}, {"static", false, true}, {"locals", false, true},
		// The engines' own.
		{"pug_html", false, true}, {"pug_", false, true},

		{"constructor", false, false}, {"prototype", false, false}, {"__proto__", false, false}, {"__line", false, false}, {"__", false, false},
		{"", false, false}, {"a\n", false, false}, {"\na", false, false}, {"a\x00", false, false}, {"a\u202eb", false, false}, {"\u200b", false, false},
		{"\uFEFFa", false, false}, {"\u007f", false, false}, {"\ue000", false, false},
	} {
		text, err := json.Marshal(map[string]int{test.name: 1})
		if err != nil {
			t.Fatal(err)
		}
		for l, good := range map[*lang.Language]bool{inJavaScript: test.javascript, asKeys: test.keys} {
			got, err := l.CanonicalLocals(text)
			if !good {
				refused(t, got, err, job.Invalid{Field: "locals." + test.name, Reason: "is no name of a local variable"})
				continue
			}
			var back map[string]int
			if err != nil || json.Unmarshal(got, &back) != nil {
				t.Errorf("%s: %q: %s, %v, want it taken", l.ID, test.name, got, err)
			}
			if diff := cmp.Diff(map[string]int{test.name: 1}, back); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", l.ID, test.name, diff)
			}
		}
	}
}

// A key in a table has at most 100 characters; below the first level any name
// goes, as it is a property of a value.
func TestNamingsBounds(t *testing.T) {
	t.Parallel()
	asKeys := &lang.Language{ID: "keys", Locals: lang.Keys}
	tooLong := strings.Repeat("é", 101)
	got, err := asKeys.CanonicalLocals([]byte(`{"` + tooLong + `":1}`))
	refused(t, got, err, job.Invalid{Field: "locals." + tooLong, Reason: "is no name of a local variable"})
	nested := `{"a":{"__proto__":1,"constructor":2}}`
	for _, naming := range []lang.Naming{lang.Keys, lang.JavaScript, lang.Ruby} {
		got, err := (&lang.Language{ID: "any", Locals: naming}).CanonicalLocals([]byte(nested))
		if err != nil {
			t.Errorf("%s: %v", naming, err)
		}
		if diff := cmp.Diff(nested, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", naming, diff)
		}
	}
}
