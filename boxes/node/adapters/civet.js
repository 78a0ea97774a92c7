// Civet. Its compile-time code, comptime, stays off: that a source can ask
// for it in its first line makes no difference.
import civet from "@danielx/civet";
import { version } from "../node_modules/@danielx/civet/package.json";
import { plain } from "../diagnosis.js";

// The parser counts \r\n as a line and one more column, so where it says an
// offset that is the better word.
function position({ line, column, offset }, source) {
  if (typeof offset !== "number") return { line, column };
  const before = source.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: before.at(-1).length + 1 };
}

export default {
  language: "civet",
  engine: "civet",
  versions: [version],

  compile(source, { js = true, source_map: sourceMap }) {
    const result = civet.compile(source, {
      js,
      sourceMap,
      filename: "input.civet",
      sync: true,
      parseOptions: { comptime: false },
    });
    if (!sourceMap) return { output: result };
    return { output: result.code, sourceMap: JSON.stringify(result.sourceMap.json(js ? "input.js" : "input.ts")) };
  },

  diagnose(error, source) {
    // One of them, or an error that holds several.
    return (Array.isArray(error?.errors) ? error.errors : [error]).map((e) => {
      if (typeof e?.header !== "string") return plain(e);
      // The body of a parse error is every token that could have come and,
      // last, what came.
      const found = /^Found: (.+)$/m.exec(e.body)?.[1];
      const message = found ? `${e.header}: found ${found}` : e.header;
      return { message, code: e.name, ...position(e, source) };
    });
  },

  samples: [
    [
      "import { a } from ./b\nitems := [1..3] |> .map & * 2\nf := (p: P, ...rest) => `${p.x}` if p?\n" +
        "class A < B\n  @(@x: number)\n  go(): void\n    @x++\nfor each k of z\n  console.log k\n",
    ],
    ["a .= 1\nb := <div .c>{a}</div>\n", { source_map: true }],
    ["enum E\n  a\nx := switch y\n  {type: 'a'}\n    b\n  else 1\n", { js: false }],
    ["x := 1\ny := 'a' ) (\n"],
  ],
};
