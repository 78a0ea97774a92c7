// The filters of Pug templates. Pug looks for those it is not given in the file
// system.
import MarkdownIt from "markdown-it";

// What :markdown-it may be told: the others load plugins by name or change rules.
const MARKDOWN_OPTIONS = ["breaks", "html", "inline", "langPrefix", "linkify", "typographer", "xhtmlOut"];

// The filters that need no other engine, as the transformers of these names do
// them.
export const filters = {
  cdata: (text) => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`,
  markdown,
  "markdown-it": markdown,
  plain: (text) => text,
  verbatim: (text) => `\n${text}\n`,
};

function markdown(text, attributes) {
  const options = {};
  for (const name of MARKDOWN_OPTIONS) if (Object.hasOwn(attributes, name)) options[name] = attributes[name];
  const md = new MarkdownIt(options);
  return options.inline ? md.renderInline(text) : md.render(text);
}

// Says of a filter that is not there that it is not, before Pug looks for it.
export function checkFilters(node) {
  if ((node.type === "Filter" || node.type === "IncludeFilter") && !Object.hasOwn(filters, node.name)) {
    const msg = `unknown filter ":${node.name}" (there is: ${Object.keys(filters).join(", ")})`;
    const { line, column, filename } = node;
    throw Object.assign(new Error(msg), { code: "PUG:UNKNOWN_FILTER", msg, line, column, filename });
  }
  for (const child of Object.values(node)) if (child && typeof child === "object") checkFilters(child);
}
