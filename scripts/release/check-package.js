// What must be in the package, and what must not.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";

export const needed = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "dist/cli.js",
  "dist/dashboard/index.html",
  "dist/index.js",
  "docs/configuration.md",
  "docs/operations/runbook.md",
  "ops/backup.js",
  "ops/health.js",
  "ops/restore.js",
  "package.json",
  "schema.graphql",
];
const folders = ["dist/", "docs/", "ops/"];
const unwanted = /(^|\/)\.|\.(ts|map|tgz|log|db|pem|key)$|(^|\/)(test|src|node_modules|data)\//;
const imports = /(?:^(?:import|export|\}).*?\bfrom |^import |\bimport\()"([^."\s][^"\s]*)"/gm;
const secrets = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bpgk_\w{40,}|_authToken/;

/** A sentence for each fault of the package that lies unpacked in the folder. */
export function faultsOfPackage(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const isKnown = (path) => needed.includes(path) || folders.some((each) => path.startsWith(each));
  return [
    ...needed.filter((path) => !paths.includes(path)).map((path) => `${path} is missing.`),
    ...paths.filter((path) => !isKnown(path) || unwanted.test(path)).map((path) => `${path} does not belong there.`),
    ...paths.flatMap((path) => faultsOfText(folder, path)),
    ...undeclaredImports(folder, paths),
  ];
}

function faultsOfText(folder, path) {
  const text = readFileSync(join(folder, path), "latin1");
  const faults = secrets.test(text) ? [`${path} holds what looks like a secret.`] : [];
  const map = /^\/\/# sourceMappingURL=(.*)$/m.exec(text)?.[1];
  if (map && !existsSync(join(folder, dirname(path), map)))
    faults.push(`${path} names a source map that is not there.`);
  return faults;
}

/** Also what is loaded only where it is wanted, which no trial may come upon. */
function undeclaredImports(folder, paths) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8") || "{}");
  // Bundles hold the same once more, and other packages' own text.
  const isOurs = (path) => path.endsWith(".js") && !/^dist\/(dashboard\/|index\.js)/.test(path);
  return paths.filter(isOurs).flatMap((path) =>
    [...readFileSync(join(folder, path), "utf8").matchAll(imports)]
      .map(([, specifier]) => /^(@[^/]+\/)?[^/]+/.exec(specifier)[0])
      .filter((name) => !isBuiltin(name) && !(name in dependencies))
      .map((name) => `${path} imports ${name}, which is not among the dependencies.`),
  );
}
