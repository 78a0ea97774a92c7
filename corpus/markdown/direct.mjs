// markdown-it called directly: no adapter, no cell.
import markdownIt from "markdown-it";
import anchor from "markdown-it-anchor";
import footnote from "markdown-it-footnote";
import taskLists from "markdown-it-task-lists";

export default function compile({ source, options }) {
  const { html = true, xhtml = true, breaks, linkify, typographer } = options;
  const settings = { html, xhtmlOut: xhtml, breaks, linkify, typographer };
  const md = options.preset === "commonmark" ? markdownIt("commonmark", settings) : markdownIt(settings);
  if (linkify) md.enable("linkify");
  if (typographer) md.enable(["replacements", "smartquotes"]);
  if (options.footnotes) md.use(footnote);
  if (options.task_lists) md.use(taskLists);
  if (options.anchors) md.use(anchor);
  return { output: md.render(source) };
}
