// What an engine said, in the shape and the manners of every diagnostic: one
// line, no colours, no path of the box, numbers or 0.

const SEVERITIES = { error: 0, warning: 1, info: 2 };
const MESSAGE_UNITS = 8 * 1024;
const ANSI = /\x1b\[[\d;]*[A-Za-z]/g;
// Paths of the box's own files say nothing to a caller.
const BOX_PATH = /(?<![\w.:/@+-])(?:file:\/\/)?\/(?:fumehood|npm\/node_modules)(?:\/[\w.@+-]+)*\/([\w.@+-]+)/g;

// said is a diagnostic or an array of them.
export function toDiagnostics(said, severity) {
  return [said].flat().map((d) => [
    SEVERITIES[d.severity ?? severity] ?? 0,
    position(d.line),
    position(d.column),
    position(d.endLine),
    position(d.endColumn),
    String(d.file ?? ""),
    String(d.code ?? ""),
    firstLine(d.message),
  ]);
}

// The diagnostic of an error of which nothing is known but its message.
export function plain(error) {
  return { message: messageOf(error), code: codeOf(error) };
}

export function messageOf(error) {
  const message = error instanceof Error || typeof error?.message === "string" ? error.message : error;
  return String(message) || codeOf(error) || "the engine gave no reason";
}

function codeOf(error) {
  const name = error?.name;
  return typeof name === "string" && name !== "Error" ? name : "";
}

// The first line that says something.
export function firstLine(text) {
  const clean = String(text).slice(0, MESSAGE_UNITS).replace(ANSI, "").replace(BOX_PATH, "$1");
  return clean.split(/\r?\n/).find((line) => line.trim() !== "")?.trim() ?? "";
}

function position(n) {
  return Number.isInteger(n) && n > 0 ? n : 0;
}
