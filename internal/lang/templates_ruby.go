package lang

// Markup languages in which a template is Ruby code.
var rubyTemplates = []*Language{
	{
		ID: "haml", Title: "Haml", Extensions: []string{".haml"},
		Box: "ruby", Engine: "haml", Class: Markup, Locals: Ruby,
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
		Box: "ruby", Engine: "slim", Class: Markup, Locals: Ruby,
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
		Box: "ruby", Engine: "erb", Class: Markup, Locals: Ruby,
		Options: []Option{
			{Name: "trim_mode", Type: Enum, Default: "", Values: []string{"", "-", "<>", ">", "%", "%-", "%<>", "%>"}, Help: "which line ends to drop"},
		},
	},
}
