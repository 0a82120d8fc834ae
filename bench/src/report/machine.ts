// What the numbers were measured on and with. Neither the machine's name nor a path of it.

import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";

const tmpfs = 0x01021994;
const packages = [
  "@apollo/server",
  "type-graphql",
  "@apollo/datasource-rest",
  "mercurius",
  "graphql-yoga",
  "@envelop/graphql-jit",
  "graphql-jit",
  "@graphql-hive/gateway-runtime",
  "graphql",
  "ws",
  "undici",
];

export async function describeMachine(directory: string): Promise<string[]> {
  const processors = cpus();
  const isMemory = (await statfs(directory)).type === tmpfs;
  return [
    `Machine: ${processors.length} × ${processors[0]?.model.trim() ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, databases ${isMemory ? "in memory: what a disk costs is not in the numbers" : "on a disk"}.`,
    `Node ${process.versions.node}. ${packages.map((name) => `${name} ${versionOf(name)}`).join(", ")}.`,
  ];
}

export function load(): string {
  return loadavg()[0]?.toFixed(1) ?? "unknown";
}

/** Not by `import`: several packages keep others from reading their package.json. */
function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
