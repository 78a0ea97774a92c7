// SCSS and Sass, by Dart Sass in its JavaScript form.
import * as sass from "sass";
import { version } from "../node_modules/sass/package.json";
import { plain } from "../diagnosis.js";
import { diagnosticOf, loggerOf } from "../sass-diagnosis.js";
import { SOURCE, fileOf, importerOf } from "../sass-importer.js";

function compile(syntax, source, options, { files }) {
  const said = [];
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
      logger: loggerOf(said),
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
  return [diagnosticOf(error.sassMessage, error), ...said];
}

const scss = [
  [
    `@use "sass:math"; @use "sass:map"; @use "a"; @import "b/c";
$m: (x: 1px, y: 2px); $w: 10px !default;
@mixin m($a: 1, $r...) { margin: $a * 2; @content; }
@function f($x) { @if $x > 1 { @return math.div($x, 2); } @else { @return $x + 1; } }
%p { color: red; }
.a { @extend %p; width: f($w); &:hover, .b & { @include m(2px) { left: 1px; } } &-x { top: -$w; &__y { c: "q#{$w}"; } } }
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
  &-x
    left: -$w
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
