// How Stylus finds and reads the request's own files. It cannot be given an
// importer: these are to take the place of members of fs and of its utils.
import { posix } from "node:path";

// Stylus opens what it imports by path: here the paths are names in files.
export function reading(files) {
  const open = (name) => {
    if (!files.has(name)) throw new Error(`there is no ${name}`);
    return files.get(name);
  };
  return { readFileSync: open, statSync: (name) => ({ size: open(name).length }) };
}

// Stylus searches its folders from the last to the first.
export function finding(files) {
  const match = (wanted) =>
    files.has(wanted) ? [wanted] : [...files.keys()].filter((name) => posix.matchesGlob(name, wanted)).sort();
  const find = (path, folders, importer) =>
    folders
      .map((folder) => posix.join(folder, path))
      .filter((wanted) => wanted !== importer)
      .map(match)
      .findLast((found) => found.length > 0);
  // Of packages there are none.
  return { find, lookup: () => undefined };
}
