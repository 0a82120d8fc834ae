// Everything of a schedule that is decided beforehand, drawn from its seed.

import { type Disturbances, drawDisturbances } from "./disturbances.js";
import { drawCustomerFaults, drawPaymentFaults, drawProviderFaults, type ProviderFault } from "./provider-faults.js";
import { Random } from "./random.js";

/** What the gateway runs on. SQLite is for one node. */
export interface Setup {
  nodes: 1 | 2;
  store: "sqlite" | "postgres";
}

export interface Payment {
  key: string;
  atMs: number;
  /** One of the two sides, and how much. */
  amount: { send: string } | { receive: string };
  /** What its sendings meet, in this order. */
  faults: ProviderFault[];
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
  faults: ProviderFault[];
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

export interface Plan extends Setup, Disturbances {
  seed: number;
  activeMs: number;
  keepsMerchantReference: boolean;
  /** For so long a new payment is neither found nor listed. */
  listingDelayMs: number;
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

/** Beyond this a caller was never given a response. */
export const longestResponseMs = 30_000;

export function planSchedule(seed: number, setup: Setup): Plan {
  const { nodes } = setup;
  const random = new Random(seed);
  const activeMs = random.between(1_000, 2_200);
  const keepsMerchantReference = !random.chance(0.1);
  const moment = () => random.between(0, activeMs);
  const draw = { random: random.fork(), activeMs, keepsMerchantReference };
  const payments = drawPayments(random, seed, activeMs).map((payment) => ({
    ...payment,
    faults: drawPaymentFaults(draw, payment),
  }));
  // Some keys are used by two callers at once.
  const doubled = payments.filter(() => random.chance(0.25));
  payments.push(...doubled.map((payment) => ({ ...payment, faults: [], atMs: payment.atMs + random.between(0, 300) })));
  const customers = Array.from({ length: random.between(0, 2) }, (_, index): NewCustomer => {
    const email = `ada+${random.weighted(customerTags)}.${seed}n${index}@example.com`;
    const atMs = moment();
    const faults = drawCustomerFaults(draw, { email, atMs });
    return { key: `c${seed}-${index}`, atMs, email, faults, patienceMs: drawPatience(random) };
  });
  return {
    seed,
    ...setup,
    activeMs,
    keepsMerchantReference,
    listingDelayMs: random.chance(0.25) ? random.between(100, 900) : 0,
    rateLimit: random.weighted([[3, "400/2s"] as const, [2, "40/2s"] as const, [1, "20/2s"] as const]),
    hasHealthyStart: random.chance(0.8),
    crashAtFirst: random.chance(0.2) ? random.pick(crashPoints) : null,
    payments,
    customers,
    providerFaults: drawProviderFaults({ ...draw, random: random.fork() }),
    endings: drawEndings(random.fork(), activeMs, nodes),
    ...drawDisturbances(random.fork(), activeMs, setup),
    subscribers: Array.from({ length: nodes }, () => ({
      breaksAtMs: Array.from({ length: random.between(0, 2) }, moment),
    })),
    webhooks: random.fork(),
    clients: random.fork(),
  };
}

function drawPayments(random: Random, seed: number, activeMs: number): Omit<Payment, "faults">[] {
  return Array.from({ length: random.between(6, 12) }, (_, index) => {
    const key = `k${seed}-${index}`;
    const magic = random.weighted(notes);
    const destination = random.chance(0.2) ? "interac" : "ngnBank";
    // Few enough amounts that two payments may be alike.
    const amount = `${random.between(20, 40) * 250}.${random.between(10, 12)}`;
    return {
      key,
      atMs: random.between(0, activeMs),
      note: `${key} ${magic}`.trim(),
      destination,
      amount: random.chance(0.8) ? { send: amount } : { receive: amount },
      patienceMs: drawPatience(random),
    };
  });
}

/** Most callers lose patience; some wait for as long as a response may take. */
function drawPatience(random: Random): number {
  return random.weighted([
    [1, 250],
    [2, 900],
    [2, 4_000],
    [1, longestResponseMs],
  ]);
}

function drawEndings(random: Random, activeMs: number, nodes: number): Ending[] {
  const count = random.weighted([[3, 0] as const, [5, 1] as const, [2, 2] as const, [1, 3] as const]);
  return Array.from({ length: count }, () => ({
    atMs: random.between(0, activeMs),
    node: random.between(0, nodes - 1),
    how: random.chance(0.85) ? ("kill" as const) : ("stop" as const),
    awayMs: random.between(0, 400),
    crashAt: random.chance(0.2) ? random.pick(crashPoints) : null,
  })).sort((a, b) => a.atMs - b.atMs);
}
