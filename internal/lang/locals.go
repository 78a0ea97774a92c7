package lang

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/job"
)

// maxLocalsDepth bounds how deep locals may nest.
const maxLocalsDepth = 64

// localName is what every language with locals accepts as a variable.
var localName = regexp.MustCompile(`^[a-z_][A-Za-z0-9_]*$`)

// enginesOwn are the names that Haml and Slim make up for themselves.
var enginesOwn = regexp.MustCompile(`^_(?:haml|slim|temple)_`)

// reserved are words that match localName and are no variables in Ruby.
var reserved = []string{
	"alias", "and", "begin", "break", "case", "class", "def", "do", "else", "elsif", "end", "ensure", "false", "for",
	"if", "in", "module", "next", "nil", "not", "or", "redo", "rescue", "retry", "return", "self", "super", "then",
	"true", "undef", "unless", "until", "when", "while", "yield", "__method__", "__FILE__", "__LINE__", "__ENCODING__", "__dir__",
	// The engines' own variables, in a page's scope.
	"locals", "_buf", "_erbout", "_hamlout",
	"_1", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9",
}

// CanonicalLocals checks locals, a JSON object or empty, and returns it with
// sorted keys and without white space. Numbers keep the form they came in.
// Its only error is *job.Invalid.
func (l *Language) CanonicalLocals(locals []byte) ([]byte, error) {
	value := jsontext.Value(bytes.Clone(locals))
	if len(value) == 0 || string(bytes.TrimSpace(value)) == "null" {
		return []byte("{}"), nil
	}
	if value.Kind() != '{' {
		return nil, &job.Invalid{Field: "locals", Reason: "must be a JSON object"}
	}
	if err := l.checkLocals(value); err != nil {
		return nil, err
	}
	if err := value.Compact(jsontext.ReorderRawObjects(true)); err != nil {
		return nil, &job.Invalid{Field: "locals", Reason: "must be a JSON object"}
	}
	return value, nil
}

func (l *Language) checkLocals(value jsontext.Value) error {
	tokens := jsontext.NewDecoder(bytes.NewReader(value))
	for {
		token, err := tokens.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &job.Invalid{Field: "locals", Reason: "must be a JSON object"}
		}
		if tokens.StackDepth() > maxLocalsDepth {
			return &job.Invalid{Field: "locals", Reason: fmt.Sprintf("nest deeper than %d", maxLocalsDepth)}
		}
		// Of the outermost object every second value is a name.
		if tokens.StackDepth() != 1 {
			continue
		}
		if _, read := tokens.StackIndex(1); read%2 == 0 {
			continue
		}
		name := token.String()
		if !l.Locals {
			return &job.Invalid{Field: "locals", Reason: l.ID + " takes no locals"}
		}
		if !localName.MatchString(name) || slices.Contains(reserved, name) || enginesOwn.MatchString(name) {
			return &job.Invalid{Field: "locals." + name, Reason: "is no name of a local variable"}
		}
	}
}
