// The box node-markup: markup that most playgrounds offer.
import markdown from "./adapters/markdown.js";
import pug from "./adapters/pug.js";
import { serve } from "./zygote.js";

serve([markdown, pug]);
