package lang

// Language is one row of the table.
type Language struct {
	// ID is the canonical name; Aliases are others for it.
	ID      string
	Title   string
	Aliases []string
	// Extensions of files in this language, with the dot.
	Extensions []string
	// Box is the kind of box that compiles it, Engine the engine in it.
	Box, Engine string
	// Locals says whether a caller may pass variables to the template.
	Locals  bool
	Options []Option
}

// Table lists every language. Adding one is a row here, an adapter in its
// box and a folder of cases.
var Table = []*Language{
	{
		ID: "haml", Title: "Haml", Extensions: []string{".haml"},
		Box: "ruby", Engine: "haml", Locals: true,
		Options: []Option{
			{Name: "format", Type: Enum, Default: "html", Values: []string{"html", "html4", "html5", "xhtml"}, Help: "which markup to write"},
			{Name: "escape_html", Type: Bool, Default: true, Help: "escape the output of = and #{}"},
			{Name: "escape_attrs", Type: Bool, Default: true, Help: "escape attribute values"},
			{Name: "attr_quote", Type: Enum, Default: "'", Values: []string{"'", `"`}, Help: "what to put around attribute values"},
			{Name: "remove_whitespace", Type: Bool, Default: false, Help: "remove white space around every tag"},
			{Name: "autoclose", Type: Strings, Default: []string{
				"area", "base", "basefont", "br", "col", "command", "embed", "frame", "hr", "img", "input", "isindex",
				"keygen", "link", "menuitem", "meta", "param", "source", "track", "wbr",
			}, Help: "tags that close themselves"},
		},
	},
	{
		ID: "slim", Title: "Slim", Extensions: []string{".slim"},
		Box: "ruby", Engine: "slim", Locals: true,
		Options: []Option{
			{Name: "format", Type: Enum, Default: "xhtml", Values: []string{"html", "xhtml", "xml"}, Help: "which markup to write"},
			{Name: "pretty", Type: Bool, Default: false, Help: "indent the output"},
			{Name: "sort_attrs", Type: Bool, Default: true, Help: "sort attributes by name"},
			{Name: "attr_quote", Type: Enum, Default: `"`, Values: []string{`"`, "'"}, Help: "what to put around attribute values"},
			{Name: "disable_escape", Type: Bool, Default: false, Help: "do not escape the output of ="},
			{Name: "tabsize", Type: Int, Default: 4, Min: 1, Max: 16, Help: "columns of a tab"},
		},
	},
	{
		ID: "erb", Title: "ERB", Aliases: []string{"rhtml"}, Extensions: []string{".erb", ".rhtml"},
		Box: "ruby", Engine: "erb", Locals: true,
		Options: []Option{
			{Name: "trim_mode", Type: Enum, Default: "", Values: []string{"", "-", "<>", ">", "%", "%-", "%<>", "%>"}, Help: "which line ends to drop"},
		},
	},
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

// ByExtension looks a language up by a file name's extension, such as ".haml".
func ByExtension(extension string) (*Language, bool) {
	for _, l := range Table {
		for _, e := range l.Extensions {
			if e == extension {
				return l, true
			}
		}
	}
	return nil, false
}

// IDs lists the canonical names, in the table's order.
func IDs() []string {
	ids := make([]string, len(Table))
	for i, l := range Table {
		ids[i] = l.ID
	}
	return ids
}
