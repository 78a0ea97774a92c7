// Twig, by the twig package, the JavaScript port of PHP's.
import { posix } from "node:path";
import Twig from "twig";
import { version } from "../node_modules/twig/package.json";
import { plain } from "../diagnosis.js";

// No file of a request has this name.
const MAIN = "./input.twig";
const UNCLOSED = /^Unable to find an end tag/;
const OFFSET = / opened near template position (\d+)$/;

// The files of the one compile, and what it was warned of.
let files;
let warnings;
// The engine forgets where it is when it throws: the file and the offset in it
// by error, of the innermost tag it was at.
let places;
// While a template is read: where the tag begins that is being read, and the
// tags that are open.
let tag;
let open;

export default {
  language: "twig",
  engine: "twig",
  versions: [version],

  preload() {
    Twig.extend((core) => {
      readFromMemory(core);
      watchReading(core);
      watchRunning(core);
    });
  },

  compile(source, options, { locals, files: given }) {
    files = given;
    warnings = [];
    places = new WeakMap();
    Twig.extend((core) => (core.Templates.registry = {}));
    try {
      const template = Twig.twig({
        data: source,
        path: MAIN,
        rethrow: true,
        autoescape: options.autoescape && (options.autoescape_strategy ?? "html"),
        strict_variables: options.strict_variables,
        namespaces: options.namespaces,
      });
      const output = template.render(locals);
      return { output, warnings: warnings.map(({ place, ...said }) => ({ ...said, ...positionOf(place, source) })) };
    } catch (error) {
      throw new Located(error, positionOf(places.get(Object(error)), source));
    }
  },

  diagnose(error) {
    if (!(error instanceof Located)) return plain(error);
    return { ...plain(error.cause), ...error.position };
  },

  samples: [
    [
      "{% extends 'base.twig' %}\n{% import 'm.twig' as m %}{% from 'm.twig' import b as c %}{% use 'u.twig' %}\n" +
        "{% block body %}{{ parent() }}{% set xs = [1, 2.5, 'c'] %}<ul>{% for k, x in xs if x %}\n" +
        "  <li class=\"{{ loop.index }}\">{{ x|upper|e }}</li>{% else %}none{% endfor %}</ul>\n" +
        "{% if xs|length > 2 and not no %}{{ m.b({a: 1}) }}{{ c('<')|raw }}{% elseif y is defined %}y{% else %}z" +
        "{% endif %}{# note #}{% include 'p.twig' with {x: 1} only %}{% embed 'base.twig' %}{% block body %}e" +
        "{% endblock %}{% endembed %}{{ '2024-02-03'|date('Y-m-d') }}{{ 'a %s'|format('b') }}{{ 3.14159|round(2) }}" +
        "{{ source('nope.twig', true) }}{% endblock %}\n",
      {},
      {
        "base.twig": "<html>{% block body %}base{% endblock %}</html>",
        "m.twig": "{% macro b(x, y = 'd') %}<b>{{ x|json_encode }} {{ y|default('e') }}</b>{% endmacro %}",
        "p.twig": "{{ x == 1 ? 'a' : 'b' }}{% raw %}{{ x }}{% endraw %}{%- apply upper -%} x {% endapply %}",
        "u.twig": "{% block u %}{% deprecated 'old' %}{% endblock %}",
      },
    ],
    [
      "{{ '<' }}{{ x.y }}{% include '@a/b.twig' %}",
      { autoescape: true, namespaces: { a: "c" } },
      { "c/b.twig": "{{ x }}" },
    ],
    ["{{ x }}", { autoescape: true, autoescape_strategy: "js", strict_variables: true }],
    ["{% if x %}\n{{ x y }}{% endif %}"],
    ["{{ x "],
    ["{{ 'x }}"],
    ["{% if x %}"],
    ["{% endif %}"],
    ["{% include 'a.twig' %}", {}, { "a.twig": "{{ 1|nope }}" }],
    ["{% include 'nope.twig' %}"],
  ],
};

class Located {
  constructor(cause, position) {
    this.cause = cause;
    this.position = position;
  }
}

// Files come from memory, by whatever method they are asked for.
function readFromMemory(core) {
  core.Templates.unRegisterLoader("ajax");
  core.Templates.registerLoader("fs", function (location, params) {
    const path = String(params.path || location);
    params.path = posix.normalize(path);
    params.data = files.get(params.path);
    if (params.data === undefined) throw new core.Error(`Unable to find template file ${path}`);
    return this.parsers[params.parser].call(this, params);
  });
}

function watchReading(core) {
  // Some errors are thrown without "new", and would be undefined.
  core.Error = new Proxy(core.Error, { apply: (Class, _this, args) => new Class(...args) });

  const { prepare } = core;
  core.prepare = function (data) {
    tag = undefined;
    open = [];
    try {
      return prepare.call(this, data);
    } catch (error) {
      if (UNCLOSED.test(error.message)) tag = open.at(-1);
      blame(error, this.path, Number(OFFSET.exec(error.message)?.[1] ?? tag));
      throw error;
    }
  };
  const compileExpression = core.expression.compile;
  core.expression.compile = function (token) {
    tag = token.position?.start ?? tag;
    return compileExpression.call(this, token);
  };
  const compileLogic = core.logic.compile;
  core.logic.compile = function (token) {
    tag = token.position.start;
    const logic = compileLogic.call(this, token);
    const { type, match } = logic;
    const { open: opens, next } = core.logic.handler[type];
    if (type === core.logic.type.deprecated)
      warnings.push({
        message: `Deprecation notice: ${match[1]}`,
        code: "deprecated",
        place: { path: this.path, offset: tag },
      });
    if (opens === false && open.length === 0) throw new core.Error(`${type} not expected here`);
    if (opens === false) open.pop();
    if (next.length > 0) open.push(tag);
    return logic;
  };
}

function watchRunning(core) {
  // A layout is loaded by the tag that names it, not when nobody knows any
  // more where that was.
  const handler = core.logic.handler[core.logic.type.extends_];
  const extend = handler.parse;
  handler.parse = function (...given) {
    return extend.apply(this, given).then((result) => {
      if (typeof this.template.parentTemplate === "string") this.template.importFile(this.template.parentTemplate);
      return result;
    });
  };

  const blamed = (parse) =>
    function (tokens, ...rest) {
      const failed = (error) => {
        blame(error, this.template.path, [tokens].flat()[0]?.position?.start);
        throw error;
      };
      try {
        const result = parse.call(this, tokens, ...rest);
        return core.isPromise(result) ? result.catch(failed) : result;
      } catch (error) {
        return failed(error);
      }
    };
  core.expression.parse = blamed(core.expression.parse);
  core.logic.parse = blamed(core.logic.parse);
}

// The first to be blamed is the innermost.
function blame(error, path, offset) {
  if (path !== undefined && offset >= 0 && !places.has(Object(error))) places.set(Object(error), { path, offset });
}

function positionOf(place, source) {
  const { path, offset } = place ?? {};
  if (path === undefined) return {};
  const before = (path === MAIN ? source : files.get(path)).slice(0, offset);
  const lines = before.split("\n");
  return { line: lines.length, column: lines.at(-1).length + 1, file: path === MAIN ? undefined : path };
}
