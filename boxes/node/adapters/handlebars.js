// Handlebars, by the handlebars package, with its built-in helpers.
import Handlebars from "handlebars";
import { version } from "../node_modules/handlebars/package.json";
import { messageOf, plain } from "../diagnosis.js";

// The engine's names of the options, all of them switches.
const SWITCHES = {
  assume_objects: "assumeObjects",
  compat: "compat",
  explicit_partial_context: "explicitPartialContext",
  ignore_standalone: "ignoreStandalone",
  known_helpers_only: "knownHelpersOnly",
  no_escape: "noEscape",
  prevent_indent: "preventIndent",
  strict: "strict",
};
const EXTENSION = /\.(?:hbs|handlebars)$/;

// The file of which an error speaks, by error: the engine does not say it.
const origins = new WeakMap();

export default {
  language: "handlebars",
  engine: "handlebars",
  versions: [version],

  compile(source, options, { locals, files }) {
    const handlebars = Handlebars.create();
    const { template } = handlebars;
    handlebars.template = (spec) => template(traced(spec));

    const settings = (srcName) => {
      const known = { srcName };
      for (const [name, theirs] of Object.entries(SWITCHES)) if (options[name]) known[theirs] = true;
      return known;
    };
    for (const [name, file] of partials(files))
      handlebars.registerPartial(name, withOrigin(handlebars.compile(files.get(file), settings(file)), file));
    return { output: handlebars.compile(source, settings(""))(locals) };
  },

  diagnose(error) {
    const file = origins.get(error);
    const grammar = /^(Parse|Lexical) error on line (\d+)[:.]\s*([^]*)$/.exec(error?.message);
    if (grammar) {
      // Source and caret come before what the parser says, after what the
      // lexer says.
      const message = grammar[3].split("\n").at(grammar[1] === "Parse" ? -1 : 0);
      return { message, line: Number(grammar[2]), file };
    }
    if (!Number.isInteger(error?.lineNumber)) return { ...plain(error), file };
    return {
      ...plain(error),
      message: messageOf(error).replace(/ - \d+:\d+$/, ""),
      line: error.lineNumber,
      column: error.column + 1,
      endLine: error.endLineNumber,
      endColumn: error.endColumn + 1,
      file,
    };
  },

  samples: [
    [
      "<h1>{{title}}</h1>\n{{! note }}\n{{#if a}}{{{raw}}}{{else if b}}b{{else}}{{../c.d}}{{/if}}\n" +
        "{{#each list as |item i|}}\n  <li>{{i}} {{@index}} {{item.name}} {{lookup ../x @key}}</li>\n{{else}}\n  -\n" +
        '{{/each}}\n{{~#with (lookup a "b")~}} {{this}} {{/with}}{{#unless a}}{{> card title="x"}}{{/unless}}\n',
      {},
      { "card.hbs": "<b>{{title}}</b>\n" },
    ],
    [
      "{{#> card}}in{{/card}}{{#*inline \"x\"}}{{a}}{{/inline}}{{> x a=1}}",
      {},
      { "card.hbs": "{{> @partial-block}}" },
    ],
    ["{{a}} {{#if a}}", { strict: true }],
    ["{{#if a}}\n{{/with}}"],
    ["{{a.b}}", { strict: true }],
    ["{{f 1 b=2}}"],
    ["{{> nope}}"],
  ],
};

// The files by the names they have as partials: the whole one and the one
// without the extension.
function partials(files) {
  const named = new Map();
  for (const file of files.keys()) named.set(file, file);
  for (const file of files.keys()) {
    const stem = file.replace(EXTENSION, "");
    if (!named.has(stem)) named.set(stem, file);
  }
  return named;
}

// Every function of a compiled template belongs to one file, but a block runs
// while another file's partial does: the innermost function knows best.
function traced(spec) {
  for (const [key, value] of Object.entries(spec))
    if (typeof value === "function") spec[key] = withOrigin(value, spec.compilerOptions.srcName);
  return spec;
}

function withOrigin(run, file) {
  return function (...args) {
    try {
      return run.apply(this, args);
    } catch (error) {
      if (!origins.has(error)) origins.set(error, file);
      throw error;
    }
  };
}
