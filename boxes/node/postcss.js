// The box node-postcss: PostCSS, and the step that may follow any style sheet.
import css from "./adapters/css.js";
import postcss from "./adapters/postcss.js";
import { serve } from "./zygote.js";

serve([css, postcss]);
