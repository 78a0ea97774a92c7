// The box node-css: style sheet languages with a compiler of their own.
import less from "./adapters/less.js";
import stylus from "./adapters/stylus.js";
import { serve } from "./zygote.js";

serve([less, stylus]);
