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
		Notes: []string{
			"Filters run inside, :markdown through kramdown. Those of other boxes, :sass, :scss, :less and :coffee, are errors that say so: compile them as requests of their own.",
			"Of the 99 cases of haml-spec three come out otherwise, as they do when the engine is called directly.",
			"A template is Ruby and may do whatever a cell may: nothing outside it.",
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
		Notes: []string{
			"The embedded engines markdown, javascript, css and ruby work; textile, rdoc, coffee, less, sass and scss are errors that say so.",
			"Columns of errors are those of Slim, counted in UTF-16 units.",
		},
	},
	{
		ID: "erb", Title: "ERB", Aliases: []string{"rhtml"}, Extensions: []string{".erb", ".rhtml"},
		Box: "ruby", Engine: "erb", Class: Markup, Locals: Ruby,
		Options: []Option{
			{Name: "trim_mode", Type: Enum, Default: "", Values: []string{"", "-", "<>", ">", "%", "%-", "%<>", "%>"}, Help: "which line ends to drop"},
		},
		Notes: []string{
			"Nothing is escaped: that is ERB's way outside of Rails.",
			"What a template prints goes nowhere; its output is what ERB returns.",
			"Text converts to and from ISO-8859-1, -2 and -15, Windows-1250, -1251 and -1252, KOI8-R, UTF-16, Shift_JIS and EUC-JP; other encodings would be files, which a cell cannot open. That holds for Haml and Slim too.",
		},
	},
}
