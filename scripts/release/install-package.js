// A packed package in an empty folder, as whoever uses it has it.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const options = { stdio: ["ignore", "ignore", "inherit"] };

/** Answers the folder that the package is in. */
export function installFromRegistry(tarball, folder) {
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags, tarball], { cwd: folder, ...options });
  return join(folder, "node_modules/payout-gateway");
}

/**
 * The same without a network: what package.json names as a dependency is taken from a checkout, and nothing else is there.
 * Stricter than the registry's way, where what is not named may lie there by chance.
 */
export function installFromCheckout(tarball, folder, checkout) {
  const modules = join(folder, "node_modules");
  const installed = join(modules, "payout-gateway");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], options);
  const { bin, dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(checkout, "node_modules", name), join(modules, name));
  }
  mkdirSync(join(modules, ".bin"));
  for (const [name, path] of Object.entries(bin)) {
    chmodSync(join(installed, path), 0o755);
    symlinkSync(join("..", "payout-gateway", path), join(modules, ".bin", name));
  }
  return installed;
}
