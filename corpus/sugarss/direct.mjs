// SugarSS called directly: no adapter, no cell. The files are put in the place
// of their imports as text.
import path from "node:path";
import autoprefixer from "autoprefixer";
import cssnano from "cssnano";
import postcss from "postcss";
import nested from "postcss-nested";
import nesting from "postcss-nesting";
import presetEnv from "postcss-preset-env";
import sugarss from "sugarss";

const IMPORT = /^@import ["'](.*?)["']$/;

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
  try {
    const text = names.includes("import") ? inlined(source, "", new Map(files)) : source;
    const plugins = names.filter((name) => name !== "import").map((name) => makers[name]());
    const map = options.source_map ? { inline: false, annotation: false } : false;
    return { output: (await postcss(plugins).process(text, { from: "input.sss", parser: sugarss, map })).css };
  } catch (error) {
    if (error.reason === "Mixed tabs and spaces are not allowed") error.line = lineAt(source, error.line);
    return { error: { line: error.line, column: error.column } };
  }
}

// SugarSS numbers such a line by the offset of its first character.
const lineAt = (source, offset) => source.slice(0, offset).split("\n").length;

function inlined(source, importer, files) {
  sugarss.parse(source);
  return source
    .split("\n")
    .map((line, i) => {
      const match = IMPORT.exec(line);
      if (!match) return line;
      const base = path.posix.join(path.posix.dirname(importer), match[1]);
      const name = [base, `${base}.sss`, `${base}.css`].find((candidate) => files.has(candidate));
      if (!name || match[1].startsWith("/")) throw { line: i + 1, column: 1 };
      const file = files.get(name);
      const text = name.endsWith(".css") ? postcss.parse(file).toString(sugarss) : inlined(file, name, files);
      return text.trim();
    })
    .join("\n");
}
