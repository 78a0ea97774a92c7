// Twig, by the twig package, the JavaScript port of PHP's.
import Twig from "twig";
import { version } from "../node_modules/twig/package.json";
import { plain } from "../diagnosis.js";
import { loadFrom } from "../twig-files.js";
import { seenFromNow, watch } from "../twig-places.js";

// No file of a request has this name.
const MAIN = "./input.twig";

export default {
  language: "twig",
  engine: "twig",
  versions: [version],

  preload() {
    Twig.extend(watch);
  },

  compile(source, options, { locals, files }) {
    const { warnings, places } = seenFromNow();
    Twig.extend((core) => {
      core.Templates.registry = {};
      loadFrom(files, core);
    });
    const at = (place) => positionOf(place, source, files);
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
      return { output, warnings: warnings.map(({ place, ...said }) => ({ ...said, ...at(place) })) };
    } catch (error) {
      throw new Located(error, at(places.get(Object(error))));
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

function positionOf(place, source, files) {
  const { path, offset } = place ?? {};
  if (path === undefined) return {};
  const before = (path === MAIN ? source : files.get(path)).slice(0, offset);
  const lines = before.split("\n");
  return { line: lines.length, column: lines.at(-1).length + 1, file: path === MAIN ? undefined : path };
}
