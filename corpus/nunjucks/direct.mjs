// Nunjucks called directly, with the files in a folder: no adapter, no cell.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import nunjucks from "nunjucks";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

export default async function compile({ source, options, locals, files }) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "nunjucks-"));
  for (const [name, text] of files) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  const { jinja_compat: jinja, ...rest } = options;
  const known = Object.fromEntries(Object.entries(rest).map(([name, value]) => [camel(name), value]));
  const loader = new nunjucks.FileSystemLoader(root);
  const environment = new nunjucks.Environment(loader, { dev: true, tags: known, ...known });
  const uninstall = jinja ? nunjucks.installJinjaCompat() : () => {};
  try {
    const output = await new Promise((resolve, reject) =>
      environment.renderString(source, locals, { path: path.join(root, "input.njk") }, (error, html) =>
        error ? reject(error) : resolve(html),
      ),
    );
    return { output };
  } catch (error) {
    // An error with a cause was met at run time, where positions count from 0.
    if (!error.cause) return { error: { line: error.lineno, column: error.colno } };
    if (!error.lineno && !error.colno) return { error: {} };
    return { error: { line: error.lineno + 1, column: error.colno + 1 } };
  } finally {
    uninstall();
    fs.rmSync(root, { recursive: true });
  }
}
