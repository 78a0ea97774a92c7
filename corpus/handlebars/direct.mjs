// Handlebars called directly: no adapter, no cell.
import Handlebars from "handlebars";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

export default function compile({ source, options, locals, files }) {
  const handlebars = Handlebars.create();
  // A partial without its extension first, so that an exact name wins.
  for (const [name, text] of files) handlebars.registerPartial(name.replace(/\.(hbs|handlebars)$/, ""), text);
  for (const [name, text] of files) handlebars.registerPartial(name, text);
  const known = Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
  try {
    return { output: handlebars.compile(source, known)(locals) };
  } catch (error) {
    const line = error.lineNumber ?? /error on line (\d+)/.exec(error.message)?.[1];
    return { error: { line: line && Number(line), column: error.lineNumber && error.column + 1 } };
  }
}
