// Starts the program that is in `bundled`, with what the engine made of it when it was built: to compile it took half of the
// time of a start. It is put in the program's place, with the name filled in.
import { existsSync, readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const file = fileURLToPath(new URL("bundled/MAIN_FILE", import.meta.url));
const kept = `${file}.cache`;
const require = createRequire(file);
const module = new Module(file);
module.filename = file;
// Parts that are loaded later ask for it by its name.
require.cache[file] = module;
/** An engine of another version, or with other settings, refuses what is kept and compiles anew. */
export const script = new Script(Module.wrap(readFileSync(file, "latin1")), {
  filename: file,
  ...(existsSync(kept) ? { cachedData: readFileSync(kept) } : {}),
});
script.runInThisContext().call(module.exports, module.exports, require, module, file, dirname(file));
