package lang

import "slices"

// Class says what comes out of a language, and so what can be done with it
// next.
type Class string

// The closed set of classes.
const (
	Markup Class = "markup"
	Style  Class = "style"
	Script Class = "script"
)

// Language is one row of the table.
type Language struct {
	// ID is the canonical name; Aliases are others for it.
	ID      string
	Title   string
	Aliases []string
	// Implied holds, by alias, the options that asking by this alias stands
	// for. What a caller says himself wins.
	Implied map[string]map[string]any
	// Extensions of files in this language, with the dot.
	Extensions []string
	// Box is the kind of box that compiles it, Engine the engine in it.
	Box, Engine string
	Class       Class
	// Locals says how a caller's variables for the template may be named, if
	// there may be any.
	Locals Naming
	// Files says whether a source can import files of its own request.
	Files bool
	// Options are the engine's. Those of the steps that may follow come on top
	// (see Steps).
	Options []Option
	// Notes are what a user should know of the engine: where it differs from
	// its reference, what is switched off here and why. Full sentences; they
	// become docs/LANGUAGES.md.
	Notes []string
}

// Table lists every language. Adding one is a row in the file of its family,
// an adapter in its box and a folder of cases (docs/ADAPTERS.md).
var Table = slices.Concat(rubyTemplates, scriptTemplates, prose, styles, scripts, components)

// The languages whose work can follow after another's, by the class they take
// and give: plain CSS and plain JavaScript.
var steps = map[Class]string{Style: "css", Script: "javascript"}

// Step returns the language that may follow after l, with options of its own,
// or nil.
func (l *Language) Step() *Language {
	next, ok := Find(steps[l.Class])
	if !ok || next == l {
		return nil
	}
	return next
}

// AllOptions are the language's own options and those of the step that may
// follow. Of two with one name the language's own is meant.
func (l *Language) AllOptions() []Option {
	all := slices.Clone(l.Options)
	if step := l.Step(); step != nil {
		for _, o := range step.Options {
			if l.option(o.Name) == nil {
				all = append(all, o)
			}
		}
	}
	return all
}

// Find looks a language up by id or alias.
func Find(name string) (*Language, bool) {
	for _, l := range Table {
		if l.ID == name {
			return l, true
		}
		for _, alias := range l.Aliases {
			if alias == name {
				return l, true
			}
		}
	}
	return nil, false
}

// ByExtension returns the name to ask by for a file with that extension, such
// as ".haml": the alias of that name if there is one, for what it implies, or
// else the language's id.
func ByExtension(extension string) (string, bool) {
	for _, l := range Table {
		if !slices.Contains(l.Extensions, extension) {
			continue
		}
		if alias := extension[1:]; slices.Contains(l.Aliases, alias) {
			return alias, true
		}
		return l.ID, true
	}
	return "", false
}

// IDs lists the canonical names, in the table's order.
func IDs() []string {
	ids := make([]string, len(Table))
	for i, l := range Table {
		ids[i] = l.ID
	}
	return ids
}
