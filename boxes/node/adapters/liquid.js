// Liquid, by liquidjs.
import { posix } from "node:path";
import { Liquid } from "liquidjs";
import { version } from "../node_modules/liquidjs/package.json";
import { messageOf, plain } from "../diagnosis.js";

const EXTENSION = ".liquid";

// The engine's names of the options whose values it takes as they are.
const SETTINGS = {
  catch_all_errors: "catchAllErrors",
  date_format: "dateFormat",
  dynamic_partials: "dynamicPartials",
  greedy: "greedy",
  grouped_expressions: "groupedExpressions",
  jekyll_include: "jekyllInclude",
  jekyll_where: "jekyllWhere",
  js_truthy: "jsTruthy",
  lenient_if: "lenientIf",
  locale: "locale",
  ordered_filter_parameters: "orderedFilterParameters",
  output_delimiter_left: "outputDelimiterLeft",
  output_delimiter_right: "outputDelimiterRight",
  output_escape: "outputEscape",
  preserve_timezones: "preserveTimezones",
  strict_filters: "strictFilters",
  strict_variables: "strictVariables",
  tag_delimiter_left: "tagDelimiterLeft",
  tag_delimiter_right: "tagDelimiterRight",
  timezone: "timezoneOffset",
  trim_output_left: "trimOutputLeft",
  trim_output_right: "trimOutputRight",
  trim_tag_left: "trimTagLeft",
  trim_tag_right: "trimTagRight",
};

// The files of the request an error belongs to, by error.
const libraries = new WeakMap();

export default {
  language: "liquid",
  engine: "liquidjs",
  versions: [version],

  compile(source, options, { locals, files }) {
    // The machine's own time zone and language are nobody's business.
    const known = { root: ".", ownPropertyOnly: true, fs: library(files), timezoneOffset: "UTC", locale: "en-US" };
    for (const [name, theirs] of Object.entries(SETTINGS)) if (name in options) known[theirs] = options[name];
    try {
      return { output: new Liquid(known).parseAndRenderSync(source, locals) };
    } catch (error) {
      libraries.set(error, files);
      throw error;
    }
  },

  diagnose(error, source) {
    const files = libraries.get(error) ?? new Map();
    const all = Array.isArray(error?.errors) ? error.errors : [error];
    return all.map((one) => diagnostic(one, source, files));
  },

  samples: [
    [
      '{% assign a = "x,y" | split: "," %}\n{% for i in a limit: 2 %}\n  <li>{{ i | upcase | append: "!" }} ' +
        '{{ forloop.index }}</li>\n{% else %}-{% endfor %}\n{%- if a.size > 1 and b != "c" or d contains "e" -%} y ' +
        '{%- elsif e %}{% else %}n{% endif %}\n{% case a %}{% when "x" %}1{% else %}2{% endcase %}\n' +
        '{% render "card", t: 1 %}{% include "card" %}{% capture z %}{{ "now" | date: "%Y" }}{% endcapture %}\n' +
        "{% comment %}c{% endcomment %}{% raw %}{{}}{% endraw %}{{ page.title | default: 'x' | escape }}\n" +
        "{% for i in (1..3) %}{% cycle 1, 2 %}{% if i == 2 %}{% break %}{% endif %}{% endfor %}\n",
      {},
      { "card.liquid": "<b>{{ t }}</b>" },
    ],
    [
      '{% layout "base" %}{% block a %}x{% endblock %}',
      { output_escape: "escape", strict_filters: true },
      { "base.liquid": "<p>{% block a %}{% endblock %}</p>" },
    ],
    ["{% tablerow i in (1..2) cols: 2 %}{{ i | times: 2 }}{% endtablerow %}{% unless a %}b{% endunless %}{% echo 1 %}"],
    ["{% if %}"],
    ["\n{{ a.b | f }}", { strict_variables: true, strict_filters: true }],
    ["{{ a }}{{ b }}", { strict_variables: true, catch_all_errors: true }],
    ['{% render "nope" %}'],
    ['{% render "bad" %}', {}, { bad: "{% nope %}" }],
  ],
};

// A file system of the request's files only.
function library(files) {
  return {
    sep: "/",
    dirname: posix.dirname,
    resolve(folder, name) {
      if (posix.isAbsolute(name)) return undefined;
      const path = posix.join(folder, name);
      return files.has(path) ? path : path + EXTENSION;
    },
    existsSync: (path) => files.has(path),
    readFileSync: (path) => files.get(path),
  };
}

// What went wrong in a file is wrapped in what went wrong where it was asked
// for: the innermost error is the one to show.
function diagnostic(error, source, files) {
  let inner = error;
  while (inner?.originalError?.token) inner = inner.originalError;
  const { token } = inner ?? {};
  if (typeof token?.getPosition !== "function") return plain(error);
  const said = { ...plain(inner), message: messageOf(inner).replace(/(?:, file:.*)?, line:\d+, col:\d+$/, "") };
  // Not every token knows its file, but each has the text it is in. That may
  // be an expression made at run time, too, in which a place says nothing.
  const file = token.file ?? [...files.keys()].find((name) => token.input === files.get(name));
  if (!file && token.input !== source) return said;
  const [line, column] = token.getPosition();
  const through = token.input.slice(0, token.end).split("\n");
  return { ...said, line, column, endLine: through.length, endColumn: through.at(-1).length + 1, file };
}
