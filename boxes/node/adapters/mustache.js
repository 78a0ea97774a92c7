// Mustache, by the mustache package.
import mustache from "mustache";
import { version } from "../node_modules/mustache/package.json";
import { plain } from "../diagnosis.js";

const EXTENSION = ".mustache";

// What was being parsed when an error was thrown, by error: the engine gives
// an offset into it.
const parsed = new WeakMap();

export default {
  language: "mustache",
  engine: "mustache",
  versions: [version],

  compile(source, options, { locals, files }) {
    let file, original;
    const writer = new mustache.Writer();
    const { parse } = writer;
    writer.parse = (text, tags) => {
      try {
        return parse.call(writer, text, tags);
      } catch (error) {
        // An overflow of the stack comes where it comes, not where a mistake is.
        if (!(error instanceof RangeError)) parsed.set(error, { file, text, original: original ?? text });
        throw error;
      }
    };
    // A partial is parsed as soon as it was looked up.
    const partial = (name) => {
      file = files.has(name) ? name : name + EXTENSION;
      return (original = files.get(file));
    };
    const { open_tag: open = "{{", close_tag: close = "}}", escape = true } = options;
    const config = { tags: [open, close], escape: escape ? mustache.escape : String };
    return { output: writer.render(source, locals, partial, config) };
  },

  diagnose(error) {
    const at = parsed.get(error);
    const [, message, offset] = /^([^]*) at (\d+)$/.exec(error?.message) ?? [];
    if (!at || !message) return { ...plain(error), file: at?.file };
    const before = at.text.slice(0, Number(offset)).split("\n");
    const line = before.length;
    // A partial is parsed with the indentation of its tag put before its lines.
    const indent = at.text.split("\n")[line - 1].length - at.original.split("\n")[line - 1].length;
    return { message, line, column: before[line - 1].length - indent + 1, file: at.file };
  },

  samples: [
    [
      "<h1>{{title}}</h1>\n{{! note }}\n{{#list}}\n  <li>{{name}} {{{raw}}} {{&raw}} {{a.b}}</li>\n{{/list}}\n" +
        "{{^list}}none{{/list}}\n  {{> item}}\n{{=<% %>=}}<% x %>\n",
      {},
      { "item.mustache": "<b>{{x}}</b>\n" },
    ],
    ["<% a %>", { open_tag: "<%", close_tag: "%>", escape: false }],
    ["{{#a}}\n{{/b}}"],
    ["  {{> x}}", {}, { x: "a\n{{b" }],
  ],
};
