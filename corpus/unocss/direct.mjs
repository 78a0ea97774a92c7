// UnoCSS called directly: no adapter, no cell.
import { createGenerator } from "@unocss/core";
import presetWind4 from "@unocss/preset-wind4";

export default async function compile({ source, options, files }) {
  const uno = await createGenerator({ presets: [presetWind4()] });
  const tokens = new Set();
  const texts = [source, ...files.map(([, text]) => text)];
  for (const text of texts) await uno.applyExtractors(text, undefined, tokens);
  const { css } = await uno.generate(tokens, { preflights: options.preflights ?? true });
  return { output: css };
}
