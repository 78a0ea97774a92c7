// The blocks of a component that cannot be compiled here, being in another language
// or in a file of their own. Elsewhere a build tool sees to them.

// What may be written in a block without a compiler of its own.
const LANGUAGES = { template: ["html"], script: ["js"], style: ["css"] };

// Says of a block that needs what is not here that it does.
export function foreign(block, source) {
  const { type, lang, src, module, loc } = block;
  const because = (what) => [
    { message: `<${type} ${what}`, ...position(source, source.lastIndexOf(`<${type}`, loc.start.offset)) },
  ];
  if (src) return because(`src="${src}"> cannot be read: there are no files here`);
  if (lang && !LANGUAGES[type].includes(lang))
    return because(`lang="${lang}"> needs a compiler that is not part of Vue's: compile it on its own first`);
  if (module) return because("module> is not known to Vue's compiler outside a build tool: use <style scoped>");
  return [];
}

function position(source, offset) {
  const before = source.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1).length + 1 };
}
