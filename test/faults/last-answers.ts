// At the end every key is used once more: what it returns, what `payout(id)` shows and what the provider's books have must
// be the same.

import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../src/sandbox/sandbox.js";
import { bookedBy } from "./check-money.js";
import { type ClientParts, callPayout, readPayout } from "./clients.js";
import type { Cluster } from "./cluster.js";
import type { CallOutcome } from "./history.js";
import type { Payment, Plan } from "./plan.js";
import type { StateReader } from "./stored-state.js";

export interface LastAnswerParts {
  plan: Plan;
  cluster: Cluster;
  provider: Sandbox;
  clients: ClientParts;
  payer: string;
  state: StateReader;
}

/** A database that was away heals by itself within a minute. */
const healsWithinMs = 60_000;

export async function askAgain(parts: LastAnswerParts): Promise<string[]> {
  const { plan, state } = parts;
  const { intents } = await state.read();
  const ids = new Map(
    intents
      .filter(({ operation }) => operation === "createPayout")
      .map(({ idempotency_key, subject_id }) => [idempotency_key, subject_id]),
  );
  const payments = [...new Map(plan.payments.map((payment) => [payment.key, payment])).values()];
  const answers = await Promise.all(
    payments.map((payment) => askAgainFor(parts, payment, ids.get(payment.key) ?? null)),
  );
  return answers.flat();
}

async function askAgainFor(parts: LastAnswerParts, payment: Payment, payoutId: string | null): Promise<string[]> {
  const { key } = payment;
  const outcome = await answerTo(parts, payment);
  if (outcome?.kind !== "answered" && outcome?.kind !== "refused") {
    return [`${key}, asked again at the end, was answered with ${JSON.stringify(outcome)}`];
  }
  const [booked] = bookedBy(parts.provider.transactions(), key);
  const status = outcome.kind === "answered" ? outcome.status : "FAILED";
  const violations: string[] = [];
  if (status !== "UNCONFIRMED" && status !== (booked?.status ?? "FAILED")) {
    violations.push(`${key} was answered as ${status} and is booked as ${booked?.status ?? "nothing"}`);
  }
  if (outcome.kind === "answered" && !outcome.isReplay) violations.push(`${key} was no replay at the end`);
  const [live] = parts.cluster.live();
  if (!live || payoutId === null) return [...violations, `${key} has no payout at the end`];
  const shown = await readPayout(live.url, payoutId);
  const transactionId = outcome.kind === "answered" ? outcome.transactionId : null;
  if (shown.status !== status || shown.transactionId !== transactionId) {
    violations.push(`${key} returns ${status} and payout(id) shows ${shown.status}`);
  }
  return violations;
}

async function answerTo({ plan, clients, payer }: LastAnswerParts, payment: Payment): Promise<CallOutcome | null> {
  const { history } = clients;
  const untilMs = history.nowMs + (plan.databaseFaults.length > 0 ? healsWithinMs : 0);
  for (;;) {
    const outcome = await callPayout(clients, { ...payment, patienceMs: 10_000 }, payer);
    if (outcome?.kind === "answered" || outcome?.kind === "refused" || history.nowMs >= untilMs) return outcome;
    await sleep(200);
  }
}
