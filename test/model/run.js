// Compiles the product and the model to a folder of their own and runs the model there: a build that others make or
// clean meanwhile does not disturb it.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const replays = argumentOf("--replay");
// Replays need the whole gateway and what its tests start it with.
if (replays !== null) process.exit(replay(replays, argumentOf("--seed") ?? "1"));

const directory = mkdtempSync(join(tmpdir(), "payout-gateway-model-"));
for (const name of ["node_modules", "package.json"]) symlinkSync(join(root, name), join(directory, name));
process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));

const compiler = join(root, "node_modules/typescript/bin/tsc");
const options = ["-p", join(here, "tsconfig.json"), "--noCheck", "--outDir", join(directory, "dist")];
if (spawnSync(process.execPath, [compiler, ...options], { stdio: "inherit" }).status !== 0) process.exit(1);

const main = join(directory, "dist/test/model/main.js");
const driver = spawn(process.execPath, ["--enable-source-maps", main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => driver.kill(signal));
driver.on("exit", (code) => process.exit(code ?? 1));

function argumentOf(option) {
  const index = process.argv.indexOf(option);
  return index === -1 ? null : (process.argv[index + 1] ?? "");
}

function replay(count, seed) {
  const jest = ["--experimental-vm-modules", "--no-warnings", join(root, "node_modules/jest/bin/jest.js")];
  const env = { ...process.env, TEST_MODEL_REPLAYS: count, TEST_MODEL_SEED: seed, REQUIRE_SERVICES: "1" };
  const options = { cwd: root, stdio: "inherit", env };
  return spawnSync(process.execPath, [...jest, "test/model/replay.test.ts"], options).status ?? 1;
}
