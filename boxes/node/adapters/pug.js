// Pug, by the pug package. Templates are JavaScript.
import path from "node:path";
import pug from "pug";
import { version } from "../node_modules/pug/package.json";
import { plain } from "../diagnosis.js";
import { overhear } from "../overhear.js";
import { checkFilters, filters } from "../pug-filters.js";

// The source itself. No file of a request can have this name, for none opens
// with a dot.
const MAIN = "./input.pug";

// Includes and extends read the request's files; a leading slash means the
// folder that holds them all.
const reader = (files) => ({
  resolve(name, from) {
    const wanted = name.trim();
    return path.posix.join(wanted.startsWith("/") ? "." : path.posix.dirname(from), wanted);
  },
  read(name) {
    if (!files.has(name)) throw new Error(`ENOENT: no such file or directory, open '${name}'`);
    return files.get(name);
  },
  preFilters(tree) {
    checkFilters(tree);
    return tree;
  },
});

const fileOf = (name) => (name === MAIN ? "" : String(name ?? ""));

// Pug writes its warnings to the console.
function warningOf(text) {
  const [, name, line, message] = /^(.*), line (\d+):\n(.*)/.exec(text) ?? [, MAIN, 0, text];
  return { message, line: Number(line), file: fileOf(name) };
}

function explain(error) {
  if (typeof error?.code === "string" && error.code.startsWith("PUG:")) {
    const { msg, line, column, code, filename } = error;
    return { message: String(msg), line, column, code, file: fileOf(filename) };
  }
  // JavaScript of which Pug knows no more than that it is wrong: the position
  // is one in the code that Pug made.
  const wrong = error?.babylonError;
  if (wrong) return { message: String(wrong.message).replace(/ \(\d+:\d+\)$/, ""), code: String(wrong.code ?? "") };
  const said = plain(error);
  // A file that is not there: the place of the statement is at the end.
  const missing = /^(ENOENT: .*)\n {4}at (.*) line (\d+)$/.exec(said.message);
  if (missing) return { message: missing[1], line: Number(missing[3]), file: fileOf(missing[2]), code: "ENOENT" };
  // An error at run time: "file:line", lines of the template, an empty line
  // and then what was thrown, which may say nothing.
  const frame = /^(.*):(\d+)\n[^]*?\n\n/.exec(said.message);
  if (!frame || error.path !== frame[1]) return said;
  const message = said.message.slice(frame[0].length) || said.code || "Error";
  return { message, line: Number(frame[2]), file: fileOf(frame[1]), code: said.code };
}

export default {
  language: "pug",
  engine: "pug",
  versions: [version],

  compile(source, { doctype, pretty, self, globals }, { locals, files }) {
    const known = { doctype, globals, pretty: pretty === true, self: self === true };
    const fixed = { filename: MAIN, compileDebug: true, filters, plugins: [reader(files)] };
    const [template, heard] = overhear(() => pug.compile(source, { ...known, ...fixed }));
    return { output: template(locals), warnings: heard.map(warningOf) };
  },

  // What a template threw may refuse to be read.
  diagnose(error) {
    try {
      return explain(error);
    } catch {
      return { message: "the template threw something that cannot be read" };
    }
  },

  samples: [
    [
      "doctype html\ndiv.a#b(href='/' data-x=1 class=['c'])\n  p hii #{1 + 1} !{2} #[b x]\n" +
        "  each x, i in [1, 2]\n    li= x\n  if true\n    | text\n",
    ],
    [
      "mixin m(a)\n  b= a\n  block\n+m(1)(class='c') y\n- var x = 1\ncase x\n  when 1\n    i one\n" +
        "//- note\n// note\nscript.\n  f()\n",
    ],
    [
      "extends l/main\nblock body\n  include l/part\n  :markdown-it(inline) *a*\n",
      { pretty: true, doctype: "html" },
      { "l/main.pug": "html\n  body\n    block body\n", "l/part.pug": "p(a=1)(b=2) part\n" },
    ],
    ["p= self.x\n", { self: true, globals: ["g"] }],
    ["include nope\n"],
    [":nope\n  x\n"],
    ["div\n    p\n  b\n"],
    ["p= (\n"],
    ["- var = 1\n"],
    ["p= nope.x\n"],
  ],
};
