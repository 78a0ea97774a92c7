// Nunjucks, by the nunjucks package. Templates are close enough to JavaScript
// to run any.
import nunjucks from "nunjucks";
import { posix } from "node:path";
import { version } from "../node_modules/nunjucks/package.json";
import { messageOf, plain } from "../diagnosis.js";

// No file of a request has this name.
const MAIN = "./input.njk";
// How an error names the template it passed through, the innermost one last.
const WHERE = /^\((.+?)\)(?: \[Line \d+(?:, Column \d+)?\])?\n\s+/;

class Memory extends nunjucks.Loader {
  constructor(files) {
    super();
    this.files = files;
  }

  resolve(from, to) {
    return posix.join(posix.dirname(from), to);
  }

  getSource(name) {
    const path = posix.normalize(name);
    return this.files.has(path) ? { src: this.files.get(path), path } : null;
  }
}

class Environment extends nunjucks.Environment {
  // Compiles at once what is imported, or a mistake in it would be told as one
  // of the importing template.
  getTemplate(name, _eager, parent, ignoreMissing, done) {
    return super.getTemplate(name, true, parent, ignoreMissing, done);
  }
}

export default {
  language: "nunjucks",
  engine: "nunjucks",
  versions: [version],

  async compile(source, options, { locals, files }) {
    const environment = new Environment(new Memory(files), {
      // Errors as they are thrown, with their positions.
      dev: true,
      autoescape: options.autoescape ?? true,
      throwOnUndefined: options.throw_on_undefined ?? false,
      trimBlocks: options.trim_blocks ?? false,
      lstripBlocks: options.lstrip_blocks ?? false,
      tags: {
        blockStart: options.block_start,
        blockEnd: options.block_end,
        variableStart: options.variable_start,
        variableEnd: options.variable_end,
        commentStart: options.comment_start,
        commentEnd: options.comment_end,
      },
    });
    const uninstall = options.jinja_compat ? nunjucks.installJinjaCompat() : () => {};
    try {
      return { output: await render(environment, source, locals) };
    } finally {
      uninstall();
    }
  },

  diagnose(error) {
    let message = messageOf(error);
    let file = MAIN;
    for (let where; (where = WHERE.exec(message)); message = message.slice(where[0].length)) file = where[1];
    const cause = causeOf(error);
    // A template counts from 0 when it runs, and 0, 0 is where it starts
    // counting; the parser counts from 1.
    const base = cause ? 1 : 0;
    const known = error?.lineno > 0 || error?.colno > 0;
    const code = plain(cause ?? error).code;
    return {
      message: cause ? messageOf(cause) : message,
      line: known ? error.lineno + base : undefined,
      column: known ? error.colno + base : undefined,
      code: code === "" || code === "Template render error" ? "TemplateError" : code,
      file: file === MAIN ? undefined : file,
    };
  },

  samples: [
    [
      "{% extends 'base.njk' %}\n{% import 'm.njk' as m %}{% from './m.njk' import b as c %}\n" +
        "{% set xs = [1, 2.5, 'c'] %}{% block body %}{{ super() }}<ul>" +
        "{% for x in xs %}<li class=\"{{ loop.index }}\">{{ x | escape }}{{ 'a' | upper }}</li>{% else %}none" +
        "{% endfor %}</ul>{% if xs | length > 2 and not no %}" +
        "{{ m.b({a: 1}) }}{{ c('<') | safe }}{% call m.b(1) %}{% endcall %}{% elif y %}y{% else %}z{% endif %}" +
        "{# note #}{% include 'p.njk' ignore missing %}{% endblock %}\n",
      {},
      {
        "base.njk": "<html>{% block body %}base{% endblock %}</html>",
        "m.njk": "{% macro b(x, y='d') %}<b>{{ x }} {{ y | default('e') }}</b>{% endmacro %}",
        "p.njk": "{{ 'a' if x == 1 else 'b' }}{% raw %}{{ x }}{% endraw %}",
      },
    ],
    [
      "<% for k, v in {a: 1} %>\n  <$ k ~ v $>\n<% endfor %>\n{{ xs[1:2] }}",
      {
        block_start: "<%",
        block_end: "%>",
        variable_start: "<$",
        variable_end: "$>",
        trim_blocks: true,
        lstrip_blocks: true,
      },
    ],
    ["{{ [1, 2, 3][1:] }}{{ True }}", { jinja_compat: true, autoescape: false }],
    ["{{ nope }}", { throw_on_undefined: true }],
    ["{% if x %}\n{{ x y }}{% endif %}"],
    ["{% include 'a.njk' %}", {}, { "a.njk": "{{ nope() }}" }],
    ["{% include 'nope.njk' %}"],
    ["{{ 1 | nope }}"],
  ],
};

// Nunjucks calls back what it knows already, but not before the next tick.
function render(environment, source, locals) {
  return new Promise((resolve, reject) => {
    const done = (error, output) => (error ? reject(error) : resolve(output));
    environment.renderString(source, locals, { path: MAIN }, done);
  });
}

function causeOf(error) {
  let cause = error?.cause;
  while (cause?.cause) cause = cause.cause;
  return cause;
}
