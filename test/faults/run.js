// Compiles product and driver to a folder of their own and runs the driver there: a build that others make or clean
// meanwhile does not disturb it. `--gateway PATH` takes the product's nodes from another checkout; provider and checks stay
// those of this one.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const directory = mkdtempSync(join(tmpdir(), "payout-gateway-faults-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));

const args = process.argv.slice(2);
const option = args.indexOf("--gateway");
const gateway = option === -1 ? null : resolve(args.splice(option, 2)[1] ?? "");

const env = { ...process.env };
const compiled = compile(root, join(directory, "driver"));
env.FAULTS_NODE = gateway === null ? join(compiled, "test/faults/gateway-child.js") : compileOther(gateway);
// Nodes are killed and started by the hundred. Most of what one costs is loading the product: less of it goes to the garbage
// collector in a bigger nursery.
const nodeFlags = ["--max-semi-space-size=64", "--min-semi-space-size=32"];
env.FAULTS_NODE_FLAGS = nodeFlags.join(" ");
run(process.execPath, [...nodeFlags, join(root, "scripts/bundle.js"), env.FAULTS_NODE]);
buildFaultyDisk();

const main = join(compiled, "test/faults/main.js");
const driver = spawn(process.execPath, ["--enable-source-maps", main, ...args], { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => driver.kill(signal));
driver.on("exit", (code) => process.exit(code ?? 1));

/** Answers where the compiled files are. */
function compile(from, to) {
  mkdirSync(to);
  for (const name of ["node_modules", "package.json"]) {
    const linked = existsSync(join(from, name)) ? from : root;
    symlinkSync(join(linked, name), join(to, name));
  }
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const project = join(from, "test/faults/tsconfig.json");
  run(process.execPath, [compiler, "-p", project, "--noCheck", "--outDir", join(to, "dist")]);
  return join(to, "dist");
}

/** The other checkout's product, with this one's way to start it. */
function compileOther(checkout) {
  const copy = join(directory, "other");
  mkdirSync(join(copy, "test/faults"), { recursive: true });
  for (const name of ["src", "package.json", "tsconfig.json"]) {
    cpSync(join(checkout, name), join(copy, name), { recursive: true });
  }
  for (const name of readdirSync(here).filter((file) => /^(gateway-child|shifted-clock|tsconfig)\./.test(file))) {
    cpSync(join(here, name), join(copy, "test/faults", name));
  }
  const modules = existsSync(join(checkout, "node_modules")) ? checkout : root;
  symlinkSync(join(modules, "node_modules"), join(copy, "node_modules"));
  return join(compile(copy, join(directory, "node")), "test/faults/gateway-child.js");
}

/** Disks of SQLite fail by a library that is loaded into the nodes. Without a C compiler they do not. */
function buildFaultyDisk() {
  const library = join(directory, "faulty-disk.so");
  const source = join(here, "faulty-disk.c");
  if (spawnSync("cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]).status !== 0) return;
  env.FAULTS_DISK_LIBRARY = library;
  env.FAULTS_DISK_DIRECTORY = join(directory, "disks");
  mkdirSync(env.FAULTS_DISK_DIRECTORY);
}

function run(command, commandArgs) {
  if (spawnSync(command, commandArgs, { stdio: "inherit" }).status !== 0) process.exit(1);
}
