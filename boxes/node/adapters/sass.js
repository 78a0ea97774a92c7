// SCSS and Sass, by Dart Sass in its JavaScript form.
import path from "node:path";
import * as sass from "sass";
import { version } from "../node_modules/sass/package.json";
import { plain } from "../diagnosis.js";

// Where the caller's files are to Sass: in a folder, so that ".." leads out of
// it and not, by the rules of URLs, to the top again. No file of a caller's can
// have the name of SOURCE.
const ROOT = "sheet:///-/";
const SOURCE = ROOT + ".input";
// A loop over @debug says no more than this.
const MOST_SAID = 1000;

const SYNTAXES = { ".scss": "scss", ".sass": "indented", ".css": "css" };

// The name that a URL stands for: as it is on a disk, "" if there can be none.
function nameOf(url) {
  if (!url.startsWith(ROOT)) return "";
  try {
    return path.join(".", decodeURIComponent(url.slice(ROOT.length)));
  } catch {
    return "";
  }
}

// The caller's name for a URL; undefined for the source.
function fileOf(url) {
  const href = String(url ?? SOURCE);
  return href === SOURCE ? undefined : nameOf(href);
}

// An importer of files that looks for what is not beside its importer in
// folder, if there is one.
function importerOf(files, folder) {
  const urlOf = (name) => new URL(ROOT + name.split("/").map(encodeURIComponent).join("/"));

  const partialOf = (name) => path.join(path.dirname(name), "_" + path.basename(name));
  const either = (name) => [partialOf(name), name].filter((n) => files.has(n));
  function only(found) {
    if (found.length > 1) throw new Error(`It's not clear which file to import. Found: ${found.join(", ")}`);
    return found[0];
  }
  function withExtension(name) {
    const found = [...either(name + ".sass"), ...either(name + ".scss")];
    return only(found.length > 0 ? found : either(name + ".css"));
  }
  // The order is that of Sass's own importer. x.import.scss is for @import only.
  function find(name, fromImport) {
    const extension = path.extname(name);
    if (SYNTAXES[extension]) {
      const forImport = name.slice(0, -extension.length) + ".import" + extension;
      return (fromImport && only(either(forImport))) || only(either(name));
    }
    const index = path.join(name, "index");
    return (
      (fromImport && withExtension(name + ".import")) ||
      withExtension(name) ||
      (fromImport && withExtension(index + ".import")) ||
      withExtension(index)
    );
  }

  return {
    canonicalize(url, { fromImport }) {
      if (!url.startsWith(ROOT)) {
        if (!folder || /^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(url)) return null;
        url = new URL(url, urlOf(folder === "." ? "" : folder + "/")).href;
      }
      const name = find(nameOf(url), fromImport);
      return name ? urlOf(name) : null;
    },
    load(url) {
      const name = nameOf(url.href);
      return { contents: files.get(name), syntax: SYNTAXES[path.extname(name)], sourceMapUrl: url };
    },
  };
}

// Sass breaks its messages into paragraphs: a diagnostic is one line.
const lineOf = (message) =>
  message.trim().replace(/\s*\n\s*/g, " ").replace(new RegExp(`${ROOT}\\S*`, "g"), nameOf);

function positionOf({ span, stack }) {
  if (span) {
    const { start, end, url } = span;
    const file = fileOf(url);
    return { line: start.line + 1, column: start.column + 1, endLine: end.line + 1, endColumn: end.column + 1, file };
  }
  // @warn has no span: the innermost frame is the rule itself.
  const [, url, line, column] = /^(\S+) (\d+):(\d+)/.exec(stack) ?? [];
  return { line: Number(line), column: Number(column), file: fileOf(url) };
}

function compile(syntax, source, options, { files }) {
  const said = [];
  const say = (severity, message, at, code) => {
    if (said.length < MOST_SAID) said.push({ severity, message: lineOf(message), ...positionOf(at), code });
  };
  const folders = options.load_paths ?? [];
  try {
    const { css, sourceMap } = sass.compileString(source, {
      syntax,
      url: new URL(SOURCE),
      importer: importerOf(files),
      importers: folders.map((folder) => importerOf(files, folder)),
      style: options.style,
      charset: options.charset,
      sourceMap: options.source_map,
      sourceMapIncludeSources: options.source_map,
      quietDeps: options.quiet_deps,
      verbose: options.verbose,
      silenceDeprecations: options.silence_deprecations,
      fatalDeprecations: options.fatal_deprecations,
      alertColor: false,
      logger: {
        warn: (message, at) => say("warning", message, at, at.deprecationType?.id),
        debug: (message, at) => say("info", message, at),
      },
    });
    if (sourceMap) {
      const input = syntax === "scss" ? "input.scss" : "input.sass";
      sourceMap.sources = sourceMap.sources.map((url) => fileOf(url) ?? input);
    }
    return { output: css, sourceMap: sourceMap && JSON.stringify(sourceMap), warnings: said };
  } catch (error) {
    throw { error, said };
  }
}

// What was said before an error is often the way to its cause.
function diagnose({ error, said }) {
  if (!(error instanceof sass.Exception)) return [plain(error), ...said];
  return [{ message: lineOf(error.sassMessage), ...positionOf(error) }, ...said];
}

const scss = [
  [
    `@use "sass:math"; @use "sass:map"; @use "a"; @import "b/c";
$m: (x: 1px, y: 2px); $w: 10px !default;
@mixin m($a: 1, $r...) { margin: $a * 2; @content; }
@function f($x) { @if $x > 1 { @return math.div($x, 2); } @else { @return $x + 1; } }
%p { color: red; }
.a { @extend %p; width: f($w); &:hover, .b & { @include m(2px) { left: 1px; } } }
.c { @media (min-width: 1px) { b: map.get($m, x); } }
@each $k, $v in $m { .#{$k}-b { c: $v; d: a.$x; } }
@for $i from 1 through 2 { .d-#{$i} { e: calc(1px + #{$i}%); f: rgba(#123456, .5); } } // g
`,
    {},
    { "_a.scss": "$x: 1; .e { f: g }\n", "b/_c.sass": ".h\n  i: j\n" },
  ],
  [
    "a { b: c; d { e: f } @warn 'w'; @debug 1; g: (4/2); h: lighten(red, 5%) }",
    { style: "compressed", source_map: true },
  ],
  ["a {\n  b: $c;\n}\n"],
  ["a {\n  b: c\n"],
  ["@use 'nope';"],
];
const indented = [
  [
    `@use "a"
$w: 10px
=m($a)
  margin: $a
.a
  width: $w * 2
  &:hover
    +m(2px)
  @media (min-width: 1px)
    b: a.$x
@each $k in a, b
  .#{$k}-b
    c: $k
// d
`,
    {},
    { "_a.sass": "$x: 1\n" },
  ],
  ["a\n  b: $c\n"],
  ["a\n    b: c\n  d: e\n"],
];

const adapterOf = (language, syntax, samples) => ({
  language,
  engine: "sass",
  versions: [version],
  compile: (source, options, job) => compile(syntax, source, options, job),
  diagnose,
  samples,
});

export default [adapterOf("scss", "scss", scss), adapterOf("sass", "indented", indented)];
