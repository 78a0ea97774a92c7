// A cache for Stylus, which keeps what it parses, by the text. Here that is its own
// functions only: files of a caller may be alike and yet have names of their own.
// What it makes while it evaluates gets the place where the last parser stopped.
import stylus from "stylus";

const { nodes } = stylus;

export class BuiltinsCache {
  constructor(builtins) {
    this.builtins = builtins;
  }

  key = (source, { prefix }) => source === this.builtins && !prefix;
  has = (key) => key && this.parsed !== undefined;
  get = () => {
    Object.assign(nodes, this.end);
    return this.parsed.clone();
  };
  set = (key, parsed) => {
    if (!key) return;
    this.parsed = parsed.clone();
    this.end = { lineno: nodes.lineno, column: nodes.column };
  };
}
