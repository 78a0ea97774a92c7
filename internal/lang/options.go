package lang

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/internal/job"
)

// Type of an option's value.
type Type string

// The closed set of types.
const (
	Bool    Type = "bool"
	Int     Type = "int"
	Enum    Type = "enum"
	Strings Type = "strings"
	// Text is one short string, Vars an object of such by name.
	Text Type = "text"
	Vars Type = "vars"
)

// Option is one entry of a language's schema.
type Option struct {
	Name    string
	Type    Type
	Default any
	// Values are an Enum's.
	Values []string
	// Min and Max are an Int's.
	Min, Max int
	// Pattern is what a Text, every string of Strings and every value of Vars
	// must match as a whole; empty is anything.
	Pattern string
	Help    string
}

// A list of strings has few and short ones: it goes to the engine as it is.
const (
	maxStrings     = 100
	maxStringBytes = 100
)

// CanonicalOptions checks options, a JSON object or empty, against the
// schema. called is the name by which the caller asked for the language: it may
// imply options. It returns the language's own and those of its step (Step),
// each with sorted keys, without those that say what is the default anyway;
// next is nil when no step was asked for. Its only error is *job.Invalid.
func (l *Language) CanonicalOptions(options []byte, called string) (own, next []byte, err error) {
	given, err := object("options", options)
	if err != nil {
		return nil, nil, err
	}
	if given == nil {
		given = make(map[string]any)
	}
	for name, value := range l.Implied[called] {
		if _, said := given[name]; !said {
			given[name] = value
		}
	}
	if len(given) == 0 {
		return []byte("{}"), nil, nil // as most requests have it
	}
	kept, keptNext := make(map[string]any), make(map[string]any)
	for name, value := range given {
		o, into := l.option(name), kept
		if step := l.Step(); o == nil && step != nil {
			o, into = step.option(name), keptNext
		}
		if o == nil {
			return nil, nil, &job.Invalid{Field: "options." + name, Reason: "is not an option of " + l.ID + l.hint()}
		}
		checked, reason := o.check(value)
		if reason != "" {
			return nil, nil, &job.Invalid{Field: "options." + name, Reason: reason}
		}
		if !reflect.DeepEqual(checked, o.Default) {
			into[name] = checked
		}
	}
	if len(keptNext) > 0 {
		l.share(kept, keptNext)
		if next, err = encode("options", keptNext); err != nil {
			return nil, nil, err
		}
	}
	own, err = encode("options", kept)
	return own, next, err
}

// share gives a step the options that it has in common with the language: a map
// of the first step alone would be a map to what nobody sees.
func (l *Language) share(own, next map[string]any) {
	for _, o := range l.Step().Options {
		if value, ok := own[o.Name]; ok {
			next[o.Name] = value
		}
	}
}

// SourceMap is the name of the option that asks for a source map, in every
// language that has one.
const SourceMap = "source_map"

func (l *Language) option(name string) *Option {
	for i := range l.Options {
		if l.Options[i].Name == name {
			return &l.Options[i]
		}
	}
	return nil
}

func (l *Language) hint() string {
	options := l.AllOptions()
	if len(options) == 0 {
		return ", which has none"
	}
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.Name
	}
	return " (there is: " + strings.Join(names, ", ") + ")"
}

// check returns the value in the type of Default, or what is wrong with it.
func (o *Option) check(value any) (any, string) {
	switch o.Type {
	case Bool:
		if b, ok := value.(bool); ok {
			return b, ""
		}
		return nil, "must be true or false"
	case Int:
		if f, ok := value.(float64); ok && f == math.Trunc(f) && f >= float64(o.Min) && f <= float64(o.Max) {
			return int(f), ""
		}
		return nil, fmt.Sprintf("must be a whole number from %d to %d", o.Min, o.Max)
	case Enum:
		if s, ok := value.(string); ok && slices.Contains(o.Values, s) {
			return s, ""
		}
		return nil, fmt.Sprintf("must be one of %q", o.Values)
	case Text:
		if s, ok := o.text(value); ok {
			return s, ""
		}
		return nil, fmt.Sprintf("must be a string of at most %d bytes%s", maxStringBytes, o.matching())
	case Vars:
		return o.checkVars(value)
	default:
		return o.checkStrings(value)
	}
}

// text returns value if it is a string that the option takes.
func (o *Option) text(value any) (string, bool) {
	s, ok := value.(string)
	return s, ok && len(s) <= maxStringBytes && o.matches(s)
}

func (o *Option) matches(s string) bool {
	return o.Pattern == "" || regexp.MustCompile(`\A(?:`+o.Pattern+`)\z`).MatchString(s)
}

func (o *Option) matching() string {
	if o.Pattern == "" {
		return ""
	}
	return " that match " + o.Pattern
}

func (o *Option) checkStrings(value any) (any, string) {
	reason := fmt.Sprintf("must be a list of at most %d strings of at most %d bytes%s", maxStrings, maxStringBytes, o.matching())
	list, ok := value.([]any)
	if !ok || len(list) > maxStrings {
		return nil, reason
	}
	texts := make([]string, 0, len(list))
	for _, v := range list {
		s, ok := o.text(v)
		if !ok {
			return nil, reason
		}
		texts = append(texts, s)
	}
	return texts, ""
}

// varName is how a variable of a style sheet may be called.
var varName = regexp.MustCompile(`\A\$?[A-Za-z_][A-Za-z0-9_-]*\z`)

func (o *Option) checkVars(value any) (any, string) {
	reason := fmt.Sprintf("must be an object of at most %d names, of letters, digits, - and _, with strings of at most %d bytes%s", maxStrings, maxStringBytes, o.matching())
	object, ok := value.(map[string]any)
	if !ok || len(object) > maxStrings {
		return nil, reason
	}
	vars := make(map[string]string, len(object))
	for name, v := range object {
		s, ok := o.text(v)
		if !ok || len(name) > maxStringBytes || !varName.MatchString(name) {
			return nil, reason
		}
		vars[name] = s
	}
	return vars, ""
}

// object decodes a JSON object; nothing and null stand for an empty one.
func object(field string, text []byte) (map[string]any, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var given map[string]any
	if err := json.Unmarshal(text, &given); err != nil {
		return nil, &job.Invalid{Field: field, Reason: "must be a JSON object"}
	}
	return given, nil
}

func encode(field string, object map[string]any) ([]byte, error) {
	text, err := json.Marshal(object, json.Deterministic(true))
	if err != nil {
		return nil, &job.Invalid{Field: field, Reason: "cannot be encoded"}
	}
	return text, nil
}
