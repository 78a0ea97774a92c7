// The box node-markup: templates and text.
import ejs from "./adapters/ejs.js";
import eta from "./adapters/eta.js";
import handlebars from "./adapters/handlebars.js";
import liquid from "./adapters/liquid.js";
import markdown from "./adapters/markdown.js";
import mustache from "./adapters/mustache.js";
import nunjucks from "./adapters/nunjucks.js";
import pug from "./adapters/pug.js";
import twig from "./adapters/twig.js";
import { serve } from "./zygote.js";

serve([ejs, eta, handlebars, liquid, markdown, mustache, nunjucks, pug, twig]);
