// PostCSS called directly: no adapter, no cell.
import autoprefixer from "autoprefixer";
import cssnano from "cssnano";
import postcss from "postcss";

export default async function compile({ source, options, files }) {
  const previous = files.find(([name]) => name === "input.map")?.[1] ?? false;
  const settings = {
    from: "input.css",
    map: options.source_map ? { inline: false, annotation: false, prev: previous } : false,
  };
  const plugins = [];
  try {
    if (options.autoprefixer) plugins.push(autoprefixer({ overrideBrowserslist: options.browsers }));
    if (options.minify) plugins.push(cssnano({ preset: ["default", { overrideBrowserslist: options.browsers }] }));
    const root = postcss.parse(source, settings);
    return { output: (await postcss(plugins).process(root, settings)).css };
  } catch (error) {
    const { line, column } = error.input ?? error;
    return { error: { line, column } };
  }
}
