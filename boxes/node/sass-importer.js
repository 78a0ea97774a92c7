// An importer for Sass that has no disk: it finds the request's own files by the
// rules of Sass's importer of files, under URLs that stand for nothing else.
import path from "node:path";

// Where the caller's files are to Sass: in a folder, so that ".." leads out of
// it and not, by the rules of URLs, to the top again. No file of a caller's can
// have the name of SOURCE.
export const ROOT = "sheet:///-/";
export const SOURCE = ROOT + ".input";

const SYNTAXES = { ".scss": "scss", ".sass": "indented", ".css": "css" };

// The name that a URL stands for: as it is on a disk, "" if there can be none.
export function nameOf(url) {
  if (!url.startsWith(ROOT)) return "";
  try {
    return path.join(".", decodeURIComponent(url.slice(ROOT.length)));
  } catch {
    return "";
  }
}

// The caller's name for a URL; undefined for the source.
export function fileOf(url) {
  const href = String(url ?? SOURCE);
  return href === SOURCE ? undefined : nameOf(href);
}

// An importer of files that looks for what is not beside its importer in
// folder, if there is one.
export function importerOf(files, folder) {
  const urlOf = (name) => new URL(ROOT + name.split("/").map(encodeURIComponent).join("/"));

  const partialOf = (name) => path.join(path.dirname(name), "_" + path.basename(name));
  const either = (name) => [partialOf(name), name].filter((n) => files.has(n));
  function only(found) {
    if (found.length > 1) throw new Error(`It's not clear which file to import. Found: ${found.join(", ")}`);
    return found[0];
  }
  function withExtension(name) {
    const found = [...either(name + ".sass"), ...either(name + ".scss")];
    return only(found.length > 0 ? found : either(name + ".css"));
  }
  // The order is that of Sass's own importer. x.import.scss is for @import only.
  function find(name, fromImport) {
    const extension = path.extname(name);
    if (SYNTAXES[extension]) {
      const forImport = name.slice(0, -extension.length) + ".import" + extension;
      return (fromImport && only(either(forImport))) || only(either(name));
    }
    const index = path.join(name, "index");
    return (
      (fromImport && withExtension(name + ".import")) ||
      withExtension(name) ||
      (fromImport && withExtension(index + ".import")) ||
      withExtension(index)
    );
  }

  return {
    canonicalize(url, { fromImport }) {
      if (!url.startsWith(ROOT)) {
        if (!folder || /^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(url)) return null;
        url = new URL(url, urlOf(folder === "." ? "" : folder + "/")).href;
      }
      const name = find(nameOf(url), fromImport);
      return name ? urlOf(name) : null;
    },
    load(url) {
      const name = nameOf(url.href);
      return { contents: files.get(name), syntax: SYNTAXES[path.extname(name)], sourceMapUrl: url };
    },
  };
}
