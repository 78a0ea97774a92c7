// Tailwind CSS. The source is the style sheet; the classes to make rules for
// are looked for in the files of the request.
import path from "node:path";
import { SourceMapGenerator } from "source-map-js";
import { compile } from "tailwindcss";
import index from "../node_modules/tailwindcss/index.css";
import preflight from "../node_modules/tailwindcss/preflight.css";
import theme from "../node_modules/tailwindcss/theme.css";
import utilities from "../node_modules/tailwindcss/utilities.css";
import { version } from "../node_modules/tailwindcss/package.json";
import { plain } from "../diagnosis.js";

const { posix } = path;
const SOURCE = "/input.css";
// The package's own style sheets, by what they are imported as.
const PACKAGE = { tailwindcss: index, index, preflight, theme, utilities };

// No JavaScript is loaded for a style sheet.
async function loadModule(id, _base, kind) {
  throw new Error(`\`@${kind} "${id}"\` cannot be loaded: JavaScript plugins and configuration are switched off here`);
}

const stylesheetLoader = (files) => async (id, base) => {
  const own = /^tailwindcss(?:\/(\w+?)(?:\.css)?)?$/.exec(id);
  if (own && Object.hasOwn(PACKAGE, own[1] ?? "tailwindcss"))
    return { path: `/${id}`, base: "/", content: PACKAGE[own[1] ?? "tailwindcss"] };
  const name = posix.join(base.slice(1), id);
  const found = !id.startsWith("/") && [name, `${name}.css`].find((candidate) => files.has(candidate));
  if (!found) throw new Error(`Can't resolve '${id}' in '${base}'`);
  return { path: `/${found}`, base: posix.dirname(`/${found}`), content: files.get(found) };
};

// Which files are searched for classes: all but style sheets, or what
// source(...) says, and what @source adds and takes away.
function searched(files, { root, sources }) {
  const within = ({ base, pattern }) => {
    const wanted = posix.join(base, pattern);
    return (file) => file.startsWith(wanted.replace(/\/*$/, "/")) || posix.matchesGlob(file, wanted);
  };
  const automatic = root === "none" ? () => false : root ? within(root) : () => true;
  const added = sources.filter((s) => !s.negated).map(within);
  const removed = sources.filter((s) => s.negated).map(within);
  return [...files].filter(([name]) => {
    const file = `/${name}`;
    const wanted = (automatic(file) && !name.endsWith(".css")) || added.some((matches) => matches(file));
    return wanted && !removed.some((matches) => matches(file));
  });
}

// What may be a class in a text. Tailwind makes nothing of what is none, so too
// much does no harm: the text is cut at white space, quotes and punctuation,
// once with what is in brackets kept whole, once with it cut too, and in
// languages that write classes with dots at these also.
const WHOLE_BRACKETS = /(?:[^\s"'`<>=;,{}()[\]]|\[(?:[^\s[\]]|\[[^\s[\]]*\])*\]|\([^\s()]*\))+/g;
const CUT_BRACKETS = /[^\s"'`<>=;,{}()[\]]+/g;
const BETWEEN_DOTS = /[^\s"'`<>=;,{}()[\].#]+/g;
const DOTTED = /\.(?:pug|jade|haml|slim)$/;

function candidates([name, text]) {
  const found = [WHOLE_BRACKETS, CUT_BRACKETS, ...(DOTTED.test(name) ? [BETWEEN_DOTS] : [])];
  return found.flatMap((pattern) => text.match(pattern) ?? []).map((word) => word.replace(/[:.]+$/, ""));
}

// The engine's map in the form that everyone reads. What comes of no source,
// such as a utility's rules, is marked as that.
function encode({ mappings }) {
  const map = new SourceMapGenerator();
  for (const { originalPosition: from, generatedPosition: generated } of mappings) {
    if (!from?.source?.url) {
      map.addMapping({ generated });
      continue;
    }
    const source = from.source.url.slice(1);
    map.addMapping({ generated, original: { line: from.line, column: from.column }, source });
    map.setSourceContent(source, from.source.content);
  }
  return map.toString();
}

export default {
  language: "tailwind",
  engine: "tailwindcss",
  versions: [version],

  async compile(source, options, { files }) {
    const loadStylesheet = stylesheetLoader(files);
    const sheet = await compile(source, { base: "/", from: SOURCE, loadModule, loadStylesheet });
    const classes = new Set(searched(files, sheet).flatMap(candidates));
    const output = sheet.build([...classes]);
    return { output, sourceMap: options.source_map && encode(sheet.buildSourceMap()) };
  },

  diagnose(error) {
    if (error?.name !== "CssSyntaxError" || !error.loc) return plain(error);
    const file = error.loc[0].file;
    const [, line, column, message] = /^:(\d+):(\d+): ([^]*)$/.exec(error.message.slice(file.length));
    const name = file === SOURCE ? "" : file.slice(1);
    return { message, line: Number(line), column: Number(column), code: error.name, file: name };
  },

  samples: [
    [
      `@import "tailwindcss"; @import "./a.css" layer(components);
@theme { --color-brand: oklch(60% 0.2 20); } @utility tab-4 { tab-size: 4; }
@custom-variant dark (&:where(.dark, .dark *));
.btn { @apply rounded px-4 py-2 font-bold; color: --alpha(var(--color-brand) / 50%); } @source inline("underline");`,
      { source_map: true },
      {
        "a.css": ".a { color: theme(--color-red-500); }",
        "index.html": `<div class="flex p-4 md:grid hover:bg-blue-500/50 dark:text-white content-['x'] w-[10px] -mt-2
grid-cols-3 text-lg/7 shadow-md transition ring-2 from-red-500 bg-linear-to-r space-x-2 group-hover:opacity-50
translate-x-1 bg-brand">`,
      },
    ],
    [".a { color: red;"],
    ['@plugin "x";'],
    ['@import "./missing.css";'],
    [".a { @apply nonsense; }"],
  ],
};
