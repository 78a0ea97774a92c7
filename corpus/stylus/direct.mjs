// Stylus called directly: no adapter, no cell. Files are real ones in a new
// folder.
import fs from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import stylus from "stylus";

// Messages open with the place. A place in the functions that Stylus has
// written in itself is none in the source.
const PLACE = /^(.*):(\d+):(\d+)\n/;
const BUILTINS = /functions\/index\.styl$/;

export default function compile({ source, options, files }) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "stylus-"));
  const write = (name, text) => {
    fs.mkdirSync(dirname(join(folder, name)), { recursive: true });
    fs.writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    for (const [name, text] of files) write(name, text);
    const renderer = stylus(source)
      .set("filename", join(folder, "input.styl"))
      .set("include css", options.include_css)
      .set("hoist atrules", options.hoist_atrules)
      .set("prefix", options.prefix)
      .set("compress", options.compress)
      .set("sourcemap", options.source_map && { comment: false });
    const variables = Object.entries(options.define ?? {}).map(([name, value]) => `${name} = ${value}\n`);
    if (variables.length > 0) renderer.import(write("variables-of-the-options.styl", variables.join("")));
    // It leaves the URL of a missing file as it is; the service refuses.
    renderer.set("globals", { embedurl: new stylus.nodes.Function("embedurl", refuse) });
    return { output: renderer.render() };
  } catch (error) {
    const [, file, line, column] = PLACE.exec(error.message);
    return { error: BUILTINS.test(file) ? {} : { line: Number(line), column: Number(column) } };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function refuse() {
  throw new Error("switched off");
}
