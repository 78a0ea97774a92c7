// The warm server without walls that many sites have: an engine behind Node's
// own HTTP server. POST /LANGUAGE takes {"markup"} and answers {"success", "html"}.
// It prints the address that it listens on.
import http from "node:http";

const engines = {
  async pug() {
    const { default: pug } = await import("pug");
    return (source) => pug.render(source);
  },
  async markdown() {
    const { default: markdownIt } = await import("markdown-it");
    const md = markdownIt();
    return (source) => md.render(source);
  },
  async scss() {
    const { default: sass } = await import("sass");
    return (source) => sass.compileString(source).css;
  },
  async sass() {
    const { default: sass } = await import("sass");
    return (source) => sass.compileString(source, { syntax: "indented" }).css;
  },
  async less() {
    const { default: less } = await import("less");
    return async (source) => (await less.render(source)).css;
  },
  async stylus() {
    const { default: stylus } = await import("stylus");
    return (source) => stylus.render(source);
  },
  async postcss() {
    const { default: postcss } = await import("postcss");
    // Without plugins a processor would not even parse.
    return (source) => postcss.parse(source).toString();
  },
  async coffeescript() {
    const { default: coffee } = await import("coffeescript");
    return (source) => coffee.compile(source);
  },
  async livescript() {
    const { default: livescript } = await import("livescript");
    return (source) => livescript.compile(source);
  },
  async typescript() {
    const { default: ts } = await import("typescript");
    return (source) => ts.transpileModule(source, {}).outputText;
  },
  async babel() {
    const { default: babel } = await import("@babel/standalone");
    return (source) => babel.transform(source, { presets: ["env", "react"] }).code;
  },
};

const language = process.argv[2];
const compile = await engines[language]();

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const { markup } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return { success: true, html: await compile(markup) };
  } catch (error) {
    return { success: false, error: String(error.message) };
  }
}

const server = http.createServer(async (request, response) => {
  const body = JSON.stringify(await answer(request));
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
