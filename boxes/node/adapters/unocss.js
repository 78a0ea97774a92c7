// UnoCSS with its preset of Tailwind's utilities. The source is markup, or a
// list of classes; the rules for what it uses come out.
import { createGenerator } from "@unocss/core";
import presetWind4 from "@unocss/preset-wind4";
import { version } from "../node_modules/@unocss/core/package.json";
import { plain } from "../diagnosis.js";

export default {
  language: "unocss",
  engine: "unocss",
  versions: [version],

  async compile(source, options, { files }) {
    // The preset notes in variables of its module which parts of the theme are
    // used, and forgets it when a generator is made: one for each compile.
    const uno = await createGenerator({ presets: [presetWind4()] });
    const text = [source, ...files.values()].join("\n");
    const { css } = await uno.generate(text, { preflights: options.preflights ?? true });
    return { output: css };
  },

  diagnose: plain,

  samples: [
    [
      `<div class="flex p-4 md:grid hover:bg-blue-500/50 dark:text-white content-['x'] w-[10px] -mt-2
grid-cols-3 m-auto text-lg/7 shadow-md transition ring-2 from-red-500 bg-gradient-to-r space-x-2
group-hover:opacity-50 translate-x-1 i [&>p]:mt-0">`,
    ],
    ["underline text-center rounded-lg border animate-spin blur", { preflights: false }],
  ],
};
