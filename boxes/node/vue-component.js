// A component as one module. Vue's compiler takes it apart and compiles each block
// by itself; to put them together is left to build tools, of which this is one.
import { createHash } from "node:crypto";
import { compileScript, compileTemplate, parse } from "@vue/compiler-sfc/dist/compiler-sfc.esm-browser.js";
import { foreign } from "./vue-blocks.js";
import { refuseIf, said } from "./vue-diagnosis.js";
import { compiledStyle, injection } from "./vue-styles.js";

export function compile(source, options) {
  const filename = options.name && `${options.name}.vue`;
  const sourceMap = options.source_map === true;
  const reading = { whitespace: options.whitespace, comments: options.comments };
  const { descriptor, errors } = parse(source, { filename, sourceMap, templateParseOptions: reading });
  refuseIf(errors.map(said));
  const { template, script, scriptSetup, styles } = descriptor;
  const blocks = [template, script, scriptSetup, ...styles].filter(Boolean);
  refuseIf(blocks.flatMap((block) => foreign(block, source)));

  // What the styles of one component are told from those of others by.
  const id = `data-v-${createHash("sha256").update(source).digest("hex").slice(0, 8)}`;
  const common = { id, isProd: options.production === true, filename: descriptor.filename, sourceMap };
  const scoped = styles.some((style) => style.scoped);
  const templateOptions = {
    scoped,
    slotted: descriptor.slotted,
    ssr: options.generate === "server",
    ssrCssVars: descriptor.cssVars,
    compilerOptions: { ...reading, sourceMap },
  };

  const parts = [];
  let made = null;
  if (script || scriptSetup) {
    made = compileScript(descriptor, { ...common, inlineTemplate: true, genDefaultAs: "_sfc_main", templateOptions });
    parts.push(made.content);
  }
  let render = "";
  if (template && !scriptSetup) {
    const { content, ast } = template;
    const { compilerOptions } = templateOptions;
    const withBindings = { ...compilerOptions, bindingMetadata: made?.bindings };
    const given = { ...common, ...templateOptions, source: content, ast, compilerOptions: withBindings };
    const compiled = compileTemplate(given);
    refuseIf(compiled.errors.map(said));
    for (const tip of compiled.tips) console.warn(tip);
    made ??= compiled;
    render = templateOptions.ssr ? "ssrRender" : "render";
    parts.push(compiled.code.replace(`export function ${render}(`, "function _sfc_render("));
  }
  const css = styles.map((style) => compiledStyle(style, common)).join("\n");
  if (options.part === "styles") return { output: css };

  if (!script && !scriptSetup) parts.push("const _sfc_main = {};");
  if (render) parts.push(`_sfc_main.${render} = _sfc_render;`);
  if (scoped) parts.push(`_sfc_main.__scopeId = ${JSON.stringify(id)};`);
  if (css && options.css !== "external") parts.push(injection(css));
  parts.push("export default _sfc_main;\n");
  const map = sourceMap && made.map && JSON.stringify({ ...made.map, sources: ["input.vue"] });
  return { output: parts.join("\n"), sourceMap: map };
}
