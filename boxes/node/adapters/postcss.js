// PostCSS and SugarSS, with the plugins that a request lists.
import autoprefixer from "autoprefixer";
import nested from "postcss-nested";
import nesting from "postcss-nesting";
import presetEnv from "postcss-preset-env";
import sugarss from "sugarss";
import { version } from "../node_modules/postcss/package.json";
import { version as sugarssVersion } from "../node_modules/sugarss/package.json";
import { browsersOf } from "../browserslist.js";
import { diagnoserIn, minifier, transform } from "./css.js";
import { inlineImports } from "../inline-imports.js";

const DEFAULT_PLUGINS = ["import", "nesting", "autoprefixer"];
const DEFAULT_STAGE = 2;
const PCSS = "input.pcss";
const SSS = "input.sss";

// Plugins by the name an option calls them.
const makers = {
  autoprefixer: ({ browsers }) => autoprefixer({ overrideBrowserslist: browsers }),
  cssnano: ({ browsers }) => minifier(browsers),
  import: ({ files }) => inlineImports(files),
  nested: () => nested(),
  nesting: () => nesting(),
  "preset-env": ({ browsers, stage }) => presetEnv({ browsers, stage }),
};

function compile(source, options, files, input) {
  const wanted = { browsers: browsersOf(options.browsers), stage: options.stage ?? DEFAULT_STAGE, files };
  const plugins = (options.plugins ?? DEFAULT_PLUGINS).map((name) => makers[name](wanted));
  return transform(plugins, source, { ...input, sourceMap: options.source_map });
}

const everyPlugin = { plugins: ["import", "nested", "preset-env", "cssnano"], stage: 1, source_map: true };
const partial = { "a.css": "i { color: red }\n" };

export default [
  {
    language: "postcss",
    engine: "postcss",
    versions: [version],
    compile: (source, options, { files }) => compile(source, options, files, { name: PCSS }),
    diagnose: diagnoserIn(PCSS),
    samples: [
      [
        `@import "a" print;\n.card { color: #333; user-select: none;
  &:hover, & > b { color: red; } @media (width > 10px) { display: flex; } }
.list {
  display: grid; transition: all 1s;

  & .item {
    mask: none;
  }
}
/* note */
@keyframes k { from { top: 0 } }\n`,
        {},
        partial,
      ],
      [
        `@custom-media --m (width >= 1px);\n:root { --x: 1px } @media (--m) { a { inset: 0; gap: var(--x);
  color: rgb(0 0 0 / 50%); margin-inline: 1px; &:is(b, i) { color: lab(50% 1 1) } } }\n`,
        everyPlugin,
      ],
      ["a { b: c"],
      ['@import "missing";'],
    ],
  },
  {
    language: "sugarss",
    engine: "sugarss",
    versions: [sugarssVersion],
    compile: (source, options, { files }) => compile(source, options, files, { name: SSS, parser: sugarss.parse }),
    diagnose: diagnoseIndented,
    samples: [
      [
        "// c\n@import 'a'\n.a\n  color: red\n  &:hover,\n  & b\n    user-select: none\n@media print\n  i\n    b: 0\n",
        {},
        partial,
      ],
      [".a\n  color: red\n", { plugins: ["nested"], source_map: true }],
      ["a {\n  b: c\n}\n"],
      ["a\n    b: c\n  d: e\n"],
    ],
  },
];

// Where SugarSS complains of mixed indentation it says an offset for the line,
// that of the line's first character.
function diagnoseIndented(error, source) {
  const said = diagnoserIn(SSS)(error);
  if (error?.reason !== "Mixed tabs and spaces are not allowed") return said;
  return { ...said, line: String(error.source ?? source).slice(0, error.line).split("\n").length };
}
