// Plain JavaScript: parsed by Babel and given back as it is, unless loops are to
// be protected or the whole made smaller. What other languages of scripts make
// comes here as well, for these two; its source map is "input.map" then.
import * as Babel from "@babel/standalone";
import protect from "loop-protect";
import { minify_sync as minify } from "terser";
import { version } from "../node_modules/@babel/standalone/package.json";
import { diagnoseBabel, walls } from "./babel.js";

const NAME = "input.js";
const PREVIOUS_MAP = "input.map";

// Scripts and modules, and what languages may leave in their output for a later
// step, such as JSX.
const PARSER = {
  sourceType: "unambiguous",
  plugins: ["jsx", "decorators", "decoratorAutoAccessors", "explicitResourceManagement", "deferredImportEvaluation"],
};

// A mistake in a text of a step before has no position in the caller's.
class StepError extends Error {}

export default {
  language: "javascript",
  engine: "babel",
  versions: [version],

  compile(source, options, { files }) {
    const wanted = options.source_map === true;
    let map = wanted && files.has(PREVIOUS_MAP) ? previousMap(files.get(PREVIOUS_MAP)) : undefined;
    const { program } = Babel.packages.parser.parse(source, PARSER);
    let output = source;

    if (options.loop_protect) {
      const result = Babel.transform(source, {
        ...walls,
        filename: NAME,
        sourceType: program.sourceType,
        parserOpts: { plugins: PARSER.plugins },
        plugins: [loopProtection(options.loop_protect_ms ?? 100)],
        compact: false,
        sourceMaps: wanted,
        inputSourceMap: map ?? false,
      });
      output = result.code;
      map = result.map ?? undefined;
    }

    if (options.minify) {
      const sourceMap = wanted && { content: map, includeSources: true };
      try {
        const result = minify({ [NAME]: output }, { module: program.sourceType === "module", sourceMap });
        output = result.code;
        map = result.map;
      } catch (error) {
        throw options.loop_protect ? new StepError(error.message) : error;
      }
    }

    if (wanted) map ??= sameMap(source);
    return { output, sourceMap: typeof map === "object" ? JSON.stringify(map) : map };
  },

  diagnose(error) {
    const known = diagnoseBabel(error);
    if (error instanceof StepError) return { message: known.message };
    if (error?.name === "SyntaxError" && error.filename === NAME)
      return { ...known, line: error.line, column: error.col + 1 };
    return error instanceof MapError ? { ...known, file: PREVIOUS_MAP, code: "" } : known;
  },

  samples: [
    [
      "// a\nimport b from 'b';\nconst f = async (x = 1, ...y) => { const { z } = await x; return z ?? `${y}`; };\n" +
        "class B extends A { #p = 1; static s = 2; get p() { return this.#p?.q; } }\nlet i = 0;\n" +
        "outer: while (i < 3) { if (i++) continue outer; else do f(i); while (0); }\n" +
        "for (const k of /x/g) switch (k) { case 1: break; default: try { g`a`; } catch { throw 1; } }\n",
      { loop_protect: true, minify: true, source_map: true },
    ],
    ["for (var i = 0; i < 3; i++) x.push(function () { return i; });\n", { minify: true, source_map: true }],
    ["const a = <b c='d'>e</b>;\n", { source_map: true }],
    ["const a = <b c='d'>e</b>;\n", { minify: true }],
    ["let a = 1;\nlet a = (;\n"],
  ],
};

class MapError extends Error {}

function previousMap(text) {
  try {
    const map = JSON.parse(text);
    if (map.version === 3 && Array.isArray(map.sources) && typeof map.mappings === "string") return map;
  } catch {
    // Said below.
  }
  throw new MapError("this is no source map of version 3");
}

// A map that says that every line is where it was.
function sameMap(source) {
  const lines = source.split("\n").length;
  const mappings = "AAAA" + ";AACA".repeat(lines - 1);
  return { version: 3, sources: [NAME], sourcesContent: [source], names: [], mappings };
}

// loop-protect as a plugin. It cannot do loops without braces, and Babel shows
// it a loop twice that had to be put into a block.
function loopProtection(milliseconds) {
  return (babel) => {
    const { visitor } = protect(milliseconds)(babel);
    const seen = new WeakSet();
    for (const [type, visit] of Object.entries(visitor))
      visitor[type] = (path) => {
        if (seen.has(path.node)) return;
        seen.add(path.node);
        path.ensureBlock();
        visit(path);
      };
    return { visitor };
  };
}
