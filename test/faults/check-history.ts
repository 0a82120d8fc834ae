// The promises, held against the evidence. Each check answers one line for each time that a promise was broken.

import { checkBudget } from "./check-budget.js";
import { checkMatches } from "./check-matches.js";
import {
  accepted,
  checkAnswers,
  checkFacts,
  checkPaidOnce,
  checkResponseTimes,
  keysById,
  keysOf,
  understoodErrors,
} from "./check-money.js";
import type { Evidence } from "./evidence.js";
import type { Plan } from "./plan.js";
import type { StoredState } from "./stored-state.js";
import { keyOfNote } from "./strikes.js";

type Check = (evidence: Evidence) => string[];

const checks: readonly (readonly [name: string, check: Check])[] = [
  ["paid at most once", checkPaidOnce],
  ["answers kept", checkAnswers],
  ["a response in time", checkResponseTimes],
  ["nothing taken from a lie", checkFacts],
  ["one id for each key", checkIds],
  ["customers made once", checkCustomers],
  ["chains whole", checkChains],
  ["log sound", checkLog],
  ["webhooks applied", checkWebhooks],
  ["last words", checkLastWords],
  ["everything settled", checkSettled],
  ["matched by webhook", checkMatches],
  ["budget kept", checkBudget],
];

export function checkHistory(evidence: Evidence): string[] {
  return checks.flatMap(([name, check]) => check(evidence).map((violation) => `${name}: ${violation}`));
}

function checkIds(evidence: Evidence): string[] {
  return keysOf(evidence).flatMap((key) => {
    const ids = new Set(
      evidence.history.calls.flatMap((call) =>
        call.key === key && call.outcome.kind === "answered" ? [call.outcome.payoutId] : [],
      ),
    );
    return ids.size > 1 ? [`${key} was answered with ${[...ids].join(", ")}`] : [];
  });
}

function checkCustomers({ history, strikes, providerCustomers, stored }: Evidence): string[] {
  const keys = [...new Set(history.customerCalls.map(({ key }) => key))];
  return keys.flatMap((key) => {
    const calls = history.customerCalls.filter((call) => call.key === key);
    const made = providerCustomers.filter(({ email }) => email === calls[0]?.email);
    const ids = new Set(calls.flatMap(({ outcome }) => (outcome.kind === "answered" ? [outcome.customerId] : [])));
    const faults: string[] = [];
    if (made.length > 1) faults.push(`${key} was made ${made.length} times`);
    if (ids.size > 1) faults.push(`${key} was answered with ${[...ids].join(", ")}`);
    for (const id of ids) if (!made.some((customer) => customer.id === id)) faults.push(`${key} is ${id}, not made`);
    for (const { outcome } of calls) {
      const isRejected = strikes.rejected.has(key) && made.length === 0;
      if (outcome.kind === "refused" && !isRejected) faults.push(`${key} was refused with ${outcome.codes}`);
      if (outcome.kind === "error" && !understoodErrors.includes(outcome.code)) {
        faults.push(`${key} was answered with ${outcome.code}: ${outcome.message}`);
      }
    }
    for (const { id, status } of made) {
      const known = stored.customers.find((customer) => customer.id === id);
      if (known?.status !== status) faults.push(`${key} is ${status} and known as ${known?.status ?? "nothing"}`);
    }
    return faults;
  });
}

function checkChains({ history, log, logStart }: Evidence): string[] {
  return history.subscribers.flatMap(({ start, cursors, errors }, index) => {
    const from = start === logStart ? 0 : log.indexOf(start) + 1;
    const expected = log.slice(from);
    // While the database is away a subscriber is told so, and goes on from its cursor.
    const faults = errors
      .filter((error) => !error.includes("SERVICE_UNAVAILABLE"))
      .map((error) => `subscriber ${index} got ${error}`);
    const wrong = expected.findIndex((cursor, place) => cursors[place] !== cursor);
    if (wrong !== -1) {
      faults.push(`subscriber ${index} got ${cursors[wrong] ?? "nothing"} in place ${wrong} of ${expected.length}`);
    } else if (cursors.length > expected.length) {
      faults.push(`subscriber ${index} got ${cursors.length - expected.length} changes more than there are`);
    }
    return faults;
  });
}

/** Positions without a hole; each subject's entries go on from where the last one ended, and no payout moves twice to one
 * status but where it is sent again, or where the provider has denied what it accepted. */
