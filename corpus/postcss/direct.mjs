// PostCSS called directly: no adapter, no cell. The files are put in the place
// of their imports as text.
import path from "node:path";
import autoprefixer from "autoprefixer";
import cssnano from "cssnano";
import postcss from "postcss";
import nested from "postcss-nested";
import nesting from "postcss-nesting";
import presetEnv from "postcss-preset-env";
import sugarss from "sugarss";

const STATEMENT = /(\s*)(\/\*[^]*?\*\/|@(charset|layer|import)\s+([^{};]*);)/y;
const IMPORT = /^(?:url\(["']?([^"')]*)["']?\)|["']([^"']*)["'])\s*(.*)$/;
const CONDITIONS = /^(?:layer(?:\(([^)]*)\)|\b))?\s*(?:supports\(((?:[^()]|\([^()]*\))*)\))?\s*(.*)$/;

export default async function compile({ source, options, files }) {
  const overrideBrowserslist = options.browsers;
  const makers = {
    autoprefixer: () => autoprefixer({ overrideBrowserslist }),
    cssnano: () => cssnano({ preset: ["default", { overrideBrowserslist }] }),
    nested: () => nested(),
    nesting: () => nesting(),
    "preset-env": () => presetEnv({ browsers: overrideBrowserslist, stage: options.stage ?? 2 }),
  };
  const names = options.plugins ?? ["import", "nesting", "autoprefixer"];
  const settings = { from: "input.pcss", map: options.source_map ? { inline: false, annotation: false } : false };
  try {
    postcss.parse(source);
    const text = names.includes("import") ? inlined(source, new Map(files)) : source;
    const plugins = names.filter((name) => name !== "import").map((name) => makers[name]());
    return { output: (await postcss(plugins).process(postcss.parse(text), settings)).css };
  } catch (error) {
    return { error: { line: error.line, column: error.column } };
  }
}

function inlined(source, files) {
  const seen = new Set();
  const remote = [];
  let head = "";

  function expand(text, within, around) {
    let out = "";
    let at = 0;
    for (;;) {
      STATEMENT.lastIndex = at;
      const match = STATEMENT.exec(text);
      if (!match) return out + text.slice(at);
      const [all, space, statement, keyword, params] = match;
      const start = at + space.length;
      at += all.length;
      if (keyword === "import") {
        const body = imported(params, text, start, statement, within, around);
        out += body && space + body;
      } else if (within.length === 0) head += statement + "\n";
      else if (keyword !== "charset") out += all;
    }
  }

  function imported(params, text, start, statement, within, around) {
    const fail = () => {
      const lines = text.slice(0, start).split("\n");
      throw { line: lines.length, column: lines.at(-1).length + 1 };
    };
    const [, url, quoted, conditions] = IMPORT.exec(params) ?? fail();
    const wanted = url ?? quoted;
    if (/^(https?:|\/\/|data:)/.test(wanted)) {
      remote.push(statement);
      return "";
    }
    if (wanted.startsWith("/")) fail();
    const base = path.posix.join(path.posix.dirname(within.at(-1) ?? ""), wanted);
    const name = [base, `${base}.css`, `${base}.pcss`, `${base}/index.css`].find((n) => files.has(n)) ?? fail();
    const key = name + around + conditions;
    if (within.includes(name) || seen.has(key)) return "";
    seen.add(key);
    const file = files.get(name);
    const css = name.endsWith(".sss") ? sugarss.parse(file).toString() : postcss.parse(file) && file;
    let body = expand(css, [...within, name], around + conditions).trim();
    const [, layer, supports, media] = CONDITIONS.exec(conditions);
    if (/^layer/.test(conditions)) body = `@layer ${layer ? layer + " " : ""}{\n${body}\n}`;
    if (supports) body = `@supports (${supports}) {\n${body}\n}`;
    if (media) body = `@media ${media} {\n${body}\n}`;
    return body;
  }

  const body = expand(source, [], "");
  return head + remote.map((statement) => statement + "\n").join("") + body.replace(/^\n+/, "");
}
