// What the bench is asked to do, from its command line.

import { parseArgs } from "node:util";

export const scenarioNames = [
  "warm",
  "cold",
  "mutations",
  "webhooks",
  "fanout",
  "uploads",
  "startup",
  "growth",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface Arguments {
  isQuick: boolean;
  /** In the order in which they run. */
  scenarios: ScenarioName[];
}

export const usage = `npm run bench -- [--quick] [--only NAME,…]

  --quick  two minutes: shorter rounds, smaller numbers
  --only   some of ${scenarioNames.join(", ")}`;

/** Throws an error whose message is for the caller. */
export function parseArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
  });
  const named = values.only?.split(",").map((name) => name.trim()) ?? [...scenarioNames];
  const unknown = named.filter((name) => !(scenarioNames as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.map((name) => `"${name}"`).join(", ")}.`);
  return { isQuick: values.quick, scenarios: scenarioNames.filter((name) => named.includes(name)) };
}
