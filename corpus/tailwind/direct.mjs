// Tailwind called directly: no adapter, no cell. The files are in a folder of
// their own and its loader reads them there.
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { compile as tailwind } from "tailwindcss";

const require = createRequire(import.meta.url);

export default async function compile({ source, files }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tailwind-"));
  try {
    for (const [name, text] of files) {
      fs.mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    const sheet = await tailwind(source, { base: folder, from: path.join(folder, "input.css"), loadStylesheet });
    return { output: sheet.build(candidates(folder, sheet)) };
  } catch (error) {
    const position = error.name === "CssSyntaxError" && /:(\d+):(\d+): /.exec(error.message);
    return { error: position ? { line: Number(position[1]), column: Number(position[2]) } : {} };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function loadStylesheet(id, base) {
  if (path.isAbsolute(id)) throw new Error(`no ${id}`);
  const own = /^tailwindcss($|\/)/.test(id);
  const wanted = own ? require.resolve(id === "tailwindcss" ? "tailwindcss/index.css" : id) : path.resolve(base, id);
  const found = [wanted, wanted + ".css"].find((file) => fs.existsSync(file));
  return { path: found, base: path.dirname(found), content: fs.readFileSync(found, "utf8") };
}

function candidates(folder, { root, sources }) {
  const found = ({ base, pattern }) => {
    const here = path.resolve(base, pattern);
    const matched = fs.existsSync(here) ? fs.globSync("**/*", { cwd: here }) : fs.globSync(pattern, { cwd: base });
    return matched.map((name) => path.resolve(fs.existsSync(here) ? here : base, name));
  };
  const automatic = root === "none" ? [] : found(root ?? { base: folder, pattern: "." });
  const wanted = new Set(automatic.filter((file) => !file.endsWith(".css")));
  for (const source of sources) for (const file of found(source)) wanted[source.negated ? "delete" : "add"](file);
  return [...wanted].filter((file) => fs.statSync(file).isFile()).flatMap(words);
}

function words(file) {
  const text = fs.readFileSync(file, "utf8");
  const separators = [/[\s"`]+/, /[\s"`<>]+/, /[\s"'`<>=]+/, /[\s"'`<>=(){}[\],]+/];
  if (/\.(pug|haml)$/.test(file)) separators.push(/[\s"'.#()]+/);
  return separators.flatMap((separator) => text.split(separator)).map((word) => word.replace(/:$/, ""));
}