function checkLog({ stored, strikes }: Evidence): string[] {
  const faults: string[] = [];
  const keys = keysById(stored);
  const last = new Map<string, string>();
  const seen = new Set<string>();
  stored.log.forEach(({ position, entity, entity_id, from_status, to_status }, index) => {
    if (position !== index + 1) faults.push(`position ${position} stands in place ${index + 1}`);
    const subject = `${entity} ${entity_id}`;
    if ((last.get(subject) ?? null) !== from_status) {
      faults.push(`${subject} moves from ${from_status} and was ${last.get(subject) ?? "nothing"}`);
    }
    last.set(subject, to_status);
    const move = `${subject} to ${to_status}`;
    const isSending = to_status === "SUBMITTING" || to_status === "UNCONFIRMED";
    const mayRepeat = isSending || strikes.denied.has(keys.get(entity_id) ?? "");
    if (entity === "PAYOUT" && !mayRepeat && seen.has(move)) faults.push(`${move} twice`);
    seen.add(move);
  });
  return faults;
}

function checkWebhooks(evidence: Evidence): string[] {
  const { plan, history, stored } = evidence;
  const faults: string[] = [];
  const decided = transactionsForOperators(evidence);
  // What nobody can tell the truth of may wait for an operator.
  const lies = new Set(history.webhooks.filter(({ isLie }) => isLie).map(({ contentHash }) => contentHash));
  for (const { contentHash, rawBody } of history.webhooks) {
    const rows = stored.inbox.filter((row) => row.content_hash === contentHash);
    if (rows.length !== 1) faults.push(`a webhook answered with success is stored ${rows.length} times: ${rawBody}`);
  }
  for (const event of stored.inbox) {
    const { id, type, state, reason, content_hash, subject } = event;
    if (lies.has(content_hash) || (state === "PARKED" && decided.has(subject))) continue;
    // A status that comes after the final one it preceded is asked again for a day. The books decide what is shown.
    if (state === "RECEIVED" && isDisputed(reason)) continue;
    if (!isDone(event) && !mayWait(plan, stored)) faults.push(`event ${id} (${type}) is ${state}: ${reason}`);
  }
  return faults;
}

/** The provider's webhook and its look-up disagree. */
export function isDisputed(reason: string | null): boolean {
  return reason?.includes("its look-up says") ?? false;
}

function isDone({ state }: StoredState["inbox"][0]): boolean {
  return state === "APPLIED" || state === "IGNORED";
}

/**
 * Where references are not given back, an event may be about any of the payouts whose answer was lost: it waits for one
 * who knows.
 */
export function mayWait(plan: Plan, { payouts }: StoredState): boolean {
  return !plan.keepsMerchantReference && payouts.some(({ status }) => status === "UNCONFIRMED");
}

export function checkLastWords({ plan, books, stored }: Pick<Evidence, "plan" | "books" | "stored">): string[] {
  const faults = books.flatMap(({ id, status, note }) => {
    const known = stored.payouts.find((payout) => payout.transaction_id === id);
    if (known?.status === status) return [];
    const key = keyOfNote(note);
    const intent = stored.intents.find(({ idempotency_key }) => idempotency_key === key);
    const ours = stored.payouts.find((payout) => payout.id === intent?.subject_id);
    if (!known && ours?.status === "UNCONFIRMED" && mayWait(plan, stored)) return [];
    const as = known?.status ?? `nothing (its payout is ${ours?.status ?? "unknown"})`;
    return [`${key} is ${status} in the books and known as ${as}`];
  });
  for (const { id, transaction_id, status } of stored.payouts) {
    const isBooked = books.some((record) => record.id === transaction_id);
    if (accepted.includes(status) && !isBooked) faults.push(`${id} is ${status} and in nobody's books`);
  }
  return faults;
}

function checkSettled(evidence: Evidence): string[] {
  const left = keysForOperators(evidence);
  return openIntents(evidence.plan, evidence.stored)
    .filter(({ state, idempotency_key: key }) => state !== "UNCONFIRMED" || !left.has(key))
    .map(
      ({ operation, idempotency_key, state, attempts }) =>
        `${operation} ${idempotency_key} is ${state} after ${attempts} attempts`,
    );
}

/** Something false was told of them, and is shown to operators, who decide. */
function keysForOperators({ stored, strikes }: Evidence): Set<string> {
  const keys = keysById(stored);
  const shown = stored.payouts.filter(({ mismatch }) => mismatch !== null).map(({ id }) => keys.get(id) ?? "");
  return new Set(shown.filter((key) => strikes.lied.has(key)));
}

function transactionsForOperators(evidence: Evidence): Set<string | null> {
  const left = keysForOperators(evidence);
  return new Set(evidence.books.filter(({ note }) => left.has(keyOfNote(note))).map(({ id }) => id));
}

/** Left UNCONFIRMED may only be what no look-up can prove absent. */
export function openIntents(plan: Plan, { intents, isEchoKnown }: StoredState): StoredState["intents"] {
  const mayStayOpen = !plan.keepsMerchantReference || !isEchoKnown;
  return intents.filter(({ operation, state }) => {
    if (state === "DONE" || state === "REFUSED" || state === "RELEASED") return false;
    return !(operation === "createPayout" && state === "UNCONFIRMED" && mayStayOpen);
  });
}
