// Mustache called directly: no adapter, no cell.
import mustache from "mustache";

export default function compile({ source, options, locals, files }) {
  const partials = Object.fromEntries(files.map(([name, text]) => [name.replace(/\.mustache$/, ""), text]));
  Object.assign(partials, Object.fromEntries(files));
  const config = { tags: [options.open_tag ?? "{{", options.close_tag ?? "}}"] };
  if (options.escape === false) config.escape = (value) => value;
  try {
    return { output: mustache.render(source, locals, partials, config) };
  } catch (error) {
    // What fails is the source or, if that is sound, a partial: as it is in
    // its file, not indented as it was called.
    const wrong = [source, ...files.map(([, text]) => text)].map((text) => mistake(text, config.tags)).find(Boolean);
    return { error: wrong ?? {} };
  }
}

// Where the mistake in a template is, if there is one.
function mistake(text, tags) {
  try {
    mustache.parse(text, tags);
  } catch (error) {
    const offset = / at (\d+)$/.exec(error.message)?.[1];
    if (offset === undefined) return {};
    const lines = text.slice(0, Number(offset)).split("\n");
    return { line: lines.length, column: lines.at(-1).length + 1 };
  }
}
