// LiveScript called directly.
import livescript from "livescript";

export default function compile({ source, options: { source_map: sourceMap, ...options } }) {
  try {
    if (!sourceMap) return { output: livescript.compile(source, options) };
    const linked = { map: "linked", filename: "a.ls", outputFilename: "a.js" };
    const { code } = livescript.compile(source, { ...options, ...linked });
    return { output: code.replace("\n//# sourceMappingURL=a.js.map\n", "") };
  } catch (error) {
    const line = Number(/on line (\d+)/.exec(error.message)?.[1]);
    const column = error.hash?.loc.first_column + 1;
    return { error: { line: line || undefined, column: column || undefined } };
  }
}
