// When an event that could not be applied is tried again, and when it is parked instead. Pure: the caller passes the time.

import { isProviderError } from "../datasources/provider-error.js";
import { NotAdopted } from "../mirror/adopt.js";
import { isAboutRows } from "../store/database.js";
import type { EventOutcome, InboxRow } from "../store/inbox.queries.js";

export interface InboxRetries {
  /** Tries that fail for a reason of the event's own. */
  maxFailures: number;
  /** Tries for which the provider does not know the subject. */
  maxAbsences: number;
  firstWaitMs: number;
  longestWaitMs: number;
  longestAbsenceWaitMs: number;
  firstContradictionWaitMs: number;
  contradictionMs: number;
}

export const defaultRetries: InboxRetries = {
  maxFailures: 10,
  // With the waits between them, about an hour.
  maxAbsences: 20,
  firstWaitMs: 500,
  longestWaitMs: 60_000,
  longestAbsenceWaitMs: 300_000,
  firstContradictionWaitMs: 1_000,
  contradictionMs: 86_400_000,
};

/** Two final statuses disagree, and the look-up does not confirm the event's. */
export class OpenContradiction extends Error {
  override readonly name = "OpenContradiction";
}

type TriedEvent = Pick<InboxRow, "attempts" | "failures" | "obstacle" | "obstacle_since">;

export interface Retry extends EventOutcome {
  state: "RECEIVED" | "PARKED";
  reason: string;
  attempts: number;
  waitMs: number;
}

export function planRetry(event: TriedEvent, error: unknown, now: number, retries: InboxRetries): Retry {
  const reason = error instanceof Error ? error.message : "It could not be applied.";
  const attempts = event.attempts + 1;
  const doubled = retries.firstWaitMs * 2 ** event.attempts;
  const waitMs = Math.min(doubled, retries.longestWaitMs);
  if (error instanceof OpenContradiction) return planLookUp(event, reason, now, retries);
  if (onlyWaits(error)) return { state: "RECEIVED", reason, attempts, waitMs };
  const failures = event.failures + 1;
  if (error instanceof NotAdopted) {
    const state = failures >= retries.maxAbsences ? "PARKED" : "RECEIVED";
    const since = event.obstacle === "ABSENT" ? event.obstacle_since : now;
    const absence = { obstacle: "ABSENT", obstacle_since: since } as const;
    return { state, reason, attempts, failures, ...absence, waitMs: Math.min(doubled, retries.longestAbsenceWaitMs) };
  }
  return { state: failures >= retries.maxFailures ? "PARKED" : "RECEIVED", reason, attempts, failures, waitMs };
}

/** The provider's reads can be minutes behind its webhooks. Each wait is as long as all of them before it. */
function planLookUp(event: TriedEvent, reason: string, now: number, retries: InboxRetries): Retry {
  const since = event.obstacle === "CONTRADICTION" ? (event.obstacle_since ?? now) : now;
  const openMs = now - since;
  return {
    state: openMs >= retries.contradictionMs ? "PARKED" : "RECEIVED",
    reason,
    attempts: event.attempts + 1,
    obstacle: "CONTRADICTION",
    obstacle_since: since,
    waitMs: Math.min(Math.max(openMs, retries.firstContradictionWaitMs), retries.longestWaitMs),
  };
}

/** It says nothing about the event: the provider or the database is away, or the budget is spent. */
function onlyWaits(error: unknown): boolean {
  if (isProviderError(error)) {
    const isAway = ["UNAVAILABLE", "RATE_LIMITED", "UNAUTHENTICATED", "FORBIDDEN", "CONFLICT"].includes(error.kind);
    // What is not even JSON comes from something in front of the provider.
    const isForeign = error.kind === "GARBLED" && error.httpStatus !== undefined;
    return isAway || isForeign || error.isUnsent;
  }
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && !isAboutRows(error);
}
