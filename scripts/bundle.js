// Puts the gateway as it was compiled, and the packages that it uses, into a few files, in the place of `dist/index.js`: to
// find and read a thousand took more than half of the time of a start.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: { "source-maps": { type: "boolean", default: true } },
});
const dist = positionals[0] ?? fileURLToPath(new URL("../dist", import.meta.url));

const bundle = await rolldown({
  input: join(dist, "index.js"),
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
await bundle.write({
  dir: dist,
  format: "esm",
  sourcemap: values["source-maps"],
  chunkFileNames: "bundled/[name]-[hash].js",
});
await bundle.close();
