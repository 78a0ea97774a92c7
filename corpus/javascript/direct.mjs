// Babel, loop-protect and Terser called directly: no adapter, no cell.
import Babel from "@babel/standalone";
import protect from "loop-protect";
import { minify } from "terser";

const plugins = [
  "jsx",
  "decorators",
  "decoratorAutoAccessors",
  "explicitResourceManagement",
  "deferredImportEvaluation",
];

// loop-protect knows bodies in braces only: give every body some first.
const WATCHED = ["ForStatement", "WhileStatement", "DoWhileStatement"];
const braces = () => ({
  visitor: { Program: (program) => program.traverse({ "Loop|IfStatement|WithStatement": embrace }) },
});

function embrace(path) {
  for (const key of ["body", "consequent", "alternate"]) {
    const child = path.get(key);
    if (child.node && !child.isBlockStatement() && [path.type, child.type].some((t) => WATCHED.includes(t)))
      child.replaceWith({ type: "BlockStatement", body: [child.node], directives: [] });
  }
}

export default async function compile({ source, options, files }) {
  let before;
  try {
    const text = files.find(([name]) => name === "input.map")?.[1];
    before = options.source_map && text ? JSON.parse(text) : undefined;
    if (before && before.version !== 3) return { error: {} };
    const common = { babelrc: false, configFile: false, sourceType: "unambiguous", parserOpts: { plugins } };
    const { ast } = Babel.transform(source, { ...common, ast: true, code: false });
    let output = source;
    let map = before;
    if (options.loop_protect) {
      const result = Babel.transform(source, {
        ...common,
        filename: "input.js",
        compact: false,
        sourceMaps: options.source_map ?? false,
        inputSourceMap: before ?? false,
        plugins: [braces, protect(options.loop_protect_ms ?? 100)],
      });
      output = result.code;
      map = result.map;
    }
    if (options.minify) {
      const sourceMap = options.source_map ? { content: map, includeSources: true } : false;
      output = (await minify({ "input.js": output }, { module: ast.program.sourceType === "module", sourceMap })).code;
    }
    return { output };
  } catch (error) {
    if (error.loc) return { error: { line: error.loc.line, column: error.loc.column + 1 } };
    if (error.col === undefined || options.loop_protect) return { error: {} };
    return { error: { line: error.line, column: error.col + 1 } };
  }
}
