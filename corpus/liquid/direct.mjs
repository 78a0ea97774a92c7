// LiquidJS called directly, with the files in a folder: no adapter, no cell.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Liquid } from "liquidjs";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

export default function compile({ source, options, locals, files }) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "liquid-"));
  for (const [name, text] of files) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  const known = Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
  if (options.timezone) known.timezoneOffset = options.timezone;
  try {
    return { output: new Liquid({ root, extname: ".liquid", ...known }).parseAndRenderSync(source, locals) };
  } catch (error) {
    let first = error.errors ? error.errors[0] : error;
    // What is wrong in a file is told by the error within the error.
    while (first.originalError?.token) first = first.originalError;
    // Its place may be one in an expression that was made at run time.
    const texts = [source, ...files.map(([, text]) => text)];
    const [line, column] = texts.includes(first.token?.input) ? first.token.getPosition() : [];
    return { error: { line, column } };
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}
