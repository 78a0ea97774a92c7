// What Vue's compiler says of mistakes, as diagnostics.
import { plain } from "./diagnosis.js";

// The start of what is said in a code frame: its line, and the carets below.
const FRAME = /^(\d+) *\|  .*\n {3}\|  ( *)\^/m;

// Diagnostics of a source that the compiler would not have, or would not say
// right.
export class Refusal extends Error {
  constructor(diagnostics) {
    super(diagnostics[0].message);
    this.diagnostics = diagnostics;
  }
}

export function refuseIf(diagnostics) {
  if (diagnostics.length > 0) throw new Refusal(diagnostics);
}

// A mistake in the template has positions of the whole source. One in a script
// has them only in the code frame of its message; what else it says of them
// counts from the start of the block.
export function said(error) {
  const { start, end } = error?.loc ?? {};
  const { message, code } = plain(error);
  const known = { message: message.replace(/^.*?\[@?vue\/compiler-sfc\]\S* /, ""), code: error?.code ?? code };
  if (start) return { ...known, line: start.line, column: start.column, endLine: end?.line, endColumn: end?.column };
  const [, line, before] = FRAME.exec(message) ?? [];
  if (!line) return known;
  const inBlock = / \(\d+:\d+\)$/m;
  return { ...known, message: known.message.replace(inBlock, ""), line: Number(line), column: before.length + 1 };
}
