// Less called directly: no adapter, no cell. Files are real ones in a new
// folder, and nothing outside of it is there to be imported.
import fs from "node:fs";
import os from "node:os";
import { dirname, join, resolve } from "node:path";
import less from "less";

export default async function compile({ source, options, files }) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "less-"));
  try {
    for (const [name, text] of files) {
      fs.mkdirSync(dirname(join(folder, name)), { recursive: true });
      fs.writeFileSync(join(folder, name), text);
    }
    return { output: (await less.render(source, settings(options, folder))).css };
  } catch (error) {
    // Less counts the line of global variables that it puts in front.
    const inSource = error.filename === join(folder, "input.less");
    const before = inSource && options.global_vars ? 1 : 0;
    return { error: { line: error.line - before, column: error.column + 1 } };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function settings(options, folder) {
  return {
    filename: join(folder, "input.less"),
    paths: [folder],
    plugins: [{ install: (_less, plugins) => plugins.addFileManager(new Outside(folder)) }],
    disablePluginRule: true,
    ...(options.math && { math: options.math }),
    ...(options.strict_units && { strictUnits: true }),
    ...(options.compress && { compress: true }),
    ...(options.rewrite_urls && { rewriteUrls: options.rewrite_urls }),
    ...(options.global_vars && { globalVars: options.global_vars }),
    ...(options.modify_vars && { modifyVars: options.modify_vars }),
    ...(options.source_map && { sourceMap: { disableSourcemapAnnotation: true } }),
  };
}

// Finds nothing wherever it is asked: outside of the folder.
class Outside extends less.AbstractFileManager {
  constructor(folder) {
    super();
    this.supports = (name, from) => /^\w+:/.test(name) || !resolve(folder, from, name).startsWith(`${folder}/`);
    this.supportsSync = this.supports;
  }

  loadFile(name) {
    return Promise.reject({ type: "File", message: `${name} is outside` });
  }

  loadFileSync() {
    return {};
  }
}
