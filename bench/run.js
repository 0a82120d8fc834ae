// Installs the bench's own packages where they are missing, builds the product and the bench, and runs it.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

// npm writes this file last: without it an installation was broken off.
if (!existsSync(join(here, "node_modules/.package-lock.json"))) {
  console.log("Installing the packages of the bench.");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], here);
}
run("npm", ["run", "--silent", "build"], root);
rmSync(join(here, "dist"), { recursive: true, force: true });
run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", here, "--noCheck"], root);

const bench = spawn(process.execPath, ["--enable-source-maps", join(here, "dist/main.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => bench.kill(signal));
bench.on("exit", (code) => process.exit(code ?? 1));
