// What must hold of every payment, whatever the provider answers.

import { Big } from "big.js";
import type { SandboxTransaction } from "../../src/sandbox/sandbox.js";
import type { Evidence } from "./evidence.js";
import type { CallOutcome, History } from "./history.js";
import { falseAccount, falseAmount, falseCustomer } from "./lies.js";
import { longestResponseMs, type Plan } from "./plan.js";
import type { StoredPayout, StoredState } from "./stored-state.js";
import { keyOfNote } from "./strikes.js";

export function bookedBy(books: readonly SandboxTransaction[], key: string): SandboxTransaction[] {
  return books.filter(({ note }) => keyOfNote(note) === key);
}

export function keysOf({ plan }: Pick<Evidence, "plan">): string[] {
  return [...new Set(plan.payments.map(({ key }) => key))];
}

export function checkPaidOnce(evidence: Evidence): string[] {
  return keysOf(evidence).flatMap((key) => {
    const booked = bookedBy(evidence.books, key);
    const references = booked.map(({ merchantReference }) => merchantReference).join(", ");
    return booked.length > 1 ? [`${key} was paid ${booked.length} times (${references})`] : [];
  });
}

export const accepted: readonly string[] = ["PENDING", "PROCESSING", "SUCCESSFUL"];

export function checkAnswers(evidence: Evidence): string[] {
  const { books, history, strikes } = evidence;
  return keysOf(evidence).flatMap((key) => {
    const booked = bookedBy(books, key).length;
    const outcomes = history.calls.filter((call) => call.key === key).map(({ outcome }) => outcome);
    const faults: string[] = [];
    const isAccepted = outcomes.some(
      (outcome) => outcome.kind === "answered" && (accepted.includes(outcome.status) || outcome.transactionId !== null),
    );
    const isRefused = outcomes.some(({ kind }) => kind === "refused");
    if (isAccepted && booked !== 1) faults.push(`${key} was answered as accepted and is in the books ${booked} times`);
    if (isRefused && !strikes.denied.has(key)) {
      if (booked !== 0) faults.push(`${key} was answered as refused and is in the books`);
      if (isAccepted) faults.push(`${key} was answered as accepted and as refused`);
    }
    const isRejected = strikes.rejected.has(key);
    return [...faults, ...outcomes.flatMap((outcome) => misunderstood(key, outcome, isRejected))];
  });
}

/** Errors that a caller should not meet, and reasons that nobody gave. */
function misunderstood(key: string, outcome: CallOutcome, isRejected: boolean): string[] {
  if (outcome.kind === "error" && !understoodErrors.includes(outcome.code)) {
    return [`${key} was answered with ${outcome.code}: ${outcome.message}`];
  }
  const isReasonless = outcome.kind === "refused" && outcome.codes.some((code) => code !== "INSUFFICIENT_FUNDS");
  return isReasonless && !isRejected ? [`${key} was refused with ${outcome.codes}`] : [];
}

/** A database that is away, a node that was paused and a machine with too much to do say SERVICE_UNAVAILABLE. */
export const understoodErrors = ["PROVIDER_UNAVAILABLE", "RATE_LIMITED", "SERVICE_UNAVAILABLE"];

/** Shown in the summary: where neither database nor node was disturbed, the machine had too much to do. */
export function countUnavailable({ databaseFaults, pauses }: Plan, { calls, customerCalls }: History): number {
  if (databaseFaults.length > 0 || pauses.length > 0) return 0;
  const outcomes = [...calls, ...customerCalls].map(({ outcome }) => outcome);
  return outcomes.filter((outcome) => outcome.kind === "error" && outcome.code === "SERVICE_UNAVAILABLE").length;
}

/** Every caller that waits gets a response in time. */
export function checkResponseTimes({ history }: Evidence): string[] {
  return [...history.calls, ...history.customerCalls].flatMap(({ key, tookMs, patienceMs, outcome }) => {
    const isSilent = outcome.kind === "lost" && patienceMs >= longestResponseMs && tookMs >= longestResponseMs;
    return isSilent ? [`${key} got no response within ${longestResponseMs} ms`] : [];
  });
}

/** What the gateway shows of a payment is what was ordered and booked, never what a lie has told. */
export function checkFacts({ books, stored, strikes }: Evidence): string[] {
  const keys = keysById(stored);
  return stored.payouts.flatMap((payout) => {
    const key = keys.get(payout.id) ?? payout.id;
    const { mismatch, ...facts } = payout;
    const booked = books.find(({ id }) => id === payout.transaction_id);
    const faults = [...takenOver(facts), ...otherThanBooked(payout, booked)].map((fact) => `${key} shows ${fact}`);
    if (mismatch !== null && !strikes.lied.has(key)) faults.push(`${key} has a mismatch that nobody told: ${mismatch}`);
    return faults;
  });
}

function takenOver(facts: object): string[] {
  // The recipient is JSON within.
  const text = JSON.stringify(facts).replaceAll("\\", "");
  return [String(falseAmount), falseCustomer, falseAccount].filter((lie) => text.includes(`"${lie}`));
}

function otherThanBooked(payout: StoredPayout, booked: SandboxTransaction | undefined): string[] {
  if (!booked || payout.amount === null) return [];
  const isSame = new Big(payout.amount).eq(booked.amount) && payout.amount_currency === booked.fromCurrency;
  const faults = isSame ? [] : [`${payout.amount} ${payout.amount_currency} instead of ${booked.amount}`];
  if (payout.customer_id !== booked.customerId) faults.push("another customer");
  return faults;
}

export function keysById({ intents }: StoredState): Map<string | null, string> {
  return new Map(
    intents
      .filter(({ operation, subject_id }) => operation === "createPayout" && subject_id !== null)
      .map(({ subject_id, idempotency_key }) => [subject_id, idempotency_key]),
  );
}
