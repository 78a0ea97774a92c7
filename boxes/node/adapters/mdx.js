// MDX, by @mdx-js/mdx. What comes out is a JavaScript module, which nobody
// runs here.
import { compileSync } from "@mdx-js/mdx";
import { SourceMapGenerator } from "source-map";
import { version } from "../node_modules/@mdx-js/mdx/package.json";
import { plain } from "../diagnosis.js";

// The engine's names of the options whose values it takes as they are.
const SETTINGS = {
  development: "development",
  element_attribute_name_case: "elementAttributeNameCase",
  format: "format",
  jsx: "jsx",
  jsx_import_source: "jsxImportSource",
  jsx_runtime: "jsxRuntime",
  pragma: "pragma",
  pragma_frag: "pragmaFrag",
  pragma_import_source: "pragmaImportSource",
  provider_import_source: "providerImportSource",
};

export default {
  language: "mdx",
  engine: "mdx",
  versions: [version],

  compile(source, options) {
    const known = { SourceMapGenerator: options.source_map ? SourceMapGenerator : undefined };
    for (const [name, theirs] of Object.entries(SETTINGS)) if (name in options) known[theirs] = options[name];
    const file = compileSync({ path: "input.mdx", value: source }, known);
    return {
      output: file.value,
      sourceMap: file.map && JSON.stringify({ ...file.map, sourcesContent: [source] }),
      warnings: file.messages.map(diagnostic),
    };
  },

  diagnose(error) {
    return typeof error?.reason === "string" ? diagnostic(error) : plain(error);
  },

  samples: [
    [
      'import {Chart} from "./chart.js"\nexport const year = 2024\n\n# Hello, {year}\n\n' +
        '<Chart year={year} color="red">*text*</Chart>\n\n' +
        "- one\n- **two** `three` [four](/five) ![six](/seven)\n\n> quote\n\n```js\nf()\n```\n\n" +
        "1. first\n\n{[1, 2].map((n) => <b key={n}>{n}</b>)}\n\n***\n\n" +
        '<div className="a" {...props}>\n  in\n</div>\n',
    ],
    ["export default function Layout({children}) {\n  return <main>{children}</main>\n}\n\nhi <b>x</b> &amp; <></>\n"],
    ["# hi\n\n<Box />", { source_map: true, development: true, provider_import_source: "@mdx-js/react" }],
    ["# hi <b>x</b>\n\n* a\n", { jsx: true, format: "md" }],
    ["# a\n\n<b>\n\n{1 +}"],
    ["<b>x</c>"],
    ["import a frm 'b'"],
  ],
};

function diagnostic({ reason, cause, line, column, place, source, ruleId }) {
  // Of a mistake in JavaScript the engine says only that there is one; its
  // parser knows which.
  const details = cause instanceof Error ? ": " + cause.message.replace(/ \(\d+:\d+\)$/, "") : "";
  return {
    message: reason + details,
    line,
    column,
    endLine: place?.end?.line,
    endColumn: place?.end?.column,
    code: [source, ruleId].filter(Boolean).join(":"),
  };
}
