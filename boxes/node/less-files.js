// A file manager for Less that has no disk.
import { posix } from "node:path";
import { less } from "./less-core.js";

// The files of one job. A path is looked up in the folder of the file that
// imports and then in the root.
export class Files extends less.AbstractFileManager {
  constructor(files) {
    super();
    this.files = files;
  }

  supports = () => true;
  supportsSync = () => true;

  loadFileSync(path, folder, { ext }) {
    const [plainPath] = path.split(/[?#]/);
    const name = ext ? this.tryAppendExtension(plainPath, ext) : plainPath;
    const tried = this.isPathAbsolute(path) ? [] : [...new Set([posix.join(folder, name), posix.normalize(name)])];
    const filename = tried.find((candidate) => this.files.has(candidate));
    if (filename !== undefined) return { filename, contents: this.files.get(filename) };
    const where = tried.length ? `. Tried - ${tried.join(",")}` : "";
    return { type: "File", message: `'${path}' wasn't found${where}` };
  }
}
