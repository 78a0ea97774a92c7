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

// Naming says what a caller's variables may be called.
type Naming string

// The closed set of namings. A language with NoLocals takes none.
const (
	NoLocals   Naming = ""
	Ruby       Naming = "ruby"
	JavaScript Naming = "javascript"
	// Keys are names in a table, and no variables of any program.
	Keys Naming = "keys"
)

// namings are the rules: what a name looks like, which ones the engines make
// up for themselves, and which words are no variables.
var namings = map[Naming]struct {
	name, own *regexp.Regexp
	reserved  []string
}{
	Ruby: {
		name:     regexp.MustCompile(`^[a-z_][A-Za-z0-9_]*$`),
		own:      regexp.MustCompile(`^_(?:haml|slim|temple)_`),
		reserved: reservedInRuby,
	},
	JavaScript: {
		name:     regexp.MustCompile(`^[\p{L}\p{Nl}_$][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}_$]*$`),
		own:      regexp.MustCompile(`^(?:__|pug_)`),
		reserved: reservedInJavaScript,
	},
	Keys: {
		name:     regexp.MustCompile(`^\P{C}{1,100}$`),
		own:      regexp.MustCompile(`^__`),
		reserved: []string{"constructor", "prototype"},
	},
}

var reservedInJavaScript = []string{
	"arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else",
	"enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements", "import", "in", "instanceof",
	"interface", "let", "new", "null", "package", "private", "protected", "public", "return", "static", "super", "switch", "this",
	"throw", "true", "try", "typeof", "var", "void", "while", "with", "yield", "undefined", "NaN", "Infinity",
	// The engines' own.
	"locals", "constructor", "prototype",
}

var reservedInRuby = []string{
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
		naming, ok := namings[l.Locals]
		if !ok {
			return &job.Invalid{Field: "locals", Reason: l.ID + " takes no locals"}
		}
		if !naming.name.MatchString(name) || slices.Contains(naming.reserved, name) || naming.own.MatchString(name) {
			return &job.Invalid{Field: "locals." + name, Reason: "is no name of a local variable"}
		}
	}
}
