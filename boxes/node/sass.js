// The box node-sass: Sass in both of its syntaxes.
import sass from "./adapters/sass.js";
import { serve } from "./zygote.js";

serve([sass]);
