// Plain CSS, by PostCSS: checked, and on request with vendor prefixes and made
// small. Also the step behind every language that becomes CSS.
import autoprefixer from "autoprefixer";
import cssnano from "cssnano";
import postcss from "postcss";
import { version } from "../node_modules/postcss/package.json";
import { plain } from "../diagnosis.js";
import { browsersOf } from "../browserslist.js";
import { withoutSource } from "../source-map.js";

// The source map of what made the source.
const PREVIOUS_MAP = "input.map";
const NAME = "input.css";
// The source of a step, which its caller never saw.
const BETWEEN = "between.css";

// minifier is cssnano with its presets named: else it looks for a file that
// names them.
export function minifier(browsers) {
  return cssnano({ preset: ["default", { overrideBrowserslist: browsers }] });
}

// transform runs plugins over a source called name. A comment in it can name a
// map to load: nothing follows that.
export async function transform(plugins, source, { name, parser = postcss.parse, sourceMap: wanted = false, previous }) {
  const result = await postcss(plugins).process(source, {
    from: "/" + name,
    to: "/output.css",
    // Given a parser, PostCSS parses even if there is no plugin to do it for.
    parser,
    map: wanted && { inline: false, annotation: false, sourcesContent: true, prev: previous ?? false },
  });
  const map = result.map?.toJSON();
  // Where the previous map says nothing PostCSS puts in its own source.
  const sourceMap = map && JSON.stringify(previous ? withoutSource(map, name) : map);
  return { output: result.css, sourceMap, warnings: result.warnings().map(warningIn(name)) };
}

const warningIn = (name) => ({ text, line, column, endLine, endColumn, plugin, node }) => {
  const file = fileOf(node?.source?.input.file, name);
  return { message: text, line, column, endLine, endColumn, code: plugin, file };
};

// diagnoserIn makes the diagnose of an adapter that calls its source name.
export const diagnoserIn = (name) => (error) => {
  if (error?.name !== "CssSyntaxError") return plain(error);
  // With a previous map the error itself has the place in what was before.
  const { line, column, endLine, endColumn, file } = error.input ?? error;
  return { message: error.reason, line, column, endLine, endColumn, code: error.name, file: fileOf(file, name) };
};

// The source itself is none of the files.
function fileOf(path, source) {
  const file = String(path ?? "").replace(/^\//, "");
  return file === source || file === BETWEEN ? "" : file;
}

export default {
  language: "css",
  engine: "postcss",
  versions: [version],

  compile(source, options, { files }) {
    const browsers = browsersOf(options.browsers);
    const plugins = [];
    if (options.autoprefixer) plugins.push(autoprefixer({ overrideBrowserslist: browsers }));
    if (options.minify) plugins.push(minifier(browsers));
    const previous = files.get(PREVIOUS_MAP);
    return transform(plugins, source, { name: previous ? BETWEEN : NAME, sourceMap: options.source_map, previous });
  },

  diagnose: diagnoserIn(NAME),

  samples: [
    [
      `@charset "utf-8"; :root { --a: #ff0000; } /* c */
a:hover > b, .c::placeholder { color: rgba(0, 0, 0, 0.5); user-select: none; margin: 0 0 0 0; width: calc(1px + 2px);
  background: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cg/%3E%3C/svg%3E"); }
@media (min-width: 10px) { a { display: flex; transition: transform 1s ease-in-out; font: bold 1em/2 "A", serif } }
@supports (display: grid) { .g { display: grid; grid-template-areas: "a"; backdrop-filter: blur(1px) } }
@keyframes k { from { opacity: 0 } to { opacity: 1 } } @font-face { font-family: x; unicode-range: U+26 }`,
      { autoprefixer: true, minify: true },
    ],
    ["a { appearance: none }", { autoprefixer: true, browsers: ["last 2 versions", "supports css-grid", "ie 11"] }],
    ["a { b: c }", { source_map: true }, { "input.map": '{"version":3,"sources":["a"],"names":[],"mappings":"AAAA"}' }],
    ["a { b: c"],
    ["a {}", { autoprefixer: true, browsers: ["nonsense"] }],
  ],
};
