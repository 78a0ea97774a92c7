// Twig.js called directly, with the files in a folder: no adapter, no cell.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import Twig from "twig";

const MAIN = "input.twig";

export default function compile({ source, options, locals, files }) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "twig-"));
  const home = process.cwd();
  process.chdir(root);
  const sources = new Map([[MAIN, source], ...files]);
  for (const [name, text] of sources) {
    fs.mkdirSync(path.dirname(name), { recursive: true });
    fs.writeFileSync(name, text);
  }
  const twig = Twig.factory();
  const last = watch(twig);
  try {
    const { autoescape, autoescape_strategy: strategy = "html", ...rest } = options;
    const known = { ...rest, autoescape: autoescape ? strategy : false };
    return { output: twig.twig({ path: MAIN, async: false, rethrow: true, ...known }).render(locals) };
  } catch (error) {
    if (last.unread?.path) Object.assign(last, { path: last.unread.path, offset: mistakeIn(last.unread.data) });
    if (last.offset === undefined) return { error: {} };
    const lines = sources.get(last.path).slice(0, last.offset).split("\n");
    return { error: { line: lines.length, column: lines.at(-1).length + 1 } };
  } finally {
    process.chdir(home);
    fs.rmSync(root, { recursive: true });
  }
}

// Keeps the place of the last tag that was run, and the template that could
// not be read: errors have neither.
function watch(twig) {
  const last = {};
  twig.extend((core) => {
    // It would read any file of the machine.
    const { fs: load } = core.Templates.loaders;
    core.Templates.registerLoader("fs", function (location, ...rest) {
      if (path.relative("", location).startsWith("..")) throw new core.Error(`${location} is not here`);
      return load.call(this, location, ...rest);
    });
    for (const handler of [...Object.values(core.logic.handler), ...Object.values(core.expression.handler)]) {
      const { parse } = handler;
      if (!parse) continue;
      handler.parse = function (token, ...rest) {
        // A template that was made of a string has no path.
        const known = token.position && this.template.path;
        if (known) Object.assign(last, { path: this.template.path, offset: token.position.start });
        return parse.call(this, token, ...rest);
      };
    }
    const { prepare } = core;
    core.prepare = function (data) {
      last.unread = { path: this.path, data };
      const tokens = prepare.call(this, data);
      last.unread = undefined;
      return tokens;
    };
  });
  return last;
}

// The offset of the first tag that does not compile by itself, or in the place
// it has.
function mistakeIn(data) {
  let offset;
  Twig.factory().extend((core) => (offset = search(core, data)));
  return offset;
}

function search(core, data) {
  let tokens;
  try {
    tokens = core.tokenize(data);
  } catch (error) {
    return error && Number(/position (\d+)$/.exec(error.message)[1]);
  }
  const template = { blocks: { defined: {} }, options: {} };
  const open = [];
  for (const token of tokens) {
    const { start } = token.position;
    try {
      if (token.type.startsWith("output")) core.expression.compile.call(template, token);
      if (!token.type.startsWith("logic")) continue;
      const { type } = core.logic.compile.call(template, token);
      const handler = core.logic.handler[type];
      if (handler.open === false && !open.pop()?.next.includes(type)) return start;
      if (handler.next.length > 0) open.push({ start, next: handler.next });
    } catch {
      return start;
    }
  }
  return open.at(-1)?.start;
}
