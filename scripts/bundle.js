// Puts a program as it was compiled, `dist/index.js` unless another is named, and the packages that it uses, into a few files
// in its place: to find and read a thousand took more than half of the time of a start.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: { "source-maps": { type: "boolean", default: true } },
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
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
});
const { output } = await bundle.write({
  dir: folder,
  format: "esm",
  sourcemap: values["source-maps"],
  chunkFileNames: "bundled/[name]-[hash].js",
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
