// What Sass says, in errors and to its logger, as diagnostics that name files as
// the caller does.
import { ROOT, fileOf, nameOf } from "./sass-importer.js";

// A loop over @debug says no more than this.
const MOST_SAID = 1000;

// A logger that adds to said.
export function loggerOf(said) {
  const say = (severity, message, at, code) => {
    if (said.length < MOST_SAID) said.push({ severity, ...diagnosticOf(message, at), code });
  };
  return {
    warn: (message, at) => say("warning", message, at, at.deprecationType?.id),
    debug: (message, at) => say("info", message, at),
  };
}

// at has the place of what is said, an exception or what a logger is given.
export const diagnosticOf = (message, at) => ({ message: lineOf(message), ...positionOf(at) });

// Sass breaks its messages into paragraphs: a diagnostic is one line.
const lineOf = (message) =>
  message.trim().replace(/\s*\n\s*/g, " ").replace(new RegExp(`${ROOT}\\S*`, "g"), nameOf);

function positionOf({ span, stack }) {
  if (span) {
    const { start, end, url } = span;
    const file = fileOf(url);
    return { line: start.line + 1, column: start.column + 1, endLine: end.line + 1, endColumn: end.column + 1, file };
  }
  // @warn has no span: the innermost frame is the rule itself.
  const [, url, line, column] = /^(\S+) (\d+):(\d+)/.exec(stack) ?? [];
  return { line: Number(line), column: Number(column), file: fileOf(url) };
}
