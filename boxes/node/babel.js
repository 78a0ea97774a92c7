// The box node-babel: Babel, and the step that may follow any script.
import babel from "./adapters/babel.js";
import javascript from "./adapters/javascript.js";
import { serve } from "./zygote.js";

serve([babel, javascript]);
