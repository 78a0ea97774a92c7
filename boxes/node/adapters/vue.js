// Vue single-file components, by the build of the compiler that has no file
// system.
import { createHash } from "node:crypto";
import {
  compileScript,
  compileStyle,
  compileTemplate,
  parse,
  parseCache,
  version,
} from "@vue/compiler-sfc/dist/compiler-sfc.esm-browser.js";
import { plain } from "../diagnosis.js";
import { overhear } from "../overhear.js";

// What may be written in a block without a compiler of its own.
const LANGUAGES = { template: ["html"], script: ["js"], style: ["css"] };

// The start of what is said in a code frame: its line, and the carets below.
const FRAME = /^(\d+) *\|  .*\n {3}\|  ( *)\^/m;

export default {
  language: "vue",
  engine: "vue",
  versions: [version],

  preload() {
    // source-map-js makes a function of another's text (quick-sort.js), and in
    // that text the bundler has put calls to a helper that is not global.
    globalThis.__name ??= (f) => f;
  },

  compile(source, options) {
    // It would keep the samples, and warm nothing with them the second time.
    parseCache.clear();
    const [result, heard] = overhear(() => compile(source, options));
    return { ...result, warnings: heard.map((text) => said({ message: text })) };
  },

  diagnose: (error) => (error instanceof Refusal ? error.diagnostics : said(error)),

  samples: [
    [
      `<script setup>
import { ref, computed } from "vue";
import A from "./A.vue";
const props = defineProps({ a: String });
const emit = defineEmits(["go"]);
const n = ref(0);
const m = defineModel();
const b = computed(() => n.value * 2);
await n;
</script>
<template>
  <A v-for="(x, i) in 3" :key="i" v-model="n" @click.prevent="emit('go', n++)">
    <template #b="{ c }">{{ c }} {{ props.a }}</template>
  </A>
  <p v-if="n > 1" :class="{ b }" v-html="b" /><i v-else v-show="n">{{ b + 1 }}</i><slot /><img src="a.png">
</template>
<style scoped>
p > .a:hover, :deep(b) { color: v-bind(n) }
@media (a) { b { c: d } }
</style>
`,
    ],
    [
      "<script>\nexport default { data: () => ({ a: 1 }) }\n</script>\n<template><input v-model='a'></template>",
      { source_map: true, generate: "server", production: true },
    ],
    ["<template><p :a='b'>{{ c }}</p></template>\n<style>a { b: c }</style>", { part: "styles" }],
    ["<template><p>{{ a b }}</p></template>\n<script setup>\nlet a = 1\n</script>"],
    ["<template><p></template>"],
    ["<script setup>\nlet = 1\n</script>"],
    ["<script setup>\nlet a = 1\ndefineProps({ a })\n</script>"],
    ["<template><p></p></template>\n<style>a {</style>"],
    ['<template lang="pug">p</template>'],
  ],
};

// Diagnostics of a source that the compiler would not have, or would not say
// right.
class Refusal extends Error {
  constructor(diagnostics) {
    super(diagnostics[0].message);
    this.diagnostics = diagnostics;
  }
}

function refuseIf(diagnostics) {
  if (diagnostics.length > 0) throw new Refusal(diagnostics);
}

function compile(source, options) {
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

// Says of a block that needs what is not here that it does.
function foreign(block, source) {
  const { type, lang, src, module, loc } = block;
  const because = (what) => [
    { message: `<${type} ${what}`, ...position(source, source.lastIndexOf(`<${type}`, loc.start.offset)) },
  ];
  if (src) return because(`src="${src}"> cannot be read: there are no files here`);
  if (lang && !LANGUAGES[type].includes(lang))
    return because(`lang="${lang}"> needs a compiler that is not part of Vue's: compile it on its own first`);
  if (module) return because("module> is not known to Vue's compiler outside a build tool: use <style scoped>");
  return [];
}

function compiledStyle({ content, scoped, loc }, common) {
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
function injection(css) {
  return `if (typeof document !== "undefined") {
  const style = document.createElement("style");
  style.textContent = ${JSON.stringify(css)};
  document.head.append(style);
}`;
}

function position(source, offset) {
  const before = source.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1).length + 1 };
}

// A mistake in the template has positions of the whole source. One in a script
// has them only in the code frame of its message; what else it says of them
// counts from the start of the block.
function said(error) {
  const { start, end } = error?.loc ?? {};
  const { message, code } = plain(error);
  const known = { message: message.replace(/^.*?\[@?vue\/compiler-sfc\]\S* /, ""), code: error?.code ?? code };
  if (start) return { ...known, line: start.line, column: start.column, endLine: end?.line, endColumn: end?.column };
  const [, line, before] = FRAME.exec(message) ?? [];
  if (!line) return known;
  const inBlock = / \(\d+:\d+\)$/m;
  return { ...known, message: known.message.replace(inBlock, ""), line: Number(line), column: before.length + 1 };
}
