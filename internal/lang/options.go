package lang

import (
	"fmt"
	"math"
	"reflect"
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
	Help     string
}

// A list of strings has few and short ones: it goes to the engine as it is.
const (
	maxStrings     = 100
	maxStringBytes = 100
)

// CanonicalOptions checks options, a JSON object or empty, against the
// schema. It returns them with sorted keys, without those that say what is
// the default anyway. Its only error is *job.Invalid.
func (l *Language) CanonicalOptions(options []byte) ([]byte, error) {
	given, err := object("options", options)
	if err != nil {
		return nil, err
	}
	kept := make(map[string]any)
	for name, value := range given {
		o := l.option(name)
		if o == nil {
			return nil, &job.Invalid{Field: "options." + name, Reason: "is not an option of " + l.ID + l.hint()}
		}
		checked, reason := o.check(value)
		if reason != "" {
			return nil, &job.Invalid{Field: "options." + name, Reason: reason}
		}
		if !reflect.DeepEqual(checked, o.Default) {
			kept[name] = checked
		}
	}
	return encode("options", kept)
}

func (l *Language) option(name string) *Option {
	for i := range l.Options {
		if l.Options[i].Name == name {
			return &l.Options[i]
		}
	}
	return nil
}

func (l *Language) hint() string {
	if len(l.Options) == 0 {
		return ", which has none"
	}
	names := make([]string, len(l.Options))
	for i, o := range l.Options {
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
	default:
		return checkStrings(value)
	}
}

func checkStrings(value any) (any, string) {
	reason := fmt.Sprintf("must be a list of at most %d strings of at most %d bytes", maxStrings, maxStringBytes)
	list, ok := value.([]any)
	if !ok || len(list) > maxStrings {
		return nil, reason
	}
	texts := make([]string, 0, len(list))
	for _, v := range list {
		s, ok := v.(string)
		if !ok || len(s) > maxStringBytes {
			return nil, reason
		}
		texts = append(texts, s)
	}
	return texts, ""
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
