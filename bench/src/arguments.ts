// What the bench is asked to do, from its command line.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ServiceUrls } from "./shared/shared-services.js";

export const scenarioNames = [
  "warm",
  "cold",
  "mutations",
  "webhooks",
  "fanout",
  "uploads",
  "startup",
  "growth",
  "shared",
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface Arguments {
  isQuick: boolean;
  /** In the order in which they run. */
  scenarios: ScenarioName[];
  /** Where the gateway's processor profiles go; null: none are made. */
  profileDirectory: string | null;
  /** Null: there is nothing to run `shared` on, and it is left out. */
  services: ServiceUrls | null;
}

export const usage = `npm run bench -- [--quick] [--only NAME,…] [--profile DIRECTORY] [--postgres URL --redis URL]

  --quick    two minutes: shorter rounds, smaller numbers
  --only     some of ${scenarioNames.join(", ")}
  --profile  the gateway's processor profiles go there; the results are not kept, since it costs time
  --postgres, --redis  servers for the scenario "shared", which is left out without them`;

/** Throws an error whose message is for the caller. */
export function parseArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      profile: { type: "string" },
      postgres: { type: "string" },
      redis: { type: "string" },
    },
  });
  const named = values.only?.split(",").map((name) => name.trim()) ?? [...scenarioNames];
  const unknown = named.filter((name) => !(scenarioNames as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.map((name) => `"${name}"`).join(", ")}.`);
  const { postgres, redis } = values;
  const services = postgres && redis ? { postgres, redis } : null;
  if (values.only && named.includes("shared") && !services) throw new Error("shared needs --postgres and --redis.");
  const scenarios = scenarioNames.filter((name) => named.includes(name) && (services || name !== "shared"));
  const profileDirectory = values.profile === undefined ? null : resolve(values.profile);
  return { isQuick: values.quick, scenarios, profileDirectory, services };
}
