// MDX called directly: no adapter, no cell.
import { compile as compileMdx } from "@mdx-js/mdx";
import { VFile } from "vfile";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

export default async function compile({ source, options }) {
  const { source_map: _, ...rest } = options;
  const known = Object.fromEntries(Object.entries(rest).map(([name, value]) => [camel(name), value]));
  try {
    return { output: String(await compileMdx(new VFile({ path: "input.mdx", value: source }), known)) };
  } catch (error) {
    return { error: { line: error.line, column: error.column } };
  }
}
