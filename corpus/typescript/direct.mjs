// TypeScript called directly: no adapter, no cell.
import ts from "typescript";

// Options as they are written in a tsconfig.json, which is read by the compiler.
const NAMES = {
  target: "target",
  module: "module",
  jsx: "jsx",
  jsx_factory: "jsxFactory",
  jsx_fragment_factory: "jsxFragmentFactory",
  jsx_import_source: "jsxImportSource",
  experimental_decorators: "experimentalDecorators",
  emit_decorator_metadata: "emitDecoratorMetadata",
  downlevel_iteration: "downlevelIteration",
  remove_comments: "removeComments",
  import_helpers: "importHelpers",
  verbatim_module_syntax: "verbatimModuleSyntax",
  es_module_interop: "esModuleInterop",
};

export default function compile({ source, options }) {
  const written = { target: "es2022", module: "esnext", jsx: "react" };
  for (const [name, value] of Object.entries(options)) if (NAMES[name]) written[NAMES[name]] = value;
  const define = options.use_define_for_class_fields;
  if (define && define !== "auto") written.useDefineForClassFields = define === "true";
  try {
    const { options: compilerOptions } = ts.convertCompilerOptionsFromJson(written, "/");
    const fileName = options.tsx ? "input.tsx" : "input.ts";
    const result = ts.transpileModule(source, { fileName, compilerOptions, reportDiagnostics: true });
    const [first] = result.diagnostics;
    if (!first) return { output: result.outputText };
    if (!first.file) return { error: {} };
    const { line, character } = first.file.getLineAndCharacterOfPosition(first.start);
    return { error: { line: line + 1, column: character + 1 } };
  } catch {
    return { error: {} };
  }
}
