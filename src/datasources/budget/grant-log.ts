// The calls that went out, by the moment each was over, and from them when the next ones may go. Its clock is
// monotonic: a step of the wall clock neither opens a window nor keeps one shut.
//
// A call's moment is when its answer came, not when it was granted: the provider counts it somewhere between the two,
// and a process that stands still in between would otherwise send two windows' calls in one. Until then its moment lies
// ahead, so it counts in every window.

import type { CallClass } from "./call-class.js";
import type { BudgetAnswer } from "./provider-budget.js";
import { capOf, type HeldWindow } from "./rate-windows.js";

export interface Grant {
  name: string;
  /** When it was over; for one that is under way, when it is taken for lost. */
  atMs: number;
  /** How many calls it stands for. */
  weight: number;
}

interface Ask {
  callClass: CallClass;
}

export class GrantLog {
  readonly windows: readonly HeldWindow[];
  /** How much of each limit is ours to use, 0 to 1. */
  share = 1;
  #grants: Grant[] = [];
  readonly #momentsMs = new Map<string, number>();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #limitInAnswers = Number.POSITIVE_INFINITY;

  constructor(windows: readonly HeldWindow[]) {
    this.windows = windows;
  }

  get shortest(): HeldWindow {
    return this.windows[0] as HeldWindow;
  }

  get longest(): HeldWindow {
    return this.windows.at(-1) as HeldWindow;
  }

  /** Told again, the later word holds: it brings the moment at which the call was over. */
  put(grant: Grant): void {
    const { name, atMs } = grant;
    const knownMs = this.#momentsMs.get(name);
    if (knownMs === atMs) return;
    if (knownMs !== undefined) this.#grants = this.#grants.filter((other) => other.name !== name);
    this.#momentsMs.set(name, atMs);
    const later = this.#grants.findLastIndex((other) => other.atMs <= atMs);
    this.#grants.splice(later + 1, 0, { ...grant });
  }

  end(name: string, nowMs: number): void {
    const grant = this.#grants.find((other) => other.name === name);
    if (grant && grant.atMs > nowMs) this.put({ ...grant, atMs: nowMs });
  }

  replaceAll(grants: readonly Grant[]): void {
    this.#grants = [];
    this.#momentsMs.clear();
    for (const grant of grants) this.put(grant);
  }

  pauseUntil(atMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, atMs);
  }

  pausedForMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  used(window: HeldWindow, nowMs: number): number {
    let used = 0;
    for (let index = this.#grants.length - 1; index >= 0; index -= 1) {
      const grant = this.#grants[index] as Grant;
      if (grant.atMs + window.holdMs <= nowMs) break;
      used += grant.weight;
    }
    return used;
  }

  caps(callClass: CallClass): number[] {
    return this.windows.map((window) => this.#capOf(window, callClass));
  }

  #capOf(window: HeldWindow, callClass: CallClass): number {
    const limit = Math.floor(this.#limitOf(window) * this.share);
    return limit === 0 ? 0 : capOf(limit, callClass);
  }

  /**
   * When each of them may go at the earliest, in the order in which they are served. The classes' caps fall in that
   * order too, so nobody further back can go before somebody in front. What is under way may be over any moment.
   */
  forecast(asks: readonly Ask[], nowMs: number, weight = 1): number[] {
    this.#forget(nowMs);
    const taken = this.#grants.map(({ atMs, weight }) => ({ atMs: Math.min(atMs, nowMs), weight }));
    const states = this.windows.map((window) => ({
      window,
      first: 0,
      used: taken.reduce((sum, grant) => sum + grant.weight, 0),
    }));
    let atMs = Math.max(nowMs, this.#pausedUntilMs);
    return asks.map(({ callClass }) => {
      for (const state of states) {
        const { window } = state;
        const room = this.#capOf(window, callClass) - weight;
        for (let oldest = taken[state.first]; oldest; oldest = taken[state.first]) {
          const endsAtMs = oldest.atMs + window.holdMs;
          if (endsAtMs > atMs && state.used <= room) break;
          atMs = Math.max(atMs, endsAtMs);
          state.used -= oldest.weight;
          state.first += 1;
        }
        if (state.used > room) atMs = Number.POSITIVE_INFINITY;
      }
      taken.push({ atMs, weight });
      for (const state of states) state.used += weight;
      return atMs;
    });
  }

  /**
   * How many calls of others an answer betrays, to be counted beside our own. The headers speak of the shortest window
   * only. Fewer than we know of are never believed: the answer may be older than our last calls.
   */
  usedByOthers({ limit, remaining }: BudgetAnswer, nowMs: number): number {
    if (limit !== undefined && limit >= 1) this.#limitInAnswers = limit;
    if (remaining === undefined || remaining < 0) return 0;
    return Math.max(0, this.targetUse(remaining) - this.used(this.shortest, nowMs));
  }

  targetUse(remaining: number): number {
    return this.#limitOf(this.shortest) - remaining;
  }

  #limitOf(window: HeldWindow): number {
    return window === this.shortest ? Math.min(window.limit, this.#limitInAnswers) : window.limit;
  }

  #forget(nowMs: number): void {
    const { holdMs } = this.longest;
    let ended = 0;
    for (const grant of this.#grants) {
      if (grant.atMs + holdMs > nowMs) break;
      this.#momentsMs.delete(grant.name);
      ended += 1;
    }
    if (ended > 0) this.#grants.splice(0, ended);
  }
}

/** The others' calls end with the provider's own window, so that is when they have to leave ours. */
export function ageOfOthersMs({ resetAt }: BudgetAnswer, { holdMs }: HeldWindow): number {
  const untilResetMs = resetAt ? resetAt.getTime() - Date.now() : Number.NaN;
  return Number.isFinite(untilResetMs) ? Math.min(Math.max(holdMs - untilResetMs, 0), holdMs) : 0;
}
