package lang

// Markup languages for text, without code in them.
var prose = []*Language{
	{
		ID: "markdown", Title: "Markdown", Aliases: []string{"md", "gfm"}, Extensions: []string{".md", ".markdown"},
		Box: "node-markup", Engine: "markdown-it", Class: Markup,
		Implied: map[string]map[string]any{"gfm": {"linkify": true, "task_lists": true}},
		Options: []Option{
			{
				Name: "preset", Type: Enum, Default: "gfm", Values: []string{"gfm", "commonmark"},
				Help: "gfm adds tables and strikethrough to CommonMark",
			},
			{Name: "html", Type: Bool, Default: true, Help: "let HTML in the source through"},
			{Name: "xhtml", Type: Bool, Default: true, Help: "write <br /> instead of <br>, as the specification does"},
			{Name: "breaks", Type: Bool, Default: false, Help: "a line end in a paragraph breaks the line"},
			{Name: "linkify", Type: Bool, Default: false, Help: "make links of addresses that have a scheme, and of mail addresses"},
			{Name: "typographer", Type: Bool, Default: false, Help: "curly quotes, dashes, ellipses and signs such as (c)"},
			{Name: "footnotes", Type: Bool, Default: false, Help: "footnotes, as in [^1] and ^[text]"},
			{Name: "task_lists", Type: Bool, Default: false, Help: "check boxes of list items that open with [ ] or [x]"},
			{Name: "anchors", Type: Bool, Default: false, Help: "give headings an id made of their text"},
		},
		Notes: []string{
			"The output is that of the CommonMark specification for all its examples, with the defaults and with the preset commonmark, " +
				"but for the line end in an empty block quote, which markdown-it leaves out.",
			"Asked for as gfm, linkify and task_lists are on. It is not all of GitHub's dialect: a domain without a scheme, such as www.example.com, is no link, " +
				"strikethrough takes two tildes and is written as <s>, and no HTML tag is filtered.",
			"HTML is let through as it is, scripts included: whoever shows the output must keep it apart from his own pages. " +
				"Links to javascript:, vbscript:, file: and most data: addresses stay text.",
			"Blocks may nest 100 deep, about 50 lists, and with the preset commonmark 20; markdown-it leaves deeper text out without a word.",
		},
	},
	{
		ID: "asciidoc", Title: "AsciiDoc", Aliases: []string{"adoc"}, Extensions: []string{".adoc", ".asciidoc"},
		Box: "ruby", Engine: "asciidoctor", Class: Markup, Files: true,
		Options: []Option{
			{Name: "doctype", Type: Enum, Default: "article", Values: []string{"article", "book", "inline", "manpage"}, Help: "what kind of document it is"},
			{Name: "standalone", Type: Bool, Default: false, Help: "make a whole page, with head, title and foot"},
			{Name: "backend", Type: Enum, Default: "html5", Values: []string{"html5", "xhtml5", "docbook5", "manpage"}, Help: "what to write"},
			{Name: "attributes", Type: Vars, Default: map[string]string{}, Help: "attributes of the document, such as sectnums or toc; they win over those in it unless they end with @"},
		},
		Notes: []string{
			"This is Asciidoctor in its safe mode secure, except that include works for the files of the request, with tags, lines and leveloffset. Of any other include a link is made, as that mode does, and a warning says so.",
			"What Asciidoctor logs as a warning or an error comes as a warning, since the page is made all the same.",
			"A standalone page links to a style sheet, asciidoctor.css, and tells the time in its foot unless the attribute reproducible is set.",
			"Of the source highlighters, highlight.js and prettify work, because they run in the browser; coderay, pygments and rouge are not there.",
		},
	},
	{
		ID: "textile", Title: "Textile", Extensions: []string{".textile"},
		Box: "ruby", Engine: "redcloth", Class: Markup,
		Options: []Option{
			{Name: "hard_breaks", Type: Bool, Default: true, Help: "the end of a line is a line break"},
			{Name: "lite_mode", Type: Bool, Default: false, Help: "phrases only: no paragraphs, lists and tables"},
			{Name: "no_span_caps", Type: Bool, Default: false, Help: "no span around words in capitals"},
			{Name: "filter_html", Type: Bool, Default: false, Help: "escape HTML in the source"},
			{Name: "sanitize_html", Type: Bool, Default: false, Help: "drop unusual tags and attributes of HTML in the source"},
			{Name: "filter_styles", Type: Bool, Default: false, Help: "ignore styles such as {color:red}"},
			{Name: "filter_classes", Type: Bool, Default: false, Help: "ignore classes such as (note)"},
			{Name: "filter_ids", Type: Bool, Default: false, Help: "ignore ids such as (#top)"},
		},
		Notes: []string{
			"Textile knows no mistakes: whatever is written becomes a page.",
			"The filters are RedCloth's own and no protection: show pages of strangers where they can do no harm.",
		},
	},
}
