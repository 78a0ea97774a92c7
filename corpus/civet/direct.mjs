// Civet called directly.
import { compile as civet } from "@danielx/civet";

export default async function compile({ source, options: { js = true, source_map: sourceMap } }) {
  try {
    const result = await civet(source, { js, sourceMap });
    return { output: sourceMap ? result.code : result };
  } catch (error) {
    const { line, column } = error.errors?.[0] ?? error;
    // What it says of lines is wrong where they end in \r\n: make them shorter.
    if (source.includes("\r\n")) return compile({ source: source.replaceAll("\r\n", "\n"), options: { js } });
    return { error: { line, column } };
  }
}
