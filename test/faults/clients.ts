// Callers of the gateway that want an answer: on any error or lost connection they ask again with the same key, on
// whichever node there is.

import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.js";
import type { CallOutcome, CustomerCall, History } from "./history.js";
import type { NewCustomer, Payment } from "./plan.js";
import type { Random } from "./random.js";

export interface ClientParts {
  cluster: Cluster;
  history: History;
  random: Random;
  /** When they give up, on the schedule's clock. */
  untilMs: () => number;
}

interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape was asked for
  data?: any;
  errors?: { message: string; extensions?: { code?: string } }[];
}

const wallets = {
  ngnBank: { walletId: "71d0a9c2-0001-4a6e-b0f1-000000000566", sourceCurrency: "NGN" },
  interac: { walletId: "71d0a9c2-0002-4a6e-b0f1-000000000124", sourceCurrency: "CAD" },
};
const destinations = {
  ngnBank: { ngnBank: { bankId: "1", accountNumber: "0222500691" } },
  interac: { interac: { email: "mary@example.com", firstName: "Mary", lastName: "Major" } },
};

const createPayout = `mutation ($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id status transactionId } replayed userErrors { field code message } }
}`;
const createCustomer = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id status } replayed userErrors { field code message } }
}`;

export async function ask(
  url: string,
  query: string,
  variables: Record<string, unknown>,
  withinMs: number,
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(withinMs),
  });
  return (await response.json()) as GraphqlAnswer;
}

const payoutById = `query ($id: ID!) {
  payout(id: $id) { id status transactionId amount { amount currency } }
}`;

/** What the gateway shows of a payout, whoever asks. */
export async function readPayout(url: string, id: string): Promise<{ status: string; transactionId: string | null }> {
  const { data, errors } = await ask(url, payoutById, { id }, 10_000);
  if (errors || !data.payout) throw new Error(`Payout ${id} cannot be read: ${JSON.stringify(errors ?? null)}`);
  return data.payout;
}

export function payoutInput({ key, note, destination, amount }: Payment, customerId: string) {
  return {
    idempotencyKey: key,
    customerId,
    amount,
    note,
    ...wallets[destination],
    destination: destinations[destination],
  };
}

/** One call, on a node that serves at the moment; null where there is none. */
export async function callPayout(
  { cluster, history, random }: ClientParts,
  payment: Payment,
  customerId: string,
): Promise<CallOutcome | null> {
  const live = cluster.live();
  if (live.length === 0) return null;
  const { node, url } = random.pick(live);
  const atMs = history.nowMs;
  const input = payoutInput(payment, customerId);
  const outcome = await outcomeOf(ask(url, createPayout, { input }, payment.patienceMs), ({ createPayout }) =>
    createPayout.payout
      ? {
          kind: "answered" as const,
          payoutId: createPayout.payout.id,
          status: createPayout.payout.status,
          transactionId: createPayout.payout.transactionId,
          isReplay: createPayout.replayed,
        }
      : refused(createPayout.userErrors),
  );
  const { key, patienceMs } = payment;
  history.calls.push({ key, atMs, node, tookMs: history.nowMs - atMs, patienceMs, outcome });
  return outcome;
}

/** Answers whether the caller got a word that it can go by. */
export async function pay(parts: ClientParts, payment: Payment, customerId: string): Promise<boolean> {
  return insist(parts, () => callPayout(parts, payment, customerId));
}

/** The customer's id; "refused" where the provider refused to make one, null where nobody answered. */
export async function makeCustomer(parts: ClientParts, customer: NewCustomer): Promise<string | "refused" | null> {
  const { cluster, history, random } = parts;
  let customerId: string | "refused" | null = null;
  await insist(parts, async () => {
    const live = cluster.live();
    if (live.length === 0) return null;
    const { key, email, patienceMs } = customer;
    const atMs = history.nowMs;
    const outcome: CustomerCall["outcome"] = await outcomeOf(
      ask(random.pick(live).url, createCustomer, { input: customerInput(customer) }, patienceMs),
      ({ createCustomer }) =>
        createCustomer.customer
          ? { kind: "answered" as const, customerId: createCustomer.customer.id as string }
          : refused(createCustomer.userErrors),
    );
    if (outcome.kind === "answered") customerId = outcome.customerId;
    if (outcome.kind === "refused") customerId = "refused";
    history.customerCalls.push({ key, email, atMs, tookMs: history.nowMs - atMs, patienceMs, outcome });
    return outcome;
  });
  return customerId;
}

function customerInput({ key, email }: NewCustomer) {
  return {
    idempotencyKey: key,
    type: "INDIVIDUAL",
    firstName: "Ada",
    lastName: "Obi",
    email,
    country: "NG",
    idType: "PASSPORT",
    idNumber: `A${key}`,
  };
}

async function insist(
  { history, random, untilMs }: ClientParts,
  call: () => Promise<{ kind: CallOutcome["kind"] } | null>,
): Promise<boolean> {
  while (history.nowMs < untilMs()) {
    const outcome = await call();
    if (outcome?.kind === "answered" || outcome?.kind === "refused") return true;
    await sleep(random.between(30, 250));
  }
  return false;
}

async function outcomeOf<T>(
  answer: Promise<GraphqlAnswer>,
  // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape was asked for
  toOutcome: (data: any) => T,
): Promise<T | { kind: "error"; code: string; message: string } | { kind: "lost" }> {
  try {
    const { data, errors } = await answer;
    const [error] = errors ?? [];
    if (error) return { kind: "error", code: error.extensions?.code ?? "none", message: error.message };
    return toOutcome(data);
  } catch {
    return { kind: "lost" };
  }
}

function refused(userErrors: { code: string }[]) {
  return { kind: "refused" as const, codes: userErrors.map(({ code }) => code) };
}
