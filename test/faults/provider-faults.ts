// What the provider does to the gateway's requests, in the words of the sandbox's fault script.

import type { SandboxFault } from "../../src/sandbox/sandbox.js";
import type { Random } from "./random.js";

export interface ProviderFault {
  atMs: number;
  /** For the count. */
  name: string;
  fault: SandboxFault;
}

const routes = [
  [50, "POST /payout"],
  [18, "GET /transaction/{id}"],
  [8, "POST /customer"],
  [5, "GET /customer"],
  [4, "GET /customer/{id}"],
  [3, "POST /oauth/token"],
  [3, "POST /transaction"],
  [3, "GET /webhook-logs"],
  [6, "*"],
] as const;

const page = "<html><body>Bad Gateway</body></html>";
const torn = '{"message":"Payout Initiated Successfully.","transaction":{"id":"7f';

type Kind = (random: Random) => SandboxFault extends infer F ? (F extends unknown ? Omit<F, "route"> : never) : never;

type NamedKind = readonly [name: string, kind: Kind];

const told429: NamedKind = [
  "429 with headers",
  () => ({ kind: "answer", status: 429, headers: { "retry-after": "1" } }),
];
// A payout that meets it waits for the provider's whole window, a minute: that is tried, but rarely.
const bare429: NamedKind = ["429 without headers", () => ({ kind: "answer", status: 429 })];

const kinds: readonly (readonly [weight: number, NamedKind])[] = [
  [10, ["delay", (random) => ({ kind: "delay", delayMs: random.between(20, 1_000) })]],
  [4, told429],
  [3, bare429],
  [7, ["500 before", () => ({ kind: "answer", when: "before", status: 500 })]],
  [10, ["500 after", () => ({ kind: "answer", when: "after", status: 500 })]],
  [3, ["503 before", () => ({ kind: "answer", when: "before", status: 503 })]],
  [7, ["reset before", () => ({ kind: "reset", when: "before" })]],
  [12, ["reset after", () => ({ kind: "reset", when: "after" })]],
  [4, ["garbage before", () => ({ kind: "answer", when: "before", status: 200, body: page })]],
  [6, ["garbage after", () => ({ kind: "answer", when: "after", status: 200, body: torn })]],
  [4, ["hang before", () => ({ kind: "hang", when: "before" })]],
  [6, ["hang after", () => ({ kind: "hang", when: "after" })]],
];

/** Whether a payout may have to wait for a minute. */
export function holdsPayoutsUp({ name, fault }: ProviderFault): boolean {
  return name === bare429[0] && meansPayouts(fault.route);
}

function meansPayouts(route: string): boolean {
  return route === "POST /payout" || route === "*";
}

export function drawProviderFaults(random: Random, activeMs: number): ProviderFault[] {
  const faults = Array.from({ length: random.between(3, 12) }, (): ProviderFault => {
    const route = random.weighted(routes);
    const drawn = random.weighted(kinds);
    const [name, kind] = drawn === bare429 && meansPayouts(route) && !random.chance(0.02) ? told429 : drawn;
    const fault = { ...kind(random), route } as SandboxFault;
    return { atMs: random.between(0, activeMs), name, fault };
  });
  // An outage: so many requests in a row that the gateway gives up calling for a while.
  if (random.chance(0.1)) {
    const fault: SandboxFault = { route: "*", kind: "answer", status: 503, times: random.between(5, 12) };
    faults.push({ atMs: random.between(0, activeMs), name: "outage", fault });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}
