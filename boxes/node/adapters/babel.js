// Babel, by the standalone build of it: every preset and plugin is inside, and
// nothing is looked up.
import * as Babel from "@babel/standalone";
import { version } from "../node_modules/@babel/standalone/package.json";
import { messageOf, plain } from "../diagnosis.js";

// What Babel opens its messages with, and the position it closes them with.
const PREFIX = /^(?:\[BABEL\] )?\/?input\.[jt]sx?: /;
const POSITION = / \(\d+:\d+\):?$/;
// An error of a plugin has its position in a drawing of the source only.
const FRAME = /^> *(\d+) \|.*\n *\|( .*?)\^/m;

export default {
  language: "babel",
  engine: "babel",
  versions: [version],

  // The helpers that Babel parses when it first needs them.
  preload() {
    Babel.transform(HELPED, { ...walls, filename: "input.jsx", presets: ["env"], plugins: [DECORATORS] });
  },

  compile(source, options) {
    const presets = options.presets ?? ["env", "react"];
    for (const name of options.plugins ?? [])
      if (!Object.hasOwn(Babel.availablePlugins, name)) throw new Error(`there is no plugin ${JSON.stringify(name)}`);
    const { code, map } = Babel.transform(source, {
      ...walls,
      // By the file's name Babel knows what TypeScript is.
      filename: presets.includes("typescript") ? "input.tsx" : "input.jsx",
      sourceFileName: "input.jsx",
      sourceType: options.source_type,
      presets: presets.map((name) => [name, theSame(name, presetOptions(name, options))]),
      plugins: (options.plugins ?? []).map((name) => [name, theSame(name, pluginOptions(name, options))]),
      comments: options.comments,
      compact: COMPACT[options.compact ?? "auto"],
      retainLines: options.retain_lines,
      sourceMaps: options.source_map === true,
    });
    return { output: code, sourceMap: map && JSON.stringify(map) };
  },

  diagnose: diagnoseBabel,

  samples: [
    ['const Item = ({ id, ...rest }) => <li key={id} {...rest}>{id ?? "none"}</li>;\n'],
    [
      "import A from 'a';\nconst f = (x = 1, ...y) => { const { z } = x; return z ?? `${y}`; };\n" +
        "class B { p = 1; get q() { return this.p?.q; } }\n" +
        "export default () => <div a={1} {...f}>{g.map((h) => <p key={h}>x</p>)}<></></div>;\n" +
        "const C = ({ id, q = 2, ...rest }) => { const [n, set] = useState(0);\n  useEffect(async () => {\n" +
        "    const r = await fetch(`/a/${id}`); for (const x of await r.json()) set((m) => m + x);\n  }, [id]);\n" +
        "  return n > 1 ? <B {...rest} on={() => set(n ** 2)} /> : null; };\n",
    ],
    [
      "interface I { a: string }\nenum E { A }\nconst x: I = y as I; async () => <a/>;\n",
      { presets: ["env", "typescript", "react"], env_targets: ["chrome 99"], env_modules: "commonjs", source_map: true },
    ],
    [
      "type T = { a: ?string };\n(x: T) => <a/>;\n",
      { presets: ["react", "flow"], react_runtime: "automatic", react_development: true },
    ],
    ["a |> b;\n", { presets: ["stage-0"] }],
    ["let a = 1;\nlet a = (;\n", { presets: [] }],
    ["<a:b/>;\n", { presets: ["react"] }],
    ["x", { env_targets: ["nope 1"] }],
  ],
};

// What no request can change: no file tells Babel how to behave.
export const walls = { babelrc: false, configFile: false, browserslistConfigFile: false };

const DECORATORS = ["proposal-decorators", { version: "2023-11" }];
const HELPED =
  "class B extends A { #p = 1; static s = 2; @d m() { super.m(...a); } get p() { return #p in this; } }\n" +
  "async function* f() { for await (const a of b) await a; yield* c; }\nasync () => { await a; };\n" +
  "for (const [k, ...v] of m) g({ ...k, [v]: [...n], typeof: typeof k });\nconst { o, ...p } = q;\nh`${i}`;\n" +
  "new (class extends Array {})();\nfor (let i = 0; i < 3; i++) fs.push(() => i ** 2);\n";
const COMPACT = { auto: "auto", true: true, false: false };
const MODULES = { false: false };

// Babel makes the plugins of a preset anew, a third of a small compile, unless
// it is given the very options again that it had before. The zygote's samples
// leave those of usual requests here.
const givenBefore = new Map();
function theSame(name, options) {
  const key = name + JSON.stringify(options);
  if (!givenBefore.has(key)) givenBefore.set(key, options);
  return givenBefore.get(key);
}

function presetOptions(name, options) {
  switch (name) {
    case "env": {
      const modules = options.env_modules ?? "false";
      return { targets: options.env_targets, modules: MODULES[modules] ?? modules, loose: options.env_loose };
    }
    case "react":
      return {
        runtime: options.react_runtime,
        pragma: options.react_pragma,
        pragmaFrag: options.react_pragma_frag,
        importSource: options.react_import_source,
        development: options.react_development,
      };
    case "stage-0":
    case "stage-1":
    case "stage-2":
    case "stage-3":
      return { decoratorsVersion: options.decorators ?? "2023-11", pipelineProposal: options.pipeline };
    default:
      return {};
  }
}

// Two plugins do not work without being told which proposal is meant.
function pluginOptions(name, options) {
  switch (name) {
    case "proposal-decorators":
    case "syntax-decorators":
      return { version: options.decorators ?? "2023-11" };
    case "proposal-pipeline-operator":
    case "syntax-pipeline-operator":
      return { proposal: options.pipeline ?? "minimal", topicToken: "%" };
    default:
      return {};
  }
}

export function diagnoseBabel(error) {
  const text = messageOf(error);
  const message = text.split("\n", 1)[0].replace(PREFIX, "").replace(POSITION, "");
  const known = { ...plain(error), message };
  if (error?.reasonCode)
    return { ...known, line: error.loc.line, column: error.loc.column + 1, code: error.reasonCode };
  const frame = FRAME.exec(text);
  return frame ? { ...known, line: Number(frame[1]), column: frame[2].length } : known;
}
