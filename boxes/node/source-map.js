// Source maps of two steps, joined by an engine that leaves something behind.
import { decode, encode } from "@jridgewell/sourcemap-codec";

// The map without its places in a source that nobody sees: what the first of
// two steps put out.
export function withoutSource(map, name) {
  const gone = map.sources.indexOf(name);
  if (gone < 0) return map;
  const kept = (_, i) => i !== gone;
  const renumbered = ([column, source, ...rest]) =>
    source === undefined ? [column] : [column, source > gone ? source - 1 : source, ...rest];
  return {
    ...map,
    sources: map.sources.filter(kept),
    sourcesContent: map.sourcesContent?.filter(kept),
    mappings: encode(decode(map.mappings).map((line) => line.filter((s) => s[1] !== gone).map(renumbered))),
  };
}
