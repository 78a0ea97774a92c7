// A PostCSS plugin that puts the request's own files in the place of the
// @import statements that name them. What a browser can load itself stays.
import path from "node:path";
import postcss from "postcss";
import sugarss from "sugarss";
import valueParser from "postcss-value-parser";

const PLUGIN = "import";
const REMOTE = /^(?:(?:https?:)?\/\/|data:)/i;
const EXTENSIONS = ["", ".css", ".pcss", ".postcss", ".sss", "/index.css", "/index.pcss", "/index.sss"];

// Parser of a file, by its name.
const parserOf = (name) => (name.endsWith(".sss") ? sugarss.parse : postcss.parse);

export function inlineImports(files) {
  return {
    postcssPlugin: PLUGIN,
    Once(root, { result }) {
      // A file comes only once under the same conditions, as PostCSS users know it.
      const seen = new Set();
      const remote = [];

      // The nodes of a tree, all imports inlined. within are the files it is
      // in, around the conditions of their imports.
      function flatten(tree, within, around) {
        const nodes = [];
        let early = true;
        for (const node of tree.nodes) {
          if (node.type === "atrule" && node.name.toLowerCase() === "import" && !node.nodes) {
            if (early) nodes.push(...imported(node, within, around));
            else late(node, nodes);
          } else if (node.type !== "atrule" || node.name !== "charset" || within.length === 0) {
            nodes.push(node);
            early &&= mayComeBefore(node);
          }
        }
        return nodes;
      }

      function late(node, nodes) {
        node.warn(result, "@import must precede all other statements (besides @charset or empty @layer)");
        nodes.push(node);
      }

      function imported(node, within, around) {
        const wanted = parseImport(node);
        if (REMOTE.test(wanted.url)) {
          remote.push(node);
          if (!around) return [node];
          node.warn(result, `the conditions around the import of ${wanted.url} do not hold for it`);
          return [];
        }
        const name = resolve(wanted.url, within.at(-1) ?? "", files);
        if (!name) throw node.error(`Failed to find '${wanted.url}'`, { plugin: PLUGIN });
        const conditions = around + wanted.wrappers.map(({ name, params }) => `@${name} ${params}`).join("");
        const key = `${name} ${conditions}`;
        if (within.includes(name) || seen.has(key)) return [];
        seen.add(key);
        const tree = parserOf(name)(files.get(name), { from: "/" + name, map: false });
        return wrap(flatten(tree, [...within, name], conditions), node, wanted.wrappers);
      }

      const nodes = flatten(root, [], "");
      root.removeAll();
      for (const node of remoteFirst(nodes, remote)) root.push(node);
    },
  };
}

// A browser heeds an import only at the top.
function remoteFirst(nodes, remote) {
  const start = nodes.findIndex((node) => !mayComeBefore(node) && !remote.includes(node));
  const head = start < 0 ? nodes : nodes.slice(0, start);
  const moved = remote.filter((node) => !head.includes(node));
  const body = nodes.slice(head.length).filter((node) => !remote.includes(node));
  if (moved.length > 0 && head.length === 0) {
    moved[0].raws.before = "";
    body[0].raws.before = "\n";
  }
  return [...head, ...moved, ...body];
}

const mayComeBefore = (node) =>
  node.type === "comment" || (node.type === "atrule" && !node.nodes && ["charset", "layer"].includes(node.name));

// What an import names, and the at-rules that stand for its conditions, the
// inner ones first.
function parseImport(node) {
  const [first, ...rest] = valueParser(node.params).nodes;
  const quoted = first?.type === "function" && first.value.toLowerCase() === "url" ? first.nodes[0] : first;
  if (first?.type !== "string" && quoted === first)
    throw node.error(`Unable to find uri in '@import ${node.params}'`, { plugin: PLUGIN });
  const wrappers = [];
  const media = [];
  for (const part of rest) {
    const name = part.value?.toLowerCase();
    if (media.length === 0 && part.type === "space") continue;
    if (media.length === 0 && name === "layer") wrappers.push({ name, params: inside(part) });
    else if (media.length === 0 && part.type === "function" && name === "supports")
      wrappers.push({ name, params: `(${inside(part)})` });
    else media.push(part);
  }
  const params = valueParser.stringify(media).trim();
  if (params) wrappers.push({ name: "media", params });
  return { url: quoted?.value ?? "", wrappers };
}

const inside = (part) => valueParser.stringify(part.nodes ?? []).trim();

function resolve(url, importer, files) {
  const name = path.posix.join(path.posix.dirname(importer), url);
  return !url.startsWith("/") && EXTENSIONS.map((e) => name + e).find((candidate) => files.has(candidate));
}

function wrap(nodes, statement, wrappers) {
  if (nodes.length === 0) return nodes;
  for (const { name, params } of wrappers) {
    const raws = { afterName: params && " ", between: " ", after: "\n" };
    const rule = postcss.atRule({ name, params, source: statement.source, raws });
    nodes[0].raws.before = "\n";
    rule.nodes = [];
    for (const node of nodes) rule.push(node);
    nodes = [rule];
  }
  nodes[0].raws.before = statement.raws.before;
  return nodes;
}
