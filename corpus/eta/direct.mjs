// Eta called directly, with the files in a folder: no adapter, no cell.
import { Eta } from "eta";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const trim = (value) => (value === "none" ? false : value);

export default async function compile({ source, options, locals, files }) {
  const views = fs.mkdtempSync(path.join(os.tmpdir(), "eta-"));
  for (const [name, text] of files) {
    fs.mkdirSync(path.dirname(path.join(views, name)), { recursive: true });
    fs.writeFileSync(path.join(views, name), text);
  }
  const known = Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
  const config = {
    views,
    ...known,
    autoTrim: [trim(options.auto_trim_left ?? false), trim(options.auto_trim_right ?? "nl")],
    tags: [options.open_tag ?? "<%", options.close_tag ?? "%>"],
    parse: {
      exec: options.parse_exec ?? "",
      interpolate: options.parse_interpolate ?? "=",
      raw: options.parse_raw ?? "~",
    },
  };
  const render = async (debug) => {
    const eta = new Eta({ ...config, debug });
    return options.async ? eta.renderStringAsync(source, locals) : eta.renderString(source, locals);
  };
  try {
    return { output: await render(false) };
  } catch (error) {
    if (error.name === "EtaParser Error") {
      const [, line, column] = / at line (\d+) col (\d+):/.exec(error.message) ?? [];
      return { error: { line: line && Number(line), column: column && Number(column) } };
    }
    // Only debug mode knows lines.
    let inner = await render(true).catch((e) => e);
    while (inner.cause?.cause) inner = inner.cause;
    if (inner.cause?.message !== error.message) return { error: {} };
    return { error: { line: Number(/^(?:line |[^\n]*:)(\d+)\n/.exec(inner.message)[1]) } };
  } finally {
    fs.rmSync(views, { recursive: true });
  }
}
