// Compiles product and driver to a folder of their own and runs the driver there: a build that others make or clean
// meanwhile does not disturb it.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const directory = mkdtempSync(join(tmpdir(), "payout-gateway-faults-"));
for (const name of ["node_modules", "package.json"]) symlinkSync(join(root, name), join(directory, name));
process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));

const compiler = join(root, "node_modules/typescript/bin/tsc");
const options = ["-p", join(here, "tsconfig.json"), "--noCheck", "--outDir", join(directory, "dist")];
// Nodes are killed and started by the hundred.
const node = join(directory, "dist/test/faults/gateway-child.js");
for (const args of [
  [compiler, ...options],
  [join(root, "scripts/bundle.js"), node],
]) {
  if (spawnSync(process.execPath, args, { stdio: "inherit" }).status !== 0) process.exit(1);
}

const main = join(directory, "dist/test/faults/main.js");
const driver = spawn(process.execPath, ["--enable-source-maps", main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => driver.kill(signal));
driver.on("exit", (code) => process.exit(code ?? 1));
