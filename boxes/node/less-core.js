// The core of the less package: what its Node wrapping adds reads disks, networks
// and plug-ins.
import createLess from "less/lib/less/index.js";
import defaultOptions from "less/lib/less/default-options.js";
import mime from "mime";
import { SourceMapGenerator } from "source-map";
import { version } from "./node_modules/less/package.json";

const PLUGIN_REFUSED = { type: "Syntax", message: "@plugin is switched off here: a plug-in is code" };

const environment = {
  encodeBase64: (text) => Buffer.from(text).toString("base64"),
  mimeLookup: (name) => mime.lookup(name),
  charsetLookup: (type) => mime.charsets.lookup(type),
  getSourceMapGenerator: () => SourceMapGenerator,
};
export const less = createLess(environment, [], version);
less.options = defaultOptions();
// The option against @plugin holds for the source only, not for its imports.
less.PluginLoader = class {
  loadPluginSync = () => PLUGIN_REFUSED;
};
const noImages = () => {
  throw { type: "File", message: "images cannot be measured here: there are none" };
};
less.functions.functionRegistry.addMultiple({
  "image-size": noImages,
  "image-width": noImages,
  "image-height": noImages,
});
