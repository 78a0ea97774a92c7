// A loader for Twig that has no disk: files come from memory, by whatever method
// they are asked for.
import { posix } from "node:path";

// Gives the core the files of a compile instead of those of the one before.
export function loadFrom(files, core) {
  core.Templates.unRegisterLoader("ajax");
  core.Templates.registerLoader("fs", function (location, params) {
    const path = String(params.path || location);
    params.path = posix.normalize(path);
    params.data = files.get(params.path);
    if (params.data === undefined) throw new core.Error(`Unable to find template file ${path}`);
    return this.parsers[params.parser].call(this, params);
  });
}
