// One scheduler in front of every call to the provider. The promise is kept in every sliding window, by all nodes
// together, so it is a log of the calls that went out, in memory or in Redis. A counter of fixed windows would not do
// (that is what the usual limiters offer): the end of one and the start of the next let out twice the budget.

import { ProviderError } from "../provider-error.js";
import type { CallClass } from "./call-class.js";

/** What an answer says of the account's rate limit. */
export interface BudgetAnswer {
  status: number;
  limit?: number;
  remaining?: number;
  /** By this machine's clock. */
  resetAt?: Date;
  retryAfterSeconds?: number;
}

export interface BudgetSnapshot {
  /** Shortest first. */
  windows: { limit: number; lengthMs: number; used: number }[];
  pausedForMs: number;
  waiting: Record<CallClass, number>;
  /** How many nodes share the budget, as far as this one knows. */
  nodes: number;
  /** False while a node that should share has to do with its own part. */
  isShared: boolean;
}

export interface AdmittedCall {
  /**
   * To be told once the answer's head is there or the call has failed, never later. The provider has counted it by
   * then: the window that it belongs to ends a window's length from here.
   */
  end(): void;
}

export interface ProviderBudget {
  /**
   * Resolves when the call may go out; it counts from then on. Rejects with RATE_LIMITED as soon as it is known that
   * its turn does not come in time.
   */
  acquire(callClass: CallClass, withinMs: number): Promise<AdmittedCall>;
  noteAnswer(answer: BudgetAnswer): void;
  snapshot(): Promise<BudgetSnapshot>;
  close(): Promise<void>;
}

export function budgetSpent(retryInMs: number): ProviderError {
  return new ProviderError("RATE_LIMITED", "The provider's budget has no call to spare in time; nothing was sent.", {
    outcome: "NOT_DONE",
    isUnsent: true,
    retryAfterSeconds: Math.max(1, Math.ceil(retryInMs / 1000)),
  });
}

/** Refused by our own budget: no word from the provider, whom it did not reach. */
export function isBudgetSpent(error: ProviderError): boolean {
  return error.kind === "RATE_LIMITED" && error.outcome === "NOT_DONE" && error.httpStatus === undefined;
}

const minPauseMs = 1_000;
const maxPauseMs = 60_000;
const maxJitterMs = 1_000;

/**
 * After a 429. One that says nothing is taken for a window that is full to the brim just now. The jitter keeps nodes
 * from coming back in one burst; and no clock, however wrong, holds us up for longer than a minute.
 */
export function pauseMsAfter(answer: BudgetAnswer, shortestWindowMs: number): number {
  const { retryAfterSeconds, resetAt } = answer;
  const named = retryAfterSeconds === undefined ? resetAt && resetAt.getTime() - Date.now() : retryAfterSeconds * 1000;
  const waitMs = named !== undefined && Number.isFinite(named) ? named : shortestWindowMs;
  return Math.min(Math.max(waitMs, minPauseMs) + Math.random() * maxJitterMs, maxPauseMs);
}
