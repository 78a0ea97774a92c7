// Compiles cases by an engine called directly. Standard input is
// {"language": ..., "cases": [{source, options, locals, files, version}]},
// standard output what LANGUAGE.mjs beside this file makes of each case:
// {output}, or {error: {line, column}}.
import { readFileSync, writeFileSync } from "node:fs";

const { language, cases } = JSON.parse(readFileSync(0, "utf8"));
const { default: compile } = await import(`./${language}.mjs`);
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};
const answers = [];
for (const c of cases) answers.push(await compile(c));
writeFileSync(1, JSON.stringify(answers));
