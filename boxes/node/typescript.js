// The box node-typescript: TypeScript.
import typescript from "./adapters/typescript.js";
import { serve } from "./zygote.js";

serve([typescript]);
