package bench

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/fumehood/fumehood/internal/lang"
)

// Source is a text that compiles, of which there are as many as anybody wants,
// no two the same and all with the same output.
type Source struct {
	Language string
	text     string
	// mark is a comment with %s in it, or what comes close to one.
	mark string
}

// marks are the comments that make a source another one, by language. Where a
// comment goes into the output, it is told from the rest by its tag.
var marks = map[string]string{
	"haml": "\n-# %s\n", "slim": "\n/ %s\n", "erb": "<%%# %s %%>", "pug": "\n//- %s\n",
	"nunjucks": "{# %s #}", "ejs": "<%%# %s %%>", "handlebars": "{{! %s }}", "mustache": "{{! %s }}",
	"liquid": "{%% comment %%}%s{%% endcomment %%}", "twig": "{# %s #}", "eta": "<%% /* %s */ %%>",
	"markdown": "\n\n[%s]: /\n", "asciidoc": "\n// %s\n", "textile": "\n\n###. %s\n",
	"scss": "\n// %s\n", "sass": "\n// %s\n", "less": "\n// %s\n", "stylus": "\n// %s\n",
	"postcss": "\n/* %s */\n", "sugarss": "\n// %s\n", "tailwind": "\n/* %s */\n", "unocss": "<!-- %s -->",
	"css": "\n/* %s */\n", "coffeescript": "\n# %s\n", "livescript": "\n# %s\n", "civet": "\n// %s\n",
	"typescript": "\n// %s\n", "babel": "\n// %s\n", "javascript": "\n// %s\n",
	"vue": "\n<!-- %s -->\n", "svelte": "\n<!-- %s -->\n", "mdx": "\n\n{/* %s */}\n",
}

// ExampleOf is the language's own example (GET /v1/languages).
func ExampleOf(l *lang.Language) Source {
	return Source{Language: l.ID, text: strings.TrimSuffix(l.Example(), "\n"), mark: marks[l.ID]}
}

// SourceOf is a text of the caller's own in a language.
func SourceOf(l *lang.Language, text string) Source {
	return Source{Language: l.ID, text: strings.TrimSuffix(text, "\n"), mark: marks[l.ID]}
}

// With is the source with a tag in it.
func (s Source) With(tag string) string {
	return s.text + fmt.Sprintf(s.mark, tag)
}

// noTag stands for any tag in an output.
const noTag = "x0000000000000000"

// plain is an output without the tag of its source.
func plain(output, tag string) string {
	return strings.ReplaceAll(output, tag, noTag)
}

// tags are words that no source had before, in this run or another: a letter
// and sixteen digits in hexadecimal.
type tags struct {
	run  string
	next atomic.Uint32
}

func newTags() *tags {
	run := make([]byte, 4)
	// It never fails (crypto/rand).
	_, _ = rand.Read(run)
	return &tags{run: hex.EncodeToString(run)}
}

func (t *tags) tag() string {
	return fmt.Sprintf("x%s%08x", t.run, t.next.Add(1))
}
