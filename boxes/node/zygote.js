// The zygote of every node box: warms the engines it is given and hands itself
// to the shim, which forks a cell from it for every job. Nothing below may
// leave a timer or a thread running: a cell has no event loop and one thread.
//
// An adapter is an object, or several in an array:
//
//   language          its id in internal/lang
//   engine, versions  as they are reported; versions[0] is the default
//   preload()         makes ready what can be made ready, once, in the zygote
//   compile(source, options, job)
//                     returns { output, sourceMap, warnings } or a promise of
//                     it, or throws. options are the caller's that differ from
//                     the defaults; job is { locals, files, version }, files a
//                     Map of sources by name
//   diagnose(error, source)
//                     turns what compile threw into a diagnostic or several
//   often             whether most requests to its box are for it
//   samples           [source, options, files] to warm it with: the first one
//                     compiles, the others include errors
//
// A diagnostic is { message, line, column, endLine, endColumn, code, file,
// severity }, all but the message optional. Lines and columns count from 1.
import { createRequire } from "node:module";
import { getHeapSpaceStatistics } from "node:v8";
import { toDiagnostics } from "./diagnosis.js";
import { random, reseed } from "./random.js";
import { hush } from "./silence.js";

const shim = createRequire("/fumehood/")("/fumehood/fumehood.node");

// How often each sample is compiled before the heap is tidied, and after, and
// how often the first ones, which are of what is usual, are then compiled again.
// What V8 learns of the code in these rounds no cell has to learn again; a full
// collection makes it forget some.
const ROUNDS_BEFORE = 1;
const ROUNDS_AFTER = 1;
const ROUNDS_OF_THE_USUAL = 2;

// Bytes; less than one of the parts that V8's nursery is made of.
const EMPTY = 64 * 1024;

export function serve(listed) {
  const adapters = listed.flat();
  const byLanguage = new Map(adapters.map((a) => [a.language, a]));
  hush();
  Math.random = random;
  // source-map-js makes a function anew from its text, into which the bundler
  // has put a call of its own helper.
  globalThis.__name = (f) => f;
  process.reallyExit = shim.exit;
  for (const adapter of adapters) adapter.preload?.();

  // Answers what binding.c expects.
  function compile(language, version, options, locals, source, files, seed) {
    reseed(seed);
    const adapter = byLanguage.get(language);
    try {
      const job = { locals: JSON.parse(locals), files: new Map(files), version: version || adapter.versions[0] };
      const { output, sourceMap, warnings } = settle(adapter.compile(source, JSON.parse(options), job));
      return [true, String(output), sourceMap ? String(sourceMap) : "", toDiagnostics(warnings ?? [], "warning")];
    } catch (error) {
      return [false, "", "", explain(adapter, error, source)];
    }
  }

  const warm = (language, [source, options = {}, files = {}]) =>
    compile(language, "", JSON.stringify(options), "{}", source, Object.entries(files), [1, 2, 3, 4]);
  for (const { language, samples } of adapters) {
    const [ok, , , said] = warm(language, samples[0]);
    if (!ok) throw new Error(`the first sample of ${language} does not compile: ${said[0]?.[7]}`);
  }
  const warmAll = (rounds, last) => {
    for (let i = 0; i < rounds; i++)
      for (const { language, samples } of adapters) for (const sample of samples.slice(0, last)) warm(language, sample);
  };
  const collect = globalThis.gc;
  delete globalThis.gc;
  warmAll(ROUNDS_BEFORE);
  collect({ type: "major", flavor: "last-resort" });
  warmAll(ROUNDS_AFTER);
  warmAll(ROUNDS_OF_THE_USUAL, 1);
  const engines = new Map();
  for (const a of adapters) for (const v of a.versions) engines.set(`${a.engine}@${v}`, [a.engine, v]);
  // What half of the rehearsals use, every cell of the box is given.
  const rehearsals = adapters.flatMap(({ language, samples, often }) =>
    Array(often ? 2 : 1).fill(() => warm(language, samples[0])),
  );

  // What is young is moved twice before it counts as old. The nursery is empty
  // then, and a cell gets a new one.
  shim.findNursery();
  collect({ type: "minor" });
  collect({ type: "minor" });
  const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
  shim.serve([...engines.values()], rehearsals, compile, young.space_used_size < EMPTY);
}

// What a template throws may be made to throw again when it is looked at.
function explain(adapter, error, source) {
  try {
    return toDiagnostics(adapter.diagnose(error, source), "error");
  } catch {
    return toDiagnostics({ message: "the compile failed with an error that cannot be read" }, "error");
  }
}

// The value of a promise that needs no more than microtasks to settle. Node
// runs them between events, of which a cell has none: run them by hand.
function settle(value) {
  if (typeof value?.then !== "function") return value;
  let settled;
  value.then(
    (result) => (settled = { result }),
    (error) => (settled = { error }),
  );
  process._tickCallback();
  if (!settled) throw new Error("the compile waits for something that never comes, such as a timer");
  if ("error" in settled) throw settled.error;
  return settled.result;
}
