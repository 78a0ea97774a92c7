// Eta, by the eta package, of it the core that knows no disk. Templates are
// JavaScript.
import { Eta, EtaFileResolutionError, EtaParseError, EtaRuntimeError } from "eta/core";
import { posix } from "node:path";
import { version } from "../node_modules/eta/package.json";
import { messageOf, plain } from "../diagnosis.js";

const PARSED = /^([^\n]*) at line (\d+) col (\d+):/;
const UNCOMPILED = /^Bad template syntax\n\n([^\n]*)/;
const RAN = /^(?:line|([^\n]+):) ?(\d+)\n/;

// The engine over files in memory.
class Memory extends Eta {
  constructor(files, config) {
    super(config);
    this.resolvePath = (name, { filepath } = {}) => {
      const folder = filepath && !name.startsWith("/") ? posix.dirname(filepath) : ".";
      return posix.join(folder, posix.extname(name) ? name : `${name}.eta`);
    };
    this.readFile = (path) => {
      if (!files.has(path)) throw new EtaFileResolutionError(`Could not find template: ${path}`);
      return files.get(path);
    };
    // What does not compile does not say which file it is.
    const { compile } = this;
    this.compile = (template, options) => {
      try {
        return compile.call(this, template, options);
      } catch (error) {
        error.filepath ??= options.filepath;
        throw error;
      }
    };
  }
}

export default {
  language: "eta",
  engine: "eta",
  versions: [version],

  async compile(source, options, { locals, files }) {
    const config = configOf(options);
    const render = async (debug) => {
      const eta = new Memory(files, { ...config, debug });
      return options.async ? eta.renderStringAsync(source, locals) : eta.renderString(source, locals);
    };
    try {
      return { output: await render(false) };
    } catch (error) {
      if (error instanceof EtaParseError) throw error;
      // Only debug mode knows lines, but it makes other code, which now and
      // then does other things: it is asked for the line, no more.
      const located = await render(true).catch((e) => e);
      throw messageOf(innermost(located).cause) === messageOf(error) ? located : error;
    }
  },

  diagnose(error) {
    if (error instanceof EtaParseError) {
      const { message, filepath: file } = error;
      const code = "EtaParseError";
      const [, reason, line, column] = PARSED.exec(message) ?? [];
      if (reason) return { message: reason, line: Number(line), column: Number(column), code, file };
      return { message: `Bad template syntax: ${UNCOMPILED.exec(message)?.[1]}`, code, file };
    }
    if (!(error instanceof EtaRuntimeError)) return plain(error);
    const inner = innermost(error);
    const [, file, line] = RAN.exec(inner.message) ?? [];
    const { message, code } = plain(inner.cause);
    return { message, line: Number(line), code: code?.replace(" ", ""), file };
  },

  samples: [
    [
      "<% layout('l/base', { title: 'a' }) %>\n<%/* note */%>\n<% const xs = [1, 2] %>\n" +
        "<ul class=\"<%= xs.length %>\">\n" +
        "<% xs.forEach(function (x) { %>\n  <li><%= x %><%~ '<b>' %></li>\n<% }) %>\n</ul>\n" +
        "<% if (it.y) { %>y<% } else { -%>\n  z <%_ } %>\n<%~ include('./p', { x: `a${1}` }) %>\n",
      {},
      {
        "p.eta": "<b><%= it.x %></b><%~ include('/q.html') %>",
        "q.html": "q",
        "l/base.eta": "<p><%= it.title %></p><%~ it.body %>",
      },
    ],
    [
      "<p> a\n\n {{ const x = '<' _}} b {{= x }} {{= await 1 }}",
      {
        async: true,
        rm_whitespace: true,
        open_tag: "{{",
        close_tag: "}}",
        auto_trim_left: "slurp",
        auto_trim_right: "none",
      },
    ],
    ["<%= output('x') %>", { use_with: true, var_name: "data", auto_escape: false }],
    ["<p>\n<% if ( { %>\n"],
    ["<p>\n<%= 'x %>\n"],
    ["<p>\n<%= nope.x %>\n"],
    ["<%~ include('a') %>", {}, { "a.eta": "\n<% throw new TypeError('x') %>" }],
    ["<%~ include('a') %>", {}, { "a.eta": "\n<% } %>" }],
    ["<%~ include('a') %>"],
  ],
};

const TRIM = { none: false, nl: "nl", slurp: "slurp" };

function configOf(options) {
  return {
    autoEscape: options.auto_escape ?? true,
    autoTrim: [TRIM[options.auto_trim_left ?? "none"], TRIM[options.auto_trim_right ?? "nl"]],
    rmWhitespace: options.rm_whitespace ?? false,
    tags: [options.open_tag ?? "<%", options.close_tag ?? "%>"],
    parse: {
      exec: options.parse_exec ?? "",
      interpolate: options.parse_interpolate ?? "=",
      raw: options.parse_raw ?? "~",
    },
    useWith: options.use_with ?? false,
    varName: options.var_name ?? "it",
    outputFunctionName: options.output_function_name ?? "output",
  };
}

// What was thrown first, of errors each of which holds the one before.
function innermost(error) {
  let inner = error;
  while (inner?.cause instanceof EtaRuntimeError) inner = inner.cause;
  return Object(inner);
}
