// Stylus, by the stylus package.
import fs from "node:fs";
import stylus from "stylus";
import builtins from "../node_modules/stylus/lib/functions/index.styl";
import { version } from "../node_modules/stylus/package.json";
import { plain } from "../diagnosis.js";
import { replacing } from "../replacing.js";
import { BuiltinsCache } from "../stylus-cache.js";
import { finding, reading } from "../stylus-files.js";

const INPUT = "input.styl";
// The functions that Stylus has written in itself; no file of a caller can
// have such a name.
const BUILTINS = "<stylus>/index.styl";
const SWITCHED_OFF = ["use", "json", "image-size", "embedurl"];
const { functions, nodes, utils, Parser } = stylus;

const refusals = SWITCHED_OFF.map((name) => {
  const refuse = () => {
    throw new Error(`${name}() is switched off here: it opens a file`);
  };
  return [name, Object.assign(refuse, { raw: true })];
});

// What warn() and p() print. What trace() prints is no text.
function hearing(said) {
  return {
    warn: (_form, text) => said.push({ message: text }),
    log: (form, text) => typeof form === "string" && said.push({ message: `inspect: ${text}`, severity: "info" }),
  };
}

export default {
  language: "stylus",
  engine: "stylus",
  versions: [version],

  preload() {
    Parser.cache = new BuiltinsCache(builtins);
    for (const [name, refuse] of refusals) functions[name] = refuse;
    // Instead of a picture of the place in front of the message: the place.
    utils.formatException = (error, { filename, lineno, column }) =>
      Object.assign(error, { filename, lineno, column });
  },

  compile(source, options, { files }) {
    const warnings = [];
    const renderer = stylus(source, {
      filename: INPUT,
      compress: options.compress ?? false,
      prefix: options.prefix ?? "",
      "include css": options.include_css ?? false,
      "hoist atrules": options.hoist_atrules ?? false,
      sourcemap: options.source_map ? { comment: false } : undefined,
      // Stylus puts it into the global scope by itself.
      globals: { embedurl: new nodes.Function("embedurl", functions.embedurl) },
    });
    renderer.set("imports", [BUILTINS]);
    const defined = Object.entries(options.define ?? {});
    for (const [name, value] of defined) renderer.define(name, utils.parseString(value));
    // Where the last parser stopped before, be it in another source.
    Object.assign(nodes, { filename: INPUT, lineno: 1, column: 1 });
    const all = new Map([...files, [BUILTINS, builtins]]);
    const heard = () => replacing(console, hearing(warnings), () => renderer.render());
    const output = replacing(fs, reading(all), () => replacing(utils, finding(all), heard));
    return { output, warnings, sourceMap: options.source_map && mapOf(renderer.sourcemap, source, all) };
  },

  diagnose(error) {
    const { filename, lineno, column } = error;
    // A return throws itself, to be caught by the function that it is in.
    if (error.nodeName === "return") return { message: "return outside of a function", line: lineno, column };
    // A place among the functions of Stylus says nothing to a caller.
    if (filename === BUILTINS) return plain(error);
    return { ...plain(error), line: lineno, column, file: filename === INPUT ? undefined : filename };
  },

  samples: [
    [
      "$c = #369\nw = 10px\nm(r)\n  border-radius r\n  if r > 1\n    color darken($c, 10%)\n@import 'd/p'\n" +
        ".a\n  m(2px)\n  width: w * 2\n  &:hover\n    @extend .x\n    padding unit(5, 'em') 0\n" +
        "  for i in 1..2\n    .n-{i}\n      margin i\n@media (min-width: 1px)\n  .b, .c\n    top rgba($c, .5)\n" +
        "add(a, b = 1)\n  return a + b\n.y\n  z-index add(1)\n  s = { k: 1 }\n  top s.k\n  +p()\n    left 0\n" +
        "// note\n/* kept */\n",
      {},
      { "d/p.styl": ".x\n  color red\np()\n  .q\n    {block}\n" },
    ],
    [
      "@import 'a.css'\n@require 'g/*'\n@keyframes k\n  from\n    opacity 0\n@font-face\n  src url(x)\n" +
        ".a\n  warn('w')\n  p(1)\n  q v\n",
      {
        compress: true,
        prefix: "n-",
        include_css: true,
        hoist_atrules: true,
        define: { v: "1px" },
        source_map: true,
      },
      { "a.css": "a{}", "g/a.styl": "b\n  c d\n" },
    ],
    [".a\n  b: (1\n"],
    ["a\n  b: error('no')\n"],
    ["@import 'nope'\n"],
    ["@import 'e'\n", {}, { "e.styl": "a\n  b: json('x')\n" }],
  ],
};

function mapOf(map, source, files) {
  const sourcesContent = map.sources.map((name) => (name === INPUT ? source : files.get(name)));
  return JSON.stringify({ ...map, sourcesContent });
}
