// Vue called directly: the compiler's main file for Node, put together as a
// build tool does.
import { babelParse, compileScript, compileStyle, compileTemplate, parse } from "@vue/compiler-sfc";
import { createHash } from "node:crypto";

const LANGS = [undefined, "js", "css", "html"];

export default function compile(job) {
  try {
    return build(job);
  } catch {
    return failure();
  }
}

function build({ source, options }) {
  const { whitespace, comments, production: isProd = false, name } = options;
  const ssr = options.generate === "server";
  const compilerOptions = { whitespace, comments };
  const { descriptor: sfc, errors } = parse(source, {
    filename: name && `${name}.vue`,
    templateParseOptions: compilerOptions,
    ignoreEmpty: true,
  });
  if (errors.length) return failure(errors[0].loc?.start);
  const blocks = [sfc.template, sfc.script, sfc.scriptSetup, ...sfc.styles].filter(Boolean);
  const foreign = blocks.find((b) => !LANGS.includes(b.lang) || b.src || b.module);
  if (foreign) return failure(tagOf(foreign, source));

  const id = "data-v-" + createHash("sha256").update(source).digest("hex").substring(0, 8);
  const scoped = sfc.styles.some((s) => s.scoped);
  const shared = { id, isProd, filename: sfc.filename };
  const template = { ssr, ssrCssVars: sfc.cssVars, scoped, slotted: sfc.slotted, compilerOptions };
  let code = "";
  let bindings;
  if (sfc.script || sfc.scriptSetup) {
    try {
      const script = compileScript(sfc, {
        ...shared,
        inlineTemplate: true,
        genDefaultAs: "_sfc_main",
        templateOptions: template,
      });
      code = script.content + "\n";
      bindings = script.bindings;
    } catch (error) {
      return failure(error.loc?.start ?? positionOf(error, sfc));
    }
  }
  const fn = ssr ? "ssrRender" : "render";
  const separate = sfc.template && !sfc.scriptSetup;
  if (separate) {
    const made = compileTemplate({
      ...shared,
      ...template,
      source: sfc.template.content,
      ast: sfc.template.ast,
      compilerOptions: { ...compilerOptions, bindingMetadata: bindings },
    });
    if (made.errors.length) return failure(made.errors[0].loc?.start);
    code += made.code.replace("export function " + fn, "function _sfc_render") + "\n";
  }
  const sheets = [];
  for (const style of sfc.styles) {
    const made = compileStyle({
      ...shared,
      source: style.content,
      scoped: style.scoped,
      postcssOptions: { map: false },
    });
    const [error] = made.errors;
    if (error) {
      const { line, column } = style.loc.start;
      const before = error.line > 1 ? 0 : column - 1;
      return failure({ line: error.line + line - 1, column: error.column + before });
    }
    sheets.push(made.code);
  }
  if (options.part === "styles") return { output: sheets.join("\n") };
  if (!bindings) code += "const _sfc_main = {};\n";
  if (separate) code += `_sfc_main.${fn} = _sfc_render;\n`;
  if (scoped) code += `_sfc_main.__scopeId = "${id}";\n`;
  const css = sheets.join("\n");
  if (css && options.css !== "external")
    code += `if (typeof document !== "undefined") {
  const style = document.createElement("style");
  style.textContent = ${JSON.stringify(css)};
  document.head.append(style);
}\n`;
  return { output: code + "export default _sfc_main;\n" };
}

function failure(start) {
  return { error: { line: start?.line, column: start?.column } };
}

function tagOf(block, source) {
  let at = block.loc.start.offset;
  while (!source.startsWith("<" + block.type, at)) at--;
  return positionAt(source, at);
}

function positionAt(source, offset) {
  const lines = source.slice(0, offset).split("\n");
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}

function parses(script) {
  try {
    return babelParse(script, { sourceType: "module" });
  } catch {
    return false;
  }
}

// A script's position: Babel's in the block that does not parse, or else the
// place of the carets in the message.
function positionOf(error, sfc) {
  if (typeof error.pos === "number") {
    const block = [sfc.script, sfc.scriptSetup].find((b) => b && !parses(b.content));
    return positionAt(sfc.source, block.loc.start.offset + error.pos);
  }
  const lines = error.message.split("\n");
  const carets = lines.findIndex((l) => l.startsWith("   |  ") && l.includes("^"));
  if (carets < 0) return undefined;
  return { line: parseInt(lines[carets - 1], 10), column: lines[carets].indexOf("^") - 5 };
}
