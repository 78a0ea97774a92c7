// The box node-postcss: PostCSS, the step that may follow any style sheet, and what makes style sheets of class names.
import css from "./adapters/css.js";
import postcss from "./adapters/postcss.js";
import tailwind from "./adapters/tailwind.js";
import unocss from "./adapters/unocss.js";
import { serve } from "./zygote.js";

serve([css, postcss, tailwind, unocss]);
