// LiveScript.
import livescript from "livescript";
import { version } from "../node_modules/livescript/package.json";
import { plain } from "../diagnosis.js";
import { overhear } from "../overhear.js";

function lineOf(message) {
  const [, before, after] = /^Parse error on line (\d+):|on line (\d+)$/m.exec(message) ?? [];
  return Number(before ?? after);
}

export default {
  language: "livescript",
  engine: "livescript",
  versions: [version],

  compile(source, { bare, header, const: constant, json, source_map: sourceMap }) {
    const known = { bare, header, const: constant, json };
    const mapped = sourceMap && { map: "embedded", filename: "input.ls" };
    const [result, heard] = overhear(() => livescript.compile(source, { ...known, ...mapped }));
    const warnings = heard.map((text) => ({ message: text.replace("WARNING: ", ""), line: lineOf(text) }));
    if (typeof result === "string") return { output: result, warnings };
    // The map comes in a comment as well.
    const output = result.code.slice(0, result.code.lastIndexOf("\n//# sourceMappingURL="));
    return { output, sourceMap: result.map.toString(), warnings };
  },

  // Every message names its line. The parser knows a column besides, counted
  // from 0: that of the last token it could make sense of.
  diagnose(error) {
    const said = plain(error);
    const column = error?.hash?.loc?.first_column;
    return { ...said, line: lineOf(said.message), column: column + 1 };
  },

  samples: [
    [
      "take = (n, [x, ...xs]:list) -->\n  | n <= 0 => []\n  | otherwise => [x] ++ take n - 1, xs\n" +
        'class A extends B\n  (@x = 1) -> super ...\n  go: ~> "#{@x} #x" |> (+ 1) >> map (.length)\n{a, b} = c ? {}\n' +
        "for own k, v of a when v is not 2 then k\nx = [i * 2 for i from 1 to 9 by 2]\n",
    ],
    ["f = !-> it?a.b\nlet q = 1\n  f q unless q\n", { source_map: true, bare: true, header: false }],
    ["const a = 1\ntry a! catch then throw e\n", { const: true }],
    ["a: 1\nb: [1 to 3]\n", { json: true }],
    ["a = 'b' )\n"],
    ["a = 1 +\n"],
    ["break\n"],
  ],
};
