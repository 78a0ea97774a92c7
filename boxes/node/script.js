// The box node-script: small languages that become JavaScript.
import civet from "./adapters/civet.js";
import coffeescript from "./adapters/coffeescript.js";
import livescript from "./adapters/livescript.js";
import { serve } from "./zygote.js";

serve([civet, coffeescript, livescript]);
