// Twig forgets where it is when it throws, and has no warnings. With its core
// patched, both can be known.

const UNCLOSED = /^Unable to find an end tag/;
const OFFSET = / opened near template position (\d+)$/;

// Of the one compile: what it was warned of, and the file and the offset in it
// by error, of the innermost tag it was at.
let seen;
// While a template is read: where the tag begins that is being read, and the
// tags that are open.
let tag;
let open;

// Patches the core, once.
export function watch(core) {
  watchReading(core);
  watchRunning(core);
}

// Forgets the compile before; what is returned fills up as the next one runs.
export function seenFromNow() {
  seen = { warnings: [], places: new WeakMap() };
  return seen;
}

function watchReading(core) {
  // Some errors are thrown without "new", and would be undefined.
  core.Error = new Proxy(core.Error, { apply: (Class, _this, args) => new Class(...args) });

  const { prepare } = core;
  core.prepare = function (data) {
    tag = undefined;
    open = [];
    try {
      return prepare.call(this, data);
    } catch (error) {
      if (UNCLOSED.test(error.message)) tag = open.at(-1);
      blame(error, this.path, Number(OFFSET.exec(error.message)?.[1] ?? tag));
      throw error;
    }
  };
  const compileExpression = core.expression.compile;
  core.expression.compile = function (token) {
    tag = token.position?.start ?? tag;
    return compileExpression.call(this, token);
  };
  const compileLogic = core.logic.compile;
  core.logic.compile = function (token) {
    tag = token.position.start;
    const logic = compileLogic.call(this, token);
    const { type, match } = logic;
    const { open: opens, next } = core.logic.handler[type];
    if (type === core.logic.type.deprecated)
      seen.warnings.push({
        message: `Deprecation notice: ${match[1]}`,
        code: "deprecated",
        place: { path: this.path, offset: tag },
      });
    if (opens === false && open.length === 0) throw new core.Error(`${type} not expected here`);
    if (opens === false) open.pop();
    if (next.length > 0) open.push(tag);
    return logic;
  };
}

function watchRunning(core) {
  // A layout is loaded by the tag that names it, not when nobody knows any
  // more where that was.
  const handler = core.logic.handler[core.logic.type.extends_];
  const extend = handler.parse;
  handler.parse = function (...given) {
    return extend.apply(this, given).then((result) => {
      if (typeof this.template.parentTemplate === "string") this.template.importFile(this.template.parentTemplate);
      return result;
    });
  };

  const blamed = (parse) =>
    function (tokens, ...rest) {
      const failed = (error) => {
        blame(error, this.template.path, [tokens].flat()[0]?.position?.start);
        throw error;
      };
      try {
        const result = parse.call(this, tokens, ...rest);
        return core.isPromise(result) ? result.catch(failed) : result;
      } catch (error) {
        return failed(error);
      }
    };
  core.expression.parse = blamed(core.expression.parse);
  core.logic.parse = blamed(core.logic.parse);
}

// The first to be blamed is the innermost.
function blame(error, path, offset) {
  const { places } = seen;
  if (path !== undefined && offset >= 0 && !places.has(Object(error))) places.set(Object(error), { path, offset });
}
