// EJS, by the ejs package. Templates are JavaScript.
import ejs from "ejs";
import { posix } from "node:path";
import { version } from "../node_modules/ejs/package.json";
import { plain } from "../diagnosis.js";

const MAIN = "input.ejs";
// What every template an error passes through puts before its message: where
// it was, and the lines around.
const WHERE = /^([^\n]+):(\d+)\n(?:(?: >> |    )\d+\| [^\n]*\n)+\n/;
const UNCOMPILED = / in ([^\n]+) while compiling ejs/;

// The name that was last asked for, from the root of the files. No path goes
// back to EJS, or it would ask the disk for it.
let wanted;

export default {
  language: "ejs",
  engine: "ejs",
  versions: [version],

  preload() {
    const NO_PATH = "\0";
    ejs.resolveInclude = (name, from, fromRoot) => {
      const path = posix.join(fromRoot ? "." : posix.dirname(from), name);
      wanted = posix.extname(path) ? path : `${path}.ejs`;
      return NO_PATH;
    };
  },

  async compile(source, options, { locals, files }) {
    const includer = (name) => {
      if (!files.has(wanted)) throw new Error(`Could not find the include file "${name}"`);
      return { filename: wanted, template: files.get(wanted).replace(/^\uFEFF/, "") };
    };
    return {
      output: await ejs.render(source, locals, {
        filename: MAIN,
        includer,
        compileDebug: true,
        delimiter: options.delimiter,
        openDelimiter: options.open_delimiter,
        closeDelimiter: options.close_delimiter,
        rmWhitespace: options.rm_whitespace ?? false,
        strict: options.strict ?? false,
        _with: options.use_with ?? true,
        localsName: options.locals_name,
        destructuredLocals: options.destructured_locals,
        outputFunctionName: options.output_function_name,
        async: options.async ?? false,
      }),
    };
  },

  diagnose(error) {
    let { message, code } = plain(error);
    let file = MAIN;
    let line;
    for (let where; (where = WHERE.exec(message)); message = message.slice(where[0].length)) {
      file = where[1];
      line = Number(where[2]);
    }
    // What does not compile has no line: the one just read is the include's.
    const uncompiled = code === "SyntaxError" && UNCOMPILED.exec(message)?.[1];
    if (uncompiled) {
      file = uncompiled;
      line = undefined;
    }
    return { message, line, code, file: file === MAIN ? undefined : file };
  },

  samples: [
    [
      "<%# note %>\n<ul class=\"<%= 1 + 1 %>\">\n<% for (const x of [1, 2]) { -%>\n" +
        "  <li><%= x %></li>\n<% } %>\n</ul>\n" +
        "<% if (locals.y) { %>y<% } else { _%>\n  z <%- '<b>' %>\n<%_ } %>\n<%% %>" +
        "<%- include('p/a', { x: 1 }) %>\n",
      { destructured_locals: ["z"] },
      { "p/a.ejs": "<b><%= x %></b><%- include('b') %>", "p/b.ejs": "<%- include('/p/c.html') %>", "p/c.html": "c" },
    ],
    ["<? [1, 2].forEach((x) => { ?>\n  <?= x ?>\n<? }) ?>\n", { delimiter: "?", rm_whitespace: true, strict: true }],
    ["<%= await 1 %>\n", { async: true }],
    ["<p>\n<% if ( { %>\n"],
    ["<p>\n<%= nope.x %>\n"],
    ["<p>\n<%= x \n"],
    ["<%- include('a') %>", {}, { "a.ejs": "\n<% throw new TypeError('x') %>" }],
    ["<%- include('a') %>"],
  ],
};
