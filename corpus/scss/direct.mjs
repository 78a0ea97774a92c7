// SCSS called directly: no adapter, no cell, and files on the disk.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as sass from "sass";

export default function compile({ source, options, files }) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sass-"));
  try {
    for (const [file, text] of files) {
      fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      fs.writeFileSync(path.join(dir, file), text);
    }
    const { css } = sass.compileString(source, {
      syntax: "scss",
      url: pathToFileURL(path.join(dir, "input.scss")),
      loadPaths: (options.load_paths ?? []).map((folder) => path.join(dir, folder)),
      style: options.style ?? "expanded",
      charset: options.charset ?? true,
      fatalDeprecations: options.fatal_deprecations ?? [],
      logger: sass.Logger.silent,
    });
    return { output: css };
  } catch (error) {
    const start = error.span?.start;
    return { error: start ? { line: start.line + 1, column: start.column + 1 } : {} };
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}
