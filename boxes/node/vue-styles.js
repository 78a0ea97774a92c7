// The style blocks of a component. It is PostCSS that compiles them, with errors of
// its own kind.
import { compileStyle } from "@vue/compiler-sfc/dist/compiler-sfc.esm-browser.js";
import { plain } from "./diagnosis.js";
import { refuseIf } from "./vue-diagnosis.js";

export function compiledStyle({ content, scoped, loc }, common) {
  // Without that PostCSS goes to look for the source map a style sheet names.
  const postcssOptions = { map: false };
  const { code, errors } = compileStyle({ ...common, source: content, scoped, postcssOptions });
  // PostCSS sees nothing but the block.
  const shift = ({ line, column }) => ({
    line: line + loc.start.line - 1,
    column: line === 1 ? column + loc.start.column - 1 : column,
  });
  refuseIf(
    errors.map((error) => {
      if (typeof error?.line !== "number") return plain(error);
      const end = error.endLine && shift({ line: error.endLine, column: error.endColumn });
      const { line, column } = shift(error);
      return { message: error.reason, code: error.name, line, column, endLine: end?.line, endColumn: end?.column };
    }),
  );
  return code;
}

// Brings the styles along. A server has no document.
export function injection(css) {
  return `if (typeof document !== "undefined") {
  const style = document.createElement("style");
  style.textContent = ${JSON.stringify(css)};
  document.head.append(style);
}`;
}
