// Markdown, by markdown-it.
import MarkdownIt from "markdown-it";
import anchor from "markdown-it-anchor";
import footnote from "markdown-it-footnote";
import taskLists from "markdown-it-task-lists";
import { version } from "../node_modules/markdown-it/package.json";
import { plain } from "../diagnosis.js";

// What the engine knows beyond CommonMark is switched on in its preset
// "default"; its preset "commonmark" has only the rules of the specification.
const PRESETS = { gfm: "default", commonmark: "commonmark" };

// Rules that do nothing before their option is on, and that the preset
// "commonmark" leaves out.
const RULES = { linkify: ["linkify"], typographer: ["replacements", "smartquotes"] };

const PLUGINS = { footnotes: footnote, task_lists: taskLists, anchors: anchor };

let usual;

function engine(options) {
  const { preset = "gfm", html = true, xhtml = true, breaks = false, linkify = false, typographer = false } = options;
  const own = { html, xhtmlOut: xhtml, breaks, linkify, typographer };
  const md = new MarkdownIt(PRESETS[preset], own);
  for (const [name, rules] of Object.entries(RULES)) if (options[name]) md.enable(rules);
  for (const [name, plugin] of Object.entries(PLUGINS)) if (options[name]) md.use(plugin);
  return md;
}

export default {
  language: "markdown",
  engine: "markdown-it",
  versions: [version],

  preload() {
    usual = engine({});
  },

  compile(source, options) {
    const md = Object.keys(options).length === 0 ? usual : engine(options);
    return { output: md.render(source) };
  },

  diagnose: plain,

  samples: [
    [
      "# hi\n\n* a\n* *b* `c` [d](e)\n\n> q\n\n```js\nf()\n```\n\n1. x\n\n<b>x</b> ~~y~~ ![i](j) <http://k>\n\n" +
        "| a | b |\n|---|--:|\n| 1 | 2 |\n",
    ],
    [
      "a[^1] http://b.c \"q\" -- (c)\n\n- [x] d\n\n[^1]: e\n\n## f g\n",
      { linkify: true, typographer: true, footnotes: true, task_lists: true, anchors: true, breaks: true },
    ],
    ["a\n===\n\n    code\n\n***\n&amp; \\* [r]\n\n[r]: /u 't'\n", { preset: "commonmark", html: false, xhtml: false }],
  ],
};
