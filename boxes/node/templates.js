// The box node-templates: template languages.
import ejs from "./adapters/ejs.js";
import eta from "./adapters/eta.js";
import handlebars from "./adapters/handlebars.js";
import liquid from "./adapters/liquid.js";
import mustache from "./adapters/mustache.js";
import nunjucks from "./adapters/nunjucks.js";
import twig from "./adapters/twig.js";
import { serve } from "./zygote.js";

serve([ejs, eta, handlebars, liquid, mustache, nunjucks, twig]);
