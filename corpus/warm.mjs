// Prints the median time, in milliseconds, of compiling a source by an engine
// called directly in a warm process. Standard input is {"language", "source"}.
import { readFileSync, writeFileSync } from "node:fs";

const WARM = 60;
const MEASURED = 100;

const { language, source } = JSON.parse(readFileSync(0, "utf8"));
const { default: compile } = await import(`./${language}.mjs`);
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};
const times = [];
for (let i = 0; i < WARM + MEASURED; i++) {
  const start = process.hrtime.bigint();
  const { error } = await compile({ source, options: {}, locals: {}, files: [], version: "" });
  if (i >= WARM) times.push(Number(process.hrtime.bigint() - start) / 1e6);
  if (error) throw new Error(`the example of ${language} does not compile: ${JSON.stringify(error)}`);
}
writeFileSync(1, String(times.sort((a, b) => a - b)[MEASURED / 2]));
