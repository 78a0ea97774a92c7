// Babel called directly: no adapter, no cell.
import Babel from "@babel/standalone";

export default function compile({ source, options }) {
  const defaults = { presets: ["env", "react"], plugins: [], env_modules: "false", decorators: "2023-11" };
  const o = { ...defaults, pipeline: "minimal", ...options };
  const react = {};
  for (const name of ["runtime", "pragma", "pragma_frag", "import_source", "development"])
    if (`react_${name}` in o) react[name.replace(/_(.)/, (_, c) => c.toUpperCase())] = o[`react_${name}`];
  const env = { modules: o.env_modules === "false" ? false : o.env_modules };
  if (o.env_targets) env.targets = o.env_targets;
  if (o.env_loose) env.loose = true;
  const stage = { decoratorsVersion: o.decorators, pipelineProposal: o.pipeline };
  const pipeline = { proposal: o.pipeline, ...(o.pipeline === "hack" && { topicToken: "%" }) };
  const pluginOptions = {
    "proposal-decorators": { version: o.decorators },
    "syntax-decorators": { version: o.decorators },
    "proposal-pipeline-operator": pipeline,
  };
  try {
    const { code, map } = Babel.transform(source, {
      babelrc: false,
      configFile: false,
      filename: o.presets.includes("typescript") ? "input.tsx" : "input.jsx",
      sourceFileName: "input.jsx",
      sourceType: o.source_type ?? "module",
      presets: o.presets.map((name) => [name, { env, react }[name] ?? (name.startsWith("stage") ? stage : {})]),
      plugins: o.plugins.map((name) => (pluginOptions[name] ? [name, pluginOptions[name]] : name)),
      comments: o.comments ?? true,
      compact: { true: true, false: false }[o.compact] ?? "auto",
      retainLines: o.retain_lines ?? false,
      sourceMaps: o.source_map ?? false,
    });
    return { output: code, sourceMap: map && JSON.stringify(map) };
  } catch (error) {
    if (error.loc) return { error: { line: error.loc.line, column: error.loc.column + 1 } };
    // Plugins draw the place: "> 2 | <a:b/>" and a caret below.
    const lines = error.message.split("\n");
    const marked = lines.findIndex((l) => /^> *\d+ \|/.test(l));
    if (marked < 0) return { error: {} };
    const gutter = lines[marked].indexOf("|") + 2;
    const line = parseInt(lines[marked].slice(1), 10);
    return { error: { line, column: lines[marked + 1].indexOf("^") - gutter + 1 } };
  }
}
