// The box node-css: style sheet languages with a compiler of their own.
import less from "./adapters/less.js";
import stylus from "./adapters/stylus.js";
import tailwind from "./adapters/tailwind.js";
import unocss from "./adapters/unocss.js";
import { serve } from "./zygote.js";

serve([less, stylus, tailwind, unocss]);
