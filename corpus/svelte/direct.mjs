// Svelte called directly.
import { compile as svelte } from "svelte/compiler";

const NAMES = {
  custom_element: "customElement",
  preserve_comments: "preserveComments",
  preserve_whitespace: "preserveWhitespace",
  disclose_version: "discloseVersion",
};

export default function compile({ source, options }) {
  const { part, source_map, runes, component_api, experimental_async, ...rest } = options;
  const known = { css: part === "styles" ? "external" : "injected" };
  for (const [name, value] of Object.entries(rest)) known[NAMES[name] ?? name] = value;
  if (runes) known.runes = runes === "on";
  if (component_api) known.compatibility = { componentApi: component_api };
  if (experimental_async) known.experimental = { async: true };
  try {
    const { js, css } = svelte(source, known);
    return { output: part === "styles" ? css?.code ?? "" : js.code };
  } catch (error) {
    const column = error.start?.column;
    return { error: { line: error.start?.line, column: column === undefined ? undefined : column + 1 } };
  }
}
