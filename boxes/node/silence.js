// What an engine or a template prints goes nowhere: a cell has no descriptor to
// print to, and an answer is what the compile returns.
import { Writable } from "node:stream";

export function hush() {
  for (const name of Object.keys(console)) if (typeof console[name] === "function") console[name] = () => {};
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  for (const name of ["stdout", "stderr"])
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => sink });
}
