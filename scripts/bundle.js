// Puts a program as it was compiled, `dist/index.js` unless another is named, and the packages that it uses, into a few files
// beside it, and a launcher in its place: to find and read a thousand took more than half of the time of a start.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    "source-maps": { type: "boolean", default: true },
    // What the engine compiles is kept for this version of it alone.
    "compiled-code": { type: "boolean", default: true },
  },
});
const program = positionals[0] ?? fileURLToPath(new URL("../dist/index.js", import.meta.url));
const folder = dirname(program);

const bundle = await rolldown({
  input: program,
  platform: "node",
  // They load files of their own: native code, or what runs in another thread. Or few who start need them.
  external: ["better-sqlite3", "pino", "pino-pretty", "pg", "ioredis", /^@graphql-yoga\/render-graphiql/],
  // As Node would resolve them for `require`: a package that comes as two kinds of modules, and is asked for in both
  // ways, must not be there twice. `graphql` refuses its own types then.
  resolve: { mainFields: ["main"], conditionNames: ["node", "require", "default"] },
  // Of the program, not of the file that it was put into.
  transform: { define: { "import.meta.url": "programUrl" } },
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
});
const { output } = await bundle.write({
  dir: folder,
  format: "cjs",
  // A script that is run from what is kept of it may not import.
  dynamicImportInCjs: false,
  sourcemap: values["source-maps"],
  entryFileNames: "bundled/[name]-[hash].cjs",
  chunkFileNames: "bundled/[name]-[hash].cjs",
  banner: `const programUrl = require("node:url").pathToFileURL(require("node:path").join(__dirname, "..", ${JSON.stringify(basename(program))})).href;`,
});
await bundle.close();

// What an earlier build left there, and no longer is a part.
const written = new Set(output.map(({ fileName }) => join(folder, fileName)));
for (const name of readdirSync(join(folder, "bundled"))) {
  const file = join(folder, "bundled", name);
  if (!written.has(file)) rmSync(file);
}

// One letter beyond ASCII in a file, and the engine keeps and reads all of it at two bytes a letter.
for (const { type, fileName } of output) {
  if (type !== "chunk") continue;
  const file = join(folder, fileName);
  const text = readFileSync(file, "utf8");
  // Behind a backslash it would become something else.
  if (/\\[^\0-\x7f]/.test(text)) throw new Error(`${fileName} has a letter beyond ASCII behind a backslash.`);
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  writeFileSync(file, text.replace(/[^\0-\x7f]/g, escaped));
}

const main = output.find(({ isEntry }) => isEntry).fileName;
const launcher = readFileSync(new URL("launcher.js", import.meta.url), "utf8");
writeFileSync(program, launcher.replace("MAIN_FILE", basename(main)));
if (values["compiled-code"]) {
  const keepCode = fileURLToPath(new URL("keep-code.js", import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), "payout-gateway-code-"));
  const port = await freePort();
  const args = [keepCode, program, `${join(folder, main)}.cache`, `http://127.0.0.1:${port}`];
  try {
    // Whatever is set for the build is not for this gateway.
    const env = {
      PORT: String(port),
      SANDBOX_PORT: "0",
      SANDBOX_STATE_FILE: join(directory, "sandbox.db"),
      DATABASE_URL: `sqlite:${join(directory, "gateway.db")}`,
      LOG_LEVEL: "error",
    };
    // The engine refuses what was compiled under other flags than those that it is started with.
    execFileSync(process.execPath, [...process.execArgv, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
