package lang

// examples are short sources that compile, by language, with common features
// in them.
var examples = map[string]string{
	"haml":         "%ul#list\n  - 3.times do |i|\n    %li.item= i + 1\n",
	"slim":         "ul#list\n  - 3.times do |i|\n    li.item = i + 1\n",
	"erb":          "<ul>\n<% 3.times do |i| %>  <li><%= i + 1 %></li>\n<% end %></ul>\n",
	"pug":          "ul#list\n  each i in [1, 2, 3]\n    li.item= i\n",
	"nunjucks":     "<ul>\n{% for i in [1, 2, 3] %}  <li>{{ i }}</li>\n{% endfor %}</ul>\n",
	"ejs":          "<ul>\n<% for (const i of [1, 2, 3]) { %>  <li><%= i %></li>\n<% } %></ul>\n",
	"handlebars":   "<ul>{{#if list}}{{#each list}}<li>{{this}}</li>{{/each}}{{else}}<li>none</li>{{/if}}</ul>\n",
	"mustache":     "<ul>{{#list}}<li>{{.}}</li>{{/list}}{{^list}}<li>none</li>{{/list}}</ul>\n",
	"liquid":       "<ul>\n{% for i in (1..3) %}  <li>{{ i | plus: 1 }}</li>\n{% endfor %}</ul>\n",
	"twig":         "<ul>\n{% for i in 1..3 %}  <li>{{ i + 1 }}</li>\n{% endfor %}</ul>\n",
	"eta":          "<ul>\n<% for (const i of [1, 2, 3]) { %>  <li><%= i %></li>\n<% } %></ul>\n",
	"markdown":     "# Title\n\n- one\n- *two*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
	"asciidoc":     "= Title\n\n* one\n* _two_\n\nNOTE: See <<section>>.\n\n[#section]\n== Section\n",
	"textile":      "h1. Title\n\n* one\n* _two_\n\np{color:red}. A \"link\":/there.\n",
	"scss":         "$gap: 4px;\n.list {\n  margin: $gap * 2;\n  @each $i in 1, 2, 3 { &-#{$i} { left: $gap * $i; } }\n}\n",
	"sass":         "$gap: 4px\n.list\n  margin: $gap * 2\n  @each $i in 1, 2, 3\n    &-#{$i}\n      left: $gap * $i\n",
	"less":         "@gap: 4px;\n.rounded(@r: 2px) { border-radius: @r; }\n.list {\n  margin: (@gap * 2);\n  .rounded(3px);\n  &:hover { color: darken(#f00, 10%); }\n}\n",
	"stylus":       "gap = 4px\n.list\n  margin gap * 2\n  for i in 1 2 3\n    &-{i}\n      left gap * i\n",
	"postcss":      ".list {\n  display: flex;\n  & .item { user-select: none; }\n}\n",
	"sugarss":      ".list\n  display: flex\n  & .item\n    user-select: none\n",
	"tailwind":     "@import \"tailwindcss/utilities\";\n@source inline(\"flex p-4 hover:underline\");\n.button {\n  @apply flex;\n}\n",
	"unocss":       "<ul class=\"flex p-4\"><li class=\"hover:underline\">one</li></ul>\n",
	"css":          ".list {\n  display: flex;\n}\n",
	"coffeescript": "square = (x) -> x * x\nlist = (square n for n in [1..3] when n isnt 2)\n",
	"livescript":   "square = (x) -> x * x\nlist = [1 to 3] |> filter (isnt 2) |> map square\n",
	"civet":        "square := (x: number) -> x * x\nlist := for n of [1, 2, 3]\n  square n\n",
	"typescript":   "interface Item { id: number }\nenum Kind { A, B }\nconst ids = <T extends Item>(items: T[]): number[] => items.map((i) => i.id);\n",
	"babel":        "const Item = ({ id, ...rest }) => <li key={id} {...rest}>{id ?? \"none\"}</li>;\n",
	"javascript":   "for (let i = 0; i < 3; i++) {\n  console.log(i ** 2);\n}\n",
	"vue":          "<script setup>\nimport { ref } from \"vue\";\nconst n = ref(0);\n</script>\n\n<template>\n  <button @click=\"n++\">{{ n }}</button>\n</template>\n",
	"svelte":       "<script>\n  let n = $state(0);\n</script>\n\n<button onclick={() => n++}>{n}</button>\n",
	"mdx":          "# Title\n\n<Note id={1}>*one*</Note>\n\nexport const x = 1\n",
}

// Example is a short source in the language, which compiles.
func (l *Language) Example() string {
	return examples[l.ID]
}
