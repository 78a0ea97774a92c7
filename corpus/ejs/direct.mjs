// EJS called directly, with the files in a folder: no adapter, no cell.
import ejs from "ejs";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

export default async function compile({ source, options, locals, files }) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "ejs-"));
  for (const [name, text] of files) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  const { use_with: _with, ...rest } = options;
  const known = Object.fromEntries(Object.entries(rest).map(([name, value]) => [camel(name), value]));
  try {
    const filename = path.join(root, "input.ejs");
    return { output: await ejs.render(source, locals, { filename, root, _with, ...known }) };
  } catch (error) {
    if (error.message.includes("while compiling ejs")) return { error: {} };
    const lines = error.message.split("\n").filter((line) => line.startsWith(root));
    return { error: { line: lines.length ? Number(lines.at(-1).split(":").pop()) : undefined } };
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}
