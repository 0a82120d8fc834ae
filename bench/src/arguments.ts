// What the bench is asked to do, from its command line.

import { resolve } from "node:path";
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
  /** Where the gateway's processor profiles go; null: none are made. */
  profileDirectory: string | null;
}

export const usage = `npm run bench -- [--quick] [--only NAME,…] [--profile DIRECTORY]

  --quick    two minutes: shorter rounds, smaller numbers
  --only     some of ${scenarioNames.join(", ")}
  --profile  the gateway's processor profiles go there; the results are not kept, since it costs time`;

/** Throws an error whose message is for the caller. */
export function parseArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: { quick: { type: "boolean", default: false }, only: { type: "string" }, profile: { type: "string" } },
  });
  const named = values.only?.split(",").map((name) => name.trim()) ?? [...scenarioNames];
  const unknown = named.filter((name) => !(scenarioNames as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.map((name) => `"${name}"`).join(", ")}.`);
  const scenarios = scenarioNames.filter((name) => named.includes(name));
  const profileDirectory = values.profile === undefined ? null : resolve(values.profile);
  return { isQuick: values.quick, scenarios, profileDirectory };
}
