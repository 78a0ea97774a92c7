// CoffeeScript 2 and 1. The compiler alone: the packages' main files go on to
// teach Node to load .coffee files.
import coffee2 from "coffeescript/lib/coffeescript/coffeescript.js";
import coffee1 from "coffee-script/lib/coffee-script/coffee-script.js";
import { version as version2 } from "../node_modules/coffeescript/package.json";
import { version as version1 } from "../node_modules/coffee-script/package.json";
import { plain } from "../diagnosis.js";

const INPUT = "input.coffee";
const compilers = { [version2]: coffee2, [version1]: coffee1 };

export default {
  language: "coffeescript",
  engine: "coffeescript",
  versions: [version2, version1],
  often: true,

  preload() {
    // CoffeeScript 1 sets it when it is loaded, for everybody.
    delete Error.prepareStackTrace;
    // The samples are for the default version.
    for (const [source, options = {}] of this.samples) {
      try {
        this.compile(source, options, { version: version1 });
      } catch {
        // Some are wrong, or too new for it.
      }
    }
  },

  compile(source, { bare, header, literate, source_map: sourceMap }, { version }) {
    // Without a name both make a source map that nobody asked for.
    const result = compilers[version].compile(source, { bare, header, literate, sourceMap, filename: INPUT });
    if (!sourceMap) return { output: result };
    // CoffeeScript 1 leaves out the source and its name.
    const map = { ...JSON.parse(result.v3SourceMap), sources: [INPUT], sourcesContent: [source] };
    return { output: result.js, sourceMap: JSON.stringify(map) };
  },

  // Lines and columns of a location count from 0. Its last column is the
  // last one of the mistake, or the one after it where it says "exclusive".
  diagnose(error) {
    const at = error?.location;
    if (typeof at !== "object" || at === null) return plain(error);
    return {
      ...plain(error),
      line: at.first_line + 1,
      column: at.first_column + 1,
      endLine: (at.last_line_exclusive ?? at.last_line ?? at.first_line) + 1,
      endColumn: (at.last_column_exclusive ?? at.last_column + 1) + 1,
    };
  },

  samples: [
    [
      "class Cup extends Thing\n  constructor: (@size = 3) -> super()\n  fill: (what, rest...) =>\n" +
        '    @has = "#{what} #{i}" for i in [1..3] when i isnt 2\n{a, b} = c ? {}\n' +
        "x = if a then b else switch d\n  when 1, 2 then e?.f()\n  else /x+/.test g\n",
    ],
    ["f = (x) -> x * 2\nlog = -> await f 1\nlog [f(y) for own k, y of z]...\n", { source_map: true, bare: true }],
    ["Text\n\n    a = <b c={d}>e</b>\n", { literate: true, header: true }],
    ["try\n  a()\ncatch e\n  throw e unless e.b in [1, 2]\nfinally\n  `js`\n###\nnote\n###\n"],
    ["a = 'b' )\n"],
    ["a =\n"],
  ],
};
