// The box node-components: components and documents that become JavaScript.
import mdx from "./adapters/mdx.js";
import svelte from "./adapters/svelte.js";
import vue from "./adapters/vue.js";
import { serve } from "./zygote.js";

serve([mdx, svelte, vue]);
