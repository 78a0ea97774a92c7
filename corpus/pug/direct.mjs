// Pug called directly: no adapter, no cell. The files are in a folder, where
// the engine reads them itself.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import MarkdownIt from "markdown-it";
import pug from "pug";

// Pug finds filters in packages, jstransformer-NAME; these are what the ones
// of these names do.
const renderMarkdown = (text, { filename, inline, ...options }) => {
  const md = new MarkdownIt(options);
  return inline ? md.renderInline(text) : md.render(text);
};
const filters = {
  "markdown-it": renderMarkdown,
  markdown: renderMarkdown,
  cdata: (text) => "<![CDATA[" + text.split("]]>").join("]]]]><![CDATA[>") + "]]>",
  verbatim: (text) => "\n" + text + "\n",
  plain: (text) => text,
};

export default function compile({ source, options, locals, files }) {
  const basedir = fs.mkdtempSync(path.join(os.tmpdir(), "pug-"));
  try {
    for (const [name, text] of files) {
      fs.mkdirSync(path.join(basedir, path.dirname(name)), { recursive: true });
      fs.writeFileSync(path.join(basedir, name), text);
    }
    const filename = path.join(basedir, "input.pug");
    const template = pug.compile(source, { ...options, basedir, filename, filters, compileDebug: true });
    return { output: template(locals) };
  } catch (error) {
    return { error: position(error) };
  } finally {
    fs.rmSync(basedir, { recursive: true });
  }
}

function position(error) {
  if (!(error instanceof Error)) return {};
  if (error.line) return { line: error.line, column: error.column };
  const line = error.code === "ENOENT" ? / line (\d+)$/.exec(error.message) : /^\/.*:(\d+)\n/.exec(error.message);
  return { line: line ? Number(line[1]) : undefined };
}
