// Less, by the core of the less package.
import { version } from "../node_modules/less/package.json";
import { plain } from "../diagnosis.js";
import { less } from "../less-core.js";
import { Files } from "../less-files.js";

const INPUT = "input.less";
// Warnings come as text only, some with a position.
const WARNING = /^(?:(\w+) )?WARNING: (.*) in (.*) on line (\d+), column (\d+):/;

export default {
  language: "less",
  engine: "less",
  versions: [version],

  compile(source, options, { files }) {
    const warnings = [];
    const before = linesBefore(options.global_vars);
    const listener = { warn: (text) => warnings.push(warningOf(text, before)) };
    const manager = { install: (_less, plugins) => plugins.addFileManager(new Files(files)) };
    const known = {
      filename: INPUT,
      syncImport: true,
      disablePluginRule: true,
      javascriptEnabled: false,
      plugins: [manager],
      math: options.math ?? "parens-division",
      strictUnits: options.strict_units ?? false,
      compress: options.compress ?? false,
      rewriteUrls: options.rewrite_urls ?? "off",
      globalVars: options.global_vars,
      modifyVars: options.modify_vars,
    };
    if (options.source_map) known.sourceMap = { outputSourceFiles: true, disableSourcemapAnnotation: true };
    let failure, result;
    less.logger.addListener(listener);
    less.render(source, known, (error, done) => ([failure, result] = [error, done]));
    less.logger.removeListener(listener);
    if (failure) throw Object.assign(failure, { linesBefore: before });
    return { output: result.css, sourceMap: result.map, warnings };
  },

  diagnose(error) {
    if (typeof error?.type !== "string") return plain(error);
    const position = positionOf(error.filename, error.line, error.column + 1, error.linesBefore);
    // Less loses the message of what fails inside a mixin by itself.
    const message = error.message ?? "a mixin failed, most likely because it calls itself without end";
    return { message, code: error.type, ...position };
  },

  samples: [
    [
      "@c: #336699; @w: 10px; @n: z; @plug: { p: q };\n@import (reference) 'm';\n" +
        ".b(@r: 2px) when (@r > 1) { border-radius: @r; }\n" +
        ".a { .b(); color: darken(@c, 10%); &:hover { width: (@w * 2); } .n { margin: 0 auto; } }\n" +
        "@media (min-width: 1px) { .x:extend(.a all) { @r: { a: b }; @r(); } }\n// note\n/* kept */\n" +
        ".@{n} { width: ~'calc(1px + @{w})'; .m(); }\n.y { @plug(); .b !important; }\n",
      { source_map: true },
      { "m.less": ".m() { color: fade(red, 50%); }\n" },
    ],
    [
      "@import (inline) 'a.css';\n@import 'd/b';\n@d: { a: 1 };\neach(@d, { .@{key} { v: @value; } });\n" +
        ".l(@i) when (@i > 0) { .c@{i} { w: @i / 2; } .l(@i - 1); }\n.l(2);\n" +
        ".u { b: data-uri('a.css'); c: if((1 > 0), e('x'), 2); }\n",
      {
        global_vars: { g: "1px" },
        modify_vars: { h: "red" },
        math: "always",
        strict_units: true,
        compress: true,
        rewrite_urls: "all",
      },
      { "a.css": "a{}", "d/b.less": ".u { background: url(i.png); w: @g; }\n" },
    ],
    ["a { b: @nope; }\n"],
    ["a { b: c;\n"],
    ["a { .nope(); }\n@import 'nope';\n"],
    ["@plugin 'x';\n"],
    ["@import 'p';\n", {}, { "p.less": "a { width: percentage(red); }\n" }],
  ],
};

// Less compiles global variables as lines in front of the source and counts
// them.
function linesBefore(vars) {
  return vars ? Object.values(vars).join("").split("\n").length : 0;
}

function positionOf(filename, line, column, before) {
  return filename === INPUT ? { line: line - before, column } : { file: filename, line, column };
}

function warningOf(text, before) {
  const found = WARNING.exec(text);
  if (!found) return { message: text };
  const [, kind = "", message, file, line, column] = found;
  return { message, code: kind.toLowerCase(), ...positionOf(file, Number(line), Number(column), before) };
}
