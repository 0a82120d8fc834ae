// Everything of a schedule that is decided beforehand, drawn from its seed.

import { drawProviderFaults, type ProviderFault } from "./provider-faults.js";
import { Random } from "./random.js";

export type NodeCount = 1 | 2;

export interface Payment {
  key: string;
  atMs: number;
  /** The key is the first word; the provider's books keep it, whatever the gateway makes of the payment. */
  note: string;
  destination: "ngnBank" | "interac";
  /** After which a caller gives its request up and asks again. */
  patienceMs: number;
}

export interface NewCustomer {
  key: string;
  atMs: number;
  email: string;
  patienceMs: number;
}

export interface Ending {
  atMs: number;
  node: number;
  how: "kill" | "stop";
  awayMs: number;
  /** The named instruction at which the restarted node dies once more. */
  crashAt: string | null;
}

export interface Plan {
  seed: number;
  nodes: NodeCount;
  activeMs: number;
  keepsMerchantReference: boolean;
  rateLimit: string;
  hasHealthyStart: boolean;
  crashAtFirst: string | null;
  payments: Payment[];
  customers: NewCustomer[];
  providerFaults: ProviderFault[];
  endings: Ending[];
  /** When each subscriber breaks its connection off. */
  subscribers: { breaksAtMs: number[] }[];
  /** Draws for what meets a webhook on its way. */
  webhooks: Random;
  clients: Random;
}

export const crashPoints = [
  "payout-recorded",
  "payout-claimed",
  "payout-answered",
  "payout-settled",
  "payout-looked-up",
  "customer-recorded",
  "customer-answered",
  "webhook-stored",
  "webhook-claimed",
  "webhook-settled",
  "payout-absent",
  "customer-claimed",
  "customer-settled",
] as const;

const notes = [
  [40, ""],
  [6, "test-failed"],
  [5, "test-returned"],
  [6, "test-instant"],
  [5, "test-insufficient-funds"],
  [6, "test-webhook-lost"],
  [5, "test-webhook-twice"],
  [6, "test-webhook-reordered"],
  [6, "test-answer-lost"],
  [4, "test-answer-500"],
  [4, "test-error-500-once"],
  [4, "test-request-lost"],
  [3, "test-found-late"],
  [2, "test-answer-lost test-webhook-lost"],
  [2, "test-answer-lost test-webhook-reordered"],
] as const;

const customerTags = [
  [6, "pre-verified"],
  [2, "pre-verified+answer-lost"],
  [2, "pre-verified+webhook-lost"],
  [1, "pre-verified+webhook-twice"],
] as const;

export function planSchedule(seed: number, nodes: NodeCount): Plan {
  const random = new Random(seed);
  const activeMs = random.between(1_000, 2_200);
  const moment = () => random.between(0, activeMs);
  const patienceMs = () => random.weighted([[1, 250] as const, [2, 900] as const, [3, 4_000] as const]);
  const payments = Array.from({ length: random.between(6, 12) }, (_, index): Payment => {
    const key = `k${seed}-${index}`;
    const magic = random.weighted(notes);
    const destination = random.chance(0.2) ? "interac" : "ngnBank";
    return { key, atMs: moment(), note: `${key} ${magic}`.trim(), destination, patienceMs: patienceMs() };
  });
  // Some keys are used by two callers at once.
  const doubled = payments.filter(() => random.chance(0.25));
  payments.push(...doubled.map((payment) => ({ ...payment, atMs: payment.atMs + random.between(0, 300) })));
  const customers = Array.from({ length: random.between(0, 2) }, (_, index): NewCustomer => {
    const email = `ada+${random.weighted(customerTags)}.${seed}n${index}@example.com`;
    return { key: `c${seed}-${index}`, atMs: moment(), email, patienceMs: patienceMs() };
  });
  return {
    seed,
    nodes,
    activeMs,
    keepsMerchantReference: !random.chance(0.1),
    rateLimit: random.weighted([[3, "400/2s"] as const, [2, "40/2s"] as const, [1, "20/2s"] as const]),
    hasHealthyStart: random.chance(0.8),
    crashAtFirst: random.chance(0.2) ? random.pick(crashPoints) : null,
    payments,
    customers,
    providerFaults: drawProviderFaults(random.fork(), activeMs),
    endings: drawEndings(random.fork(), activeMs, nodes),
    subscribers: Array.from({ length: nodes }, () => ({
      breaksAtMs: Array.from({ length: random.between(0, 2) }, moment),
    })),
    webhooks: random.fork(),
    clients: random.fork(),
  };
}

function drawEndings(random: Random, activeMs: number, nodes: NodeCount): Ending[] {
  const count = random.weighted([[3, 0] as const, [5, 1] as const, [2, 2] as const, [1, 3] as const]);
  return Array.from({ length: count }, () => ({
    atMs: random.between(0, activeMs),
    node: random.between(0, nodes - 1),
    how: random.chance(0.85) ? ("kill" as const) : ("stop" as const),
    awayMs: random.between(0, 400),
    crashAt: random.chance(0.2) ? random.pick(crashPoints) : null,
  })).sort((a, b) => a.atMs - b.atMs);
}
