package lang

// Languages that become JavaScript.
var scripts = []*Language{
	{
		ID: "coffeescript", Title: "CoffeeScript", Aliases: []string{"coffee"}, Extensions: []string{".coffee"},
		Box: "node-script", Engine: "coffeescript", Class: Script,
		Options: []Option{
			{Name: "bare", Type: Bool, Default: false, Help: "leave out the function around everything"},
			{Name: "header", Type: Bool, Default: false, Help: "say the compiler's version in a first line"},
			{Name: "literate", Type: Bool, Default: false, Help: "the source is Markdown, and its indented parts are the program"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"Two engines answer for this language: CoffeeScript 2 is the default, and the version 1.12.7 can be asked for, which writes JavaScript of 2009.",
			"The option transpile of the npm package, which calls Babel, is not here; JSX is passed on as it is.",
			"A source that imports or exports is always compiled as with bare, as the engine does it.",
		},
	},
	{
		ID: "livescript", Title: "LiveScript", Aliases: []string{"ls"}, Extensions: []string{".ls"},
		Box: "node-script", Engine: "livescript", Class: Script,
		Options: []Option{
			{Name: "bare", Type: Bool, Default: false, Help: "leave out the function around everything"},
			{Name: "header", Type: Bool, Default: true, Help: "say the compiler's version in a first line"},
			{Name: "const", Type: Bool, Default: false, Help: "treat every variable as a constant"},
			{Name: "json", Type: Bool, Default: false, Help: "answer with the value of the source as JSON"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"With the option json the source is run, for its value, and the options that shape JavaScript have no effect.",
			"Mistakes have a line; only the parser knows a column too, that of the last word before the one it did not expect.",
		},
	},
	{
		ID: "civet", Title: "Civet", Extensions: []string{".civet"},
		Box: "node-script", Engine: "civet", Class: Script,
		Options: []Option{
			{Name: "js", Type: Bool, Default: true, Help: "make JavaScript; without it types are kept, as TypeScript"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"Civet makes TypeScript when called plainly. Here it makes JavaScript unless js is false.",
			"Code for compile time is not run: what follows comptime becomes part of the output.",
			"The other options are the source's to set, in its first line, such as \"civet coffeeCompat solid\".",
			"JSX is passed on as it is.",
		},
	},
	{
		ID: "typescript", Title: "TypeScript", Aliases: []string{"ts", "tsx"},
		Implied: map[string]map[string]any{"tsx": {"tsx": true}}, Extensions: []string{".ts", ".tsx"},
		Box: "node-typescript", Engine: "typescript", Class: Script,
		Options: []Option{
			{Name: "tsx", Type: Bool, Default: false, Help: "the source may have JSX in it; <T>x is no cast then"},
			{Name: "target", Type: Enum, Default: "es2022", Help: "the language that comes out",
				Values: []string{"es5", "es2015", "es2016", "es2017", "es2018", "es2019", "es2020", "es2021", "es2022", "es2023", "es2024", "esnext"}},
			{Name: "module", Type: Enum, Default: "esnext", Help: "what import and export become",
				Values: []string{"esnext", "es2022", "es2020", "es2015", "preserve", "commonjs", "amd", "umd", "system"}},
			{Name: "jsx", Type: Enum, Values: []string{"react", "react-jsx", "react-jsxdev", "preserve"}, Default: "react", Help: "what JSX becomes"},
			{Name: "jsx_factory", Type: Text, Default: "React.createElement", Pattern: pragma, Help: "jsx react: the function for an element"},
			{Name: "jsx_fragment_factory", Type: Text, Default: "React.Fragment", Pattern: pragma, Help: "jsx react: the component for a fragment"},
			{Name: "jsx_import_source", Type: Text, Default: "react", Pattern: "[A-Za-z0-9_@./:~-]+", Help: "jsx react-jsx and react-jsxdev: the module to import from"},
			{Name: "experimental_decorators", Type: Bool, Default: false, Help: "decorators as they were before the standard"},
			{Name: "emit_decorator_metadata", Type: Bool, Default: false, Help: "keep the types of what is decorated; needs experimental_decorators"},
			{Name: "use_define_for_class_fields", Type: Enum, Values: []string{"auto", "true", "false"}, Default: "auto",
				Help: "class fields are defined, not assigned; auto is true from es2022 on"},
			{Name: "downlevel_iteration", Type: Bool, Default: false, Help: "exact for-of and spread where the target is es5"},
			{Name: "remove_comments", Type: Bool, Default: false, Help: "leave comments out, but for /*!"},
			{Name: "import_helpers", Type: Bool, Default: false, Help: "import helpers from tslib, not repeat them"},
			{Name: "verbatim_module_syntax", Type: Bool, Default: false, Help: "leave out only imports that say type"},
			{Name: "es_module_interop", Type: Bool, Default: false, Help: "helpers to import CommonJS modules by default and by namespace"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"Types are taken out and not checked: diagnostics are of syntax and of options that do not go together, never of types. Each source is one file by itself, " +
				"as with isolatedModules, and nothing that it imports is looked at.",
			"Some mistakes of syntax are found by the compiler only while it checks types, such as a const without a value or a modifier in the wrong place: they come out as they are.",
			"The default target is es2022 and not, as in the compiler's own API, es5: current browsers run it, and decorators, enums and using are made into what they run. " +
				"The default module is esnext: import and export stay as they are.",
			"All that the parser finds wrong is reported, each with the compiler's number as its code, such as TS1005. The compiler would make JavaScript all the same; here there is none.",
			"The file is input.ts, or input.tsx with the option tsx. The output has no sourceMappingURL comment: the map is a part of the answer.",
			"Declaration files are not made: without types from elsewhere few could be.",
		},
	},
	{
		ID: "babel", Title: "Babel", Aliases: []string{"jsx", "es6", "flow"},
		Implied:    map[string]map[string]any{"flow": {"presets": []any{"env", "react", "flow"}}},
		Extensions: []string{".jsx", ".es6"},
		Box:        "node-babel", Engine: "babel", Class: Script,
		Options: []Option{
			{Name: "presets", Type: Strings, Default: []string{"env", "react"}, Pattern: "env|react|typescript|flow|stage-[0-3]", Help: "sets of plugins, applied from the last to the first"},
			{Name: "plugins", Type: Strings, Default: []string{}, Pattern: "[a-z][a-z0-9-]*", Help: "plugins of @babel/standalone by name, such as proposal-decorators"},
			{Name: "env_targets", Type: Strings, Default: []string{}, Pattern: "[A-Za-z0-9_.<>=%, -]+", Help: "preset env: the browsers to write for, as browserslist queries; none means ES5"},
			{Name: "env_modules", Type: Enum, Default: "false", Values: []string{"false", "auto", "commonjs", "amd", "umd", "systemjs"}, Help: "preset env: what import and export become; false leaves them"},
			{Name: "env_loose", Type: Bool, Default: false, Help: "preset env: shorter code that is less exact"},
			{Name: "react_runtime", Type: Enum, Default: "classic", Values: []string{"classic", "automatic"}, Help: "preset react: calls of React.createElement, or of functions that are imported"},
			{Name: "react_pragma", Type: Text, Default: "React.createElement", Pattern: pragma, Help: "preset react, classic: the function for an element"},
			{Name: "react_pragma_frag", Type: Text, Default: "React.Fragment", Pattern: pragma, Help: "preset react, classic: the component for a fragment"},
			{Name: "react_import_source", Type: Text, Default: "react", Pattern: "[A-Za-z0-9_@./:~-]+", Help: "preset react, automatic: the module to import from"},
			{Name: "react_development", Type: Bool, Default: false, Help: "preset react: with what helps in finding mistakes"},
			{Name: "decorators", Type: Enum, Default: "2023-11", Values: []string{"2023-11", "2023-05", "2023-01", "2022-03", "2021-12", "legacy"}, Help: "which proposal of decorators is meant by plugins and stage presets"},
			{Name: "pipeline", Type: Enum, Default: "minimal", Values: []string{"minimal", "fsharp", "hack"}, Help: "which proposal of the pipeline operator is meant; the topic of hack is %"},
			{Name: "source_type", Type: Enum, Default: "module", Values: []string{"module", "script", "unambiguous"}, Help: "what the source is; unambiguous goes by its imports and exports"},
			{Name: "comments", Type: Bool, Default: true, Help: "keep comments"},
			{Name: "compact", Type: Enum, Default: "auto", Values: []string{"auto", "true", "false"}, Help: "leave out white space; auto does for more than 500 KB"},
			{Name: "retain_lines", Type: Bool, Default: false, Help: "keep code on its line as far as that goes"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"This is Babel 7, by @babel/standalone. With the preset typescript the source is TSX, so that <T>x is no cast.",
			"env_modules is false by default, where Babel's own default is auto: what is made here is for browsers, which know import and have no require.",
			"The stage presets use decorators of 2023-11 by default, because Babel's own default, 2018-09, does not work without an option more.",
			"Plugins and presets are those inside of @babel/standalone, by name. There is no configuration file, no browserslist file and no statistics of one's own for env_targets.",
			"A plugin that has to be told more than its name, such as transform-runtime with a path, works with its defaults only.",
		},
	},
	{
		ID: "javascript", Title: "JavaScript", Aliases: []string{"js"}, Extensions: []string{".js", ".mjs"},
		Box: "node-babel", Engine: "babel", Class: Script, Files: true,
		Options: []Option{
			{Name: "loop_protect", Type: Bool, Default: false, Help: "end loops that run for long in the browser"},
			{Name: "loop_protect_ms", Type: Int, Default: 100, Min: 1, Max: 60_000, Help: "how many milliseconds a loop may run"},
			{Name: "minify", Type: Bool, Default: false, Help: "make it smaller, by Terser"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"Without loop_protect and minify the source comes back as it is, once Babel has found no mistake in it. Scripts, modules and JSX are understood; JSX cannot be made smaller.",
			"loop_protect is the loop-protect of JS Bin: for, while and do loops end after loop_protect_ms, by the clock, even when they wait for a promise in between. Loops over in and of, and recursion, are not watched.",
			"minify is Terser with its defaults. Names at the top are made shorter only in modules.",
			"A file with the name input.map is taken as the source map of the source, so that the map that comes out is one of what the source was made from.",
		},
	},
}

// pragma is a name in JavaScript, or a property of one.
const pragma = `[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*)*`
