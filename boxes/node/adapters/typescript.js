// TypeScript, by its own compiler. One file is made JavaScript as it is: types
// are taken out and not checked.
import ts from "typescript";
import { version } from "../node_modules/typescript/package.json";
import { plain } from "../diagnosis.js";

// Their names in the compiler's own enumerations, in lower case.
const valueOf = (enumeration, name) =>
  enumeration[Object.keys(enumeration).find((key) => key.toLowerCase() === name)];

const JSX = {
  preserve: ts.JsxEmit.Preserve,
  react: ts.JsxEmit.React,
  "react-jsx": ts.JsxEmit.ReactJSX,
  "react-jsxdev": ts.JsxEmit.ReactJSXDev,
};

function compilerOptions(o) {
  const defineFields = o.use_define_for_class_fields;
  return {
    target: valueOf(ts.ScriptTarget, o.target ?? "es2022"),
    module: valueOf(ts.ModuleKind, o.module ?? "esnext"),
    jsx: JSX[o.jsx ?? "react"],
    // One is refused without the other.
    jsxFactory: o.jsx_factory ?? (o.jsx_fragment_factory && "React.createElement"),
    jsxFragmentFactory: o.jsx_fragment_factory,
    jsxImportSource: o.jsx_import_source,
    experimentalDecorators: o.experimental_decorators,
    emitDecoratorMetadata: o.emit_decorator_metadata,
    useDefineForClassFields: defineFields && defineFields === "true",
    downlevelIteration: o.downlevel_iteration,
    importHelpers: o.import_helpers,
    removeComments: o.remove_comments,
    verbatimModuleSyntax: o.verbatim_module_syntax,
    esModuleInterop: o.es_module_interop,
    sourceMap: o.source_map,
    inlineSources: o.source_map,
  };
}

function said({ messageText, code, category, file, start, length }) {
  const diagnostic = {
    severity: category === ts.DiagnosticCategory.Error ? "error" : "warning",
    message: ts.flattenDiagnosticMessageText(messageText, " "),
    code: `TS${code}`,
  };
  if (!file) return diagnostic;
  const from = ts.getLineAndCharacterOfPosition(file, start);
  const to = ts.getLineAndCharacterOfPosition(file, start + length);
  return {
    ...diagnostic,
    line: from.line + 1,
    column: from.character + 1,
    endLine: to.line + 1,
    endColumn: to.character + 1,
  };
}

export default {
  language: "typescript",
  engine: "typescript",
  versions: [version],

  compile(source, options) {
    const { outputText, sourceMapText, diagnostics } = ts.transpileModule(source, {
      fileName: options.tsx ? "input.tsx" : "input.ts",
      compilerOptions: compilerOptions(options),
      reportDiagnostics: true,
    });
    const warnings = diagnostics.map(said);
    if (warnings.some(({ severity }) => severity === "error")) throw warnings;
    // Where the map will be is the caller's to say.
    const output = sourceMapText ? outputText.replace(/\/\/# sourceMappingURL=input\.jsx?\.map$/, "") : outputText;
    return { output, sourceMap: sourceMapText, warnings };
  },

  diagnose: (error) => (Array.isArray(error) ? error : plain(error)),

  samples: [
    [
      `import { A, type B } from "a";
export interface C<T> extends B { readonly d?: T; e(f: string): void }
type G = { [K in keyof C<number>]: string } | null;
enum H { I, J = "k" }
export abstract class L<T> implements C<T> {
  private static m = 1; d?: T; #n = 2;
  constructor(protected o: A, public p = 3) { }
  async e(f: string) { for await (const q of f) this.d = (await q) as unknown as T; }
  get r(): number { return this.#n ?? L.m!; }
}
const s = <T,>(t: T, ...u: any[]): T => ({ ...t, v: \`w\${u?.length}\` });
function x(this: Window, y: "a" | "b" = "a") { try { if (y === "b") throw 1; } catch { return; } }
namespace Z { export const a = 1 } // b
document.querySelector<HTMLElement>("#a")!.addEventListener("click", ({ target, ...rest }) => { console.log(target, rest); });
for (let i = 0; i < 3; i++) { list.push({ id: i, go() { return i ** 2; } }); }
type N = Array<Partial<A>> & { [key: string]: unknown }; export default list.map((i) => i.id).filter(Boolean);
while (true) { switch (z[0]) { case 1: break; default: z = new Map([[1, /x/g]]); continue; } }
`,
    ],
    ["@a class B { @c d = 1 }\nexport = B;", { module: "commonjs", source_map: true }],
    ["const a = <b c={1} {...d}>e<></></b>;", { tsx: true }],
    ["class A extends B { c = [...d]; async e() { await f } }", { target: "es5" }],
    ["let a: = 1;\nfunction ( {\n"],
  ],
};
