// A name that is misspelt sets nothing, and nobody would hear of it.

import { fileNames } from "./config-files.js";
import type { Environment } from "./config-mistakes.js";
import { aloneSchema, gatewaySchema } from "./config-names.js";

const prefixes = ["PROVIDER_", "AUTH_", "WEBHOOK_", "LIMIT_", "SANDBOX_"];
const furthest = 4;

/** A sentence for each name that looks like one of ours, and is none. */
export function unknownNames(environment: Environment): string[] {
  const known = [
    ...Object.keys({ ...gatewaySchema.shape, ...aloneSchema.shape }),
    ...fileNames.map((name) => `${name}_FILE`),
  ];
  return Object.keys(environment)
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)) && !known.includes(name))
    .map((name) => {
      const [nearest] = known
        .map((each) => ({ each, steps: distance(name, each) }))
        .filter(({ steps }) => steps <= furthest)
        .sort((a, b) => a.steps - b.steps);
      return `${name} is no setting, and is not read.${nearest ? ` Is it ${nearest.each}?` : ""}`;
    });
}

/** How many letters have to be put in, left out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, wanted] of [...to].entries()) {
      const change = (row[column] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
