package lang

// componentName is how a component may be called: it becomes a variable.
const componentName = `(?:[A-Za-z][A-Za-z0-9_]*)?`

// Languages of user interface components. They become JavaScript modules.
var components = []*Language{
	{
		ID: "vue", Title: "Vue component", Extensions: []string{".vue"},
		Box: "node-components", Engine: "vue", Class: Script,
		Options: []Option{
			{Name: "part", Type: Enum, Default: "module", Values: []string{"module", "styles"}, Help: "what to answer with: the module or the compiled styles alone"},
			{Name: "css", Type: Enum, Default: "injected", Values: []string{"injected", "external"}, Help: "whether the module brings its styles along"},
			{Name: "generate", Type: Enum, Default: "client", Values: []string{"client", "server"}, Help: "render in the browser or to a string"},
			{Name: "production", Type: Bool, Default: false, Help: "leave out what is there for development"},
			{Name: "name", Type: Text, Default: "", Pattern: componentName, Help: "the component's name"},
			{Name: "whitespace", Type: Enum, Default: "condense", Values: []string{"condense", "preserve"}, Help: "white space between the elements of the template"},
			{Name: "comments", Type: Bool, Default: true, Help: "keep the comments of the template"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map of the script, and of the template as far as it is part of it"},
		},
		Notes: []string{
			"The output is one JavaScript module that imports from \"vue\" (and \"vue/server-renderer\" for a server) and exports the component: the script with the template compiled into it.",
			"Styles come along as a piece of code that adds a style element to the page's head, where there is a page. " +
				"With css set to external they are left out; part set to styles answers with them instead of the module.",
			"The attribute that scoped styles go by is made from the source: the same source has always the same.",
			"What needs another compiler is refused, naming the block: scripts in TypeScript or JSX, templates in Pug, styles in Sass, Less or Stylus. " +
				"So are blocks with src, as there are no files, and style modules, which this build of the compiler does not know.",
			"Blocks that are not Vue's own are left out.",
		},
	},
	{
		ID: "svelte", Title: "Svelte", Extensions: []string{".svelte"},
		Box: "node-components", Engine: "svelte", Class: Script,
		Options: []Option{
			{Name: "part", Type: Enum, Default: "module", Values: []string{"module", "styles"}, Help: "what to answer with: the module or the compiled styles alone"},
			{Name: "css", Type: Enum, Default: "injected", Values: []string{"injected", "external"}, Help: "whether the module brings its styles along"},
			{Name: "generate", Type: Enum, Default: "client", Values: []string{"client", "server"}, Help: "render in the browser or to a string"},
			{Name: "dev", Type: Bool, Default: false, Help: "add checks and messages for development"},
			{Name: "runes", Type: Enum, Default: "auto", Values: []string{"auto", "on", "off"}, Help: "whether the source has runes; auto is where it uses one"},
			{Name: "custom_element", Type: Bool, Default: false, Help: "make a custom element"},
			{Name: "name", Type: Text, Default: "", Pattern: componentName, Help: "the component's name"},
			{Name: "namespace", Type: Enum, Default: "html", Values: []string{"html", "svg", "mathml"}, Help: "the namespace of its elements"},
			{Name: "fragments", Type: Enum, Default: "html", Values: []string{"html", "tree"}, Help: "how elements are made: by markup or, for a strict policy, one by one"},
			{Name: "preserve_comments", Type: Bool, Default: false, Help: "keep the comments of the markup"},
			{Name: "preserve_whitespace", Type: Bool, Default: false, Help: "keep all white space of the markup"},
			{Name: "disclose_version", Type: Bool, Default: true, Help: "tell the page which Svelte it has"},
			{Name: "component_api", Type: Int, Default: 5, Min: 4, Max: 5, Help: "4 lets the page call new on the component"},
			{Name: "experimental_async", Type: Bool, Default: false, Help: "allow await in components"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"The output is one JavaScript module that imports from \"svelte\" and exports the component.",
			"The engine leaves styles out of the module when called plainly. Here they are in it unless css is external; " +
				"part set to styles answers with them instead of the module. A custom element always has them in it.",
			"Types are taken out of scripts with lang=\"ts\"; what is more than types, such as an enum, is refused by the engine. " +
				"No preprocessor runs: styles are CSS.",
		},
	},
	{
		ID: "mdx", Title: "MDX", Extensions: []string{".mdx"},
		Box: "node-components", Engine: "mdx", Class: Script,
		Options: []Option{
			{Name: "format", Type: Enum, Default: "mdx", Values: []string{"mdx", "md"}, Help: "md: the source is plain Markdown"},
			{Name: "jsx", Type: Bool, Default: false, Help: "keep JSX in the output"},
			{Name: "jsx_runtime", Type: Enum, Default: "automatic", Values: []string{"automatic", "classic"}, Help: "how JSX becomes calls"},
			{Name: "jsx_import_source", Type: Text, Default: "react", Pattern: `[A-Za-z0-9@._/:-]+`, Help: "where the automatic runtime is imported from"},
			{Name: "pragma", Type: Text, Default: "React.createElement", Pattern: `[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*`, Help: "what the classic runtime calls"},
			{Name: "pragma_frag", Type: Text, Default: "React.Fragment", Pattern: `[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*`, Help: "the fragment of the classic runtime"},
			{Name: "pragma_import_source", Type: Text, Default: "react", Pattern: `[A-Za-z0-9@._/:-]+`, Help: "where pragma is imported from"},
			{Name: "provider_import_source", Type: Text, Default: "", Pattern: `[A-Za-z0-9@._/:-]*`, Help: "where useMDXComponents is imported from, such as @mdx-js/react"},
			{Name: "development", Type: Bool, Default: false, Help: "keep places of the source in the output"},
			{Name: "element_attribute_name_case", Type: Enum, Default: "react", Values: []string{"react", "html"}, Help: "className or class"},
			{Name: SourceMap, Type: Bool, Default: false, Help: "make a source map"},
		},
		Notes: []string{
			"The output is a JavaScript module, which is not run; import statements stay as they are.",
			"Markdown is CommonMark: tables and the rest of GitHub's are plugins of the engine, and there are none here.",
			"Raw HTML is dropped when format is md.",
			"An expression with parentheses right in parentheses, such as {((1))}, ends in an error without a place: a mistake of the engine's.",
		},
	},
}
