package lang

// Languages that become style sheets.
var styles = []*Language{
	{
		ID: "scss", Title: "SCSS", Extensions: []string{".scss"},
		Box: "node-sass", Engine: "sass", Class: Style, Files: true,
		Options: sassOptions,
		Notes:   sassNotes,
	},
	{
		ID: "sass", Title: "Sass", Extensions: []string{".sass"},
		Box: "node-sass", Engine: "sass", Class: Style, Files: true,
		Options: sassOptions,
		Notes:   sassNotes,
	},
	{
		ID: "less", Title: "Less", Extensions: []string{".less"},
		Box: "node-css", Engine: "less", Class: Style, Files: true,
		Options: []Option{
			{
				Name: "math", Type: Enum, Default: "parens-division", Values: []string{"always", "parens-division", "parens"},
				Help: "where Less calculates: everywhere, divisions in parentheses only, or everything in parentheses only",
			},
			{Name: "strict_units", Type: Bool, Default: false, Help: "refuse calculations with units that do not fit together"},
			{Name: "compress", Type: Bool, Default: false, Help: "leave out what white space can be left out; deprecated by Less"},
			{
				Name: "rewrite_urls", Type: Enum, Default: "off", Values: []string{"off", "local", "all"},
				Help: "make URLs in imported files relative to the source: none, those that open with a dot, or all",
			},
			{Name: "global_vars", Type: Vars, Default: map[string]string{}, Pattern: ".*", Help: "variables that the source can set anew"},
			{Name: "modify_vars", Type: Vars, Default: map[string]string{}, Pattern: ".*", Help: "variables that win over those of the source"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"An @import finds the files of the request only, in the folder of the file that imports and then in the root; a URL that is not to stay in the CSS is a file that is not there.",
			"@plugin is refused, and JavaScript in backticks is off, as it is in Less by default: both run code.",
			"data-uri() embeds a file of the request as text; of any other it leaves the URL, with a warning, as Less does for a missing file.",
			"image-size(), image-width() and image-height() are errors: there are no images.",
			"Less counts the line on which it puts global_vars in front of the source; here positions are those in the source.",
			"Of an error that is not its own inside a mixin, such as mixins that call each other without end, Less loses the message; here a general one stands for it.",
			"There is no source map when there is no CSS.",
		},
	},
	{
		ID: "stylus", Title: "Stylus", Aliases: []string{"styl"}, Extensions: []string{".styl"},
		Box: "node-css", Engine: "stylus", Class: Style, Files: true,
		Options: []Option{
			{Name: "compress", Type: Bool, Default: false, Help: "write the CSS without white space and comments"},
			{Name: "include_css", Type: Bool, Default: false, Help: "put imported .css files into the output"},
			{Name: "prefix", Type: Text, Default: "", Pattern: "[A-Za-z0-9_-]*", Help: "a prefix for every class name"},
			{Name: "hoist_atrules", Type: Bool, Default: false, Help: "move @import and @charset to the top"},
			{Name: "define", Type: Vars, Default: map[string]string{}, Pattern: ".*", Help: "global variables; their values are Stylus expressions"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"@import and @require find the files of the request only, also by patterns such as \"mixins/*\"; there are no packages.",
			"use(), json(), embedurl() and image-size() are errors: they open files, and use() runs code.",
			"What warn() and p() say comes as a diagnostic, without a position; trace() prints nowhere.",
			"The position of a mistake is the one that Stylus gives, which for a syntax error is where the parser stopped, at times at the line after.",
			"A mistake found by a function that Stylus has written in itself, such as mix(), comes without a position: Stylus tells only the place in its own file.",
		},
	},
	{
		ID: "postcss", Title: "PostCSS", Aliases: []string{"pcss"}, Extensions: []string{".pcss", ".postcss"},
		Box: "node-postcss", Engine: "postcss", Class: Style, Files: true,
		Options: postcssOptions,
		Notes:   postcssNotes,
	},
	{
		ID: "sugarss", Title: "SugarSS", Aliases: []string{"sss"}, Extensions: []string{".sss"},
		Box: "node-postcss", Engine: "sugarss", Class: Style, Files: true,
		Options: postcssOptions,
		Notes: append([]string{
			"The source is in the indented syntax; what comes out is CSS. Plugins are those of PostCSS.",
			"SugarSS says a wrong line where tabs and spaces are mixed in the indentation; it is put right here.",
		}, postcssNotes...),
	},
	{
		ID: "tailwind", Title: "Tailwind CSS", Aliases: []string{"tailwindcss"},
		Box: "node-postcss", Engine: "tailwindcss", Class: Style, Files: true,
		Options: []Option{
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"The source is the style sheet, such as `@import \"tailwindcss\";`. The classes it makes rules for are looked for in the request's files that are not .css: HTML, JSX and so on. `@source inline(...)` adds others, and `@source`, `@source not` and `source(...)` choose among the files.",
			"Tailwind's own scanner is a native library. Here the files are cut at white space, quotes and punctuation, with what is in square brackets or parentheses kept whole and cut too; in .pug, .jade, .haml and .slim files also at dots and hashes. What is no class of Tailwind's is passed over.",
			"`@plugin` and `@config` load JavaScript and are refused.",
			"Tailwind tells a place only for syntax errors; for an unknown utility or a missing import there is none.",
			"The output keeps CSS nesting, as Tailwind leaves it without Lightning CSS.",
		},
	},
	{
		ID: "unocss", Title: "UnoCSS", Aliases: []string{"uno"},
		Box: "node-postcss", Engine: "unocss", Class: Style, Files: true,
		Options: []Option{
			{Name: "preflights", Type: Bool, Default: true, Help: "also write the reset, the variables of the theme that are used and the initial values of custom properties for old browsers"},
		},
		Notes: []string{
			"The source is markup, or a list of classes, and the request's files are searched too; the rules for the utilities found come out. The preset is wind4, the one of Tailwind CSS 4's utilities; there is no configuration.",
			"What is no utility is passed over, so there are no errors.",
		},
	},
	{
		ID: "css", Title: "CSS", Extensions: []string{".css"},
		Box: "node-postcss", Engine: "postcss", Class: Style, Files: true,
		Options: []Option{
			{Name: "autoprefixer", Type: Bool, Default: false, Help: "add vendor prefixes"},
			{Name: "browsers", Type: Strings, Default: []string{}, Help: "Browserslist queries that say for which browsers; empty is the list's own defaults"},
			{Name: "minify", Type: Bool, Default: false, Help: "make it smaller, by cssnano"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"The source is checked and otherwise left as it is, `@import` statements included: a browser loads those. The language postcss inlines them.",
			"A file of the name input.map is the source map of what made the source: the map made here leads through it to the first sources. The map that a comment in the source names is not loaded, and without source_map that comment is taken out.",
			browserslistNote,
			"cssnano runs with its default preset, for the browsers of the option browsers.",
		},
	},
}

// PostCSS and SugarSS run the same plugins.
var postcssOptions = []Option{
	{Name: "plugins", Type: Strings, Default: []string{"import", "nesting", "autoprefixer"}, Pattern: "autoprefixer|cssnano|import|nested|nesting|preset-env", Help: "plugins to run, in this order"},
	{Name: "stage", Type: Int, Default: 2, Min: 0, Max: 4, Help: "preset-env takes features from this stage on: 0 is an idea, 4 a standard"},
	{Name: "browsers", Type: Strings, Default: []string{}, Help: "Browserslist queries that say for which browsers the plugins work; empty is the list's own defaults"},
	{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
}

var postcssNotes = []string{
	"The plugins are chosen by name from autoprefixer, cssnano, import, nested, nesting (nesting as CSS has it, where nested is like Sass) and preset-env. The default is import, nesting, autoprefixer; an empty list only checks the syntax. No configuration file is read.",
	"preset-env includes Autoprefixer and nesting.",
	"The plugin import is Fumehood's own. It puts the request's files in the place of the `@import` statements that name them, with `layer`, `supports()` and media queries written as at-rules around them. A file may be named without its extension (.css, .pcss, .postcss, .sss) or by its folder (index). A file is inlined once under the same conditions. Statements with an http, https or data URL stay, at the top.",
	"The options autoprefixer and minify add a step for default browsers; as plugins they work for the option browsers.",
	browserslistNote,
}

const browserslistNote = "Browserslist queries about usage in a country or continent, in one's own statistics, or that extend a package are refused; no configuration is looked for."

// SCSS and Sass are two ways to write for one engine.
var sassOptions = []Option{
	{Name: "style", Type: Enum, Values: []string{"expanded", "compressed"}, Default: "expanded", Help: "how the CSS is laid out"},
	{Name: "charset", Type: Bool, Default: true, Help: "open CSS that is not all ASCII with @charset, or with a byte order mark if it is compressed"},
	{Name: "load_paths", Type: Strings, Default: []string{},
		Pattern: `\.|[A-Za-z0-9_@][A-Za-z0-9_.@+ -]*(?:/[A-Za-z0-9_@][A-Za-z0-9_.@+ -]*)*`,
		Help:    "folders of the request's files to look in for what is not beside the file that loads it; . is the outermost"},
	{Name: "quiet_deps", Type: Bool, Default: false, Help: "no deprecation warnings from files found through load_paths"},
	{Name: "silence_deprecations", Type: Strings, Default: []string{}, Pattern: `[a-z0-9-]+`, Help: "ids of deprecations not to warn of, such as import"},
	{Name: "fatal_deprecations", Type: Strings, Default: []string{}, Pattern: `[a-z0-9-]+`, Help: "ids of deprecations to take as errors"},
	{Name: "verbose", Type: Bool, Default: false, Help: "every deprecation warning, where else there are five of a kind"},
	{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
}

var sassNotes = []string{
	"@use, @forward, @import and meta.load-css load from the request's files alone, relative to the file that loads: with or without the underscore of a partial, " +
		"with .scss, .sass or .css, and index files. There is no disk, no network and no pkg: import; such a load says that it can't find the stylesheet.",
	"Deprecation warnings, @warn and @debug are returned as diagnostics, those of @debug with the severity info. A deprecation's code is its id. " +
		"When the compile fails they follow the error, which has no code.",
	"A message of several lines is folded into one. There is no position for what Sass gives none, such as an unknown deprecation id.",
	"The source is the file input.scss or input.sass in a source map; no file can load it. Custom functions are a matter of JavaScript and not offered.",
}
