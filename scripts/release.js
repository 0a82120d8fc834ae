// npm run release -- 0.2.0 [--dry-run] [--offline]
// Makes the package of a version in release/, tries it in an empty folder, and commits and tags. A dry run does not commit
// or tag. Offline, the tried package takes its dependencies from this checkout instead of the registry. A release that
// fails leaves the checkout as it was.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { releasedChangelog } from "./release/changelog.js";
import { faultsOfPackage } from "./release/check-package.js";
import { installFromCheckout, installFromRegistry } from "./release/install-package.js";
import { tryPackage } from "./release/try-package.js";

const changed = ["CHANGELOG.md", "package.json", "package-lock.json"];
const output = "release";
const run = (program, ...args) =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "dry-run": { type: "boolean", default: false }, offline: { type: "boolean", default: false } },
  });
  const [version = ""] = positionals;
  const isDry = values["dry-run"];
  checkVersion(version);
  checkTree(version, isDry);
  const before = new Map(changed.map((path) => [path, readFileSync(path)]));
  const restore = () => {
    for (const [path, bytes] of before) writeFileSync(path, bytes);
  };
  try {
    await makePackage(version, values.offline);
    if (!isDry) commit(version);
  } catch (error) {
    restore();
    throw error;
  }
  if (isDry) restore();
  console.log(
    isDry ? "Not committed: this was a dry run." : `Committed and tagged; publish it by: git push --follow-tags`,
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function checkVersion(version) {
  const numbersOf = (text) => /^(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number);
  const wanted = numbersOf(version);
  if (!wanted) throw new Error("Usage: npm run release -- VERSION [--dry-run] [--offline], e.g. 0.2.0");
  const { version: present } = JSON.parse(readFileSync("package.json", "utf8"));
  const at = wanted.findIndex((number, index) => number !== numbersOf(present)[index]);
  if (at < 0 || wanted[at] < numbersOf(present)[at]) throw new Error(`${version} is not above ${present}.`);
}

function checkTree(version, isDry) {
  if (run("git", "status", "--porcelain") !== "") throw new Error("The checkout has changes: commit them first.");
  const branch = run("git", "branch", "--show-current").trim();
  if (branch !== "main" && !isDry) throw new Error(`Releases are made on main, not on ${branch || "no branch"}.`);
  if (run("git", "tag", "--list", `v${version}`) !== "") throw new Error(`There is a tag v${version} already.`);
}

async function makePackage(version, isOffline) {
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync("CHANGELOG.md", releasedChangelog(readFileSync("CHANGELOG.md", "utf8"), version, today));
  run("npm", "version", version, "--no-git-tag-version", "--ignore-scripts");
  mkdirSync(output, { recursive: true });
  const name = join(process.cwd(), output, `payout-gateway-${version}`);
  writeFileSync(`${name}.cdx.json`, billOfMaterials());
  // It builds first: see prepack.
  run("npm", "pack", "--silent", "--pack-destination", output);
  console.log(`Packed ${name}.tgz, with ${name}.cdx.json.`);

  const folder = mkdtempSync(join(tmpdir(), "payout-gateway-release-"));
  try {
    const installed = isOffline
      ? installFromCheckout(`${name}.tgz`, folder, process.cwd())
      : installFromRegistry(`${name}.tgz`, folder);
    const faults = faultsOfPackage(installed);
    if (faults.length > 0) throw new Error(`The package is not right:\n  ${faults.join("\n  ")}`);
    await tryPackage({ folder, version, tell: console.log });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** npm calls the product after the folder that it lies in. */
function billOfMaterials() {
  const bill = JSON.parse(run("npm", "run", "--silent", "sbom"));
  bill.metadata.component.name = "payout-gateway";
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function commit(version) {
  run("git", "add", ...changed);
  run("git", "commit", "--quiet", "--message", `chore(release): ${version}`);
  run("git", "tag", "--annotate", `v${version}`, "--message", `payout-gateway ${version}`);
}
