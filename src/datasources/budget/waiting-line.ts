// Who wants to call and may not yet: the most important first, first come first served among equals. Nobody stands
// here in vain: who cannot be served in time is told so at once.

import { ProviderError } from "../provider-error.js";
import { type CallClass, rankOf } from "./call-class.js";
import { budgetSpent } from "./provider-budget.js";

export interface Waiter {
  readonly name: string;
  readonly callClass: CallClass;
  readonly deadlineMs: number;
  isTried: boolean;
  grant(name: string): void;
  refuse(error: ProviderError): void;
}

export interface Desk {
  /** Counts as many of the first as may go now, and answers how many. Must not fail. */
  serve(waiters: readonly Waiter[]): Promise<number> | number;
  forecast(waiters: readonly Waiter[], nowMs: number): number[];
  /** The longest that anybody could have to wait. */
  longestMs: number;
}

const maxServedTogether = 50;
// Where the forecast and the desk disagree by a breath, asking again at once would spin.
const minWaitMs = 5;

export class WaitingLine {
  readonly #desk: Desk;
  readonly #namePrefix: string;
  #line: Waiter[] = [];
  #count = 0;
  #isServing = false;
  #isCalledAgain = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(desk: Desk, namePrefix: string) {
    this.#desk = desk;
    this.#namePrefix = namePrefix;
  }

  /** Resolves with the name under which the call is counted. */
  enter(callClass: CallClass, withinMs: number): Promise<string> {
    if (this.#isClosed) return Promise.reject(closing());
    return new Promise((resolve, reject) => {
      this.#count += 1;
      const waiter: Waiter = {
        name: `${this.#namePrefix}${this.#count.toString(36)}`,
        callClass,
        deadlineMs: performance.now() + withinMs,
        isTried: false,
        grant: resolve,
        refuse: reject,
      };
      const before = this.#line.findLastIndex((other) => rankOf(other.callClass) <= rankOf(callClass));
      this.#line.splice(before + 1, 0, waiter);
      void this.serve();
    });
  }

  waiting(): Record<CallClass, number> {
    const counts = { payout: 0, write: 0, read: 0, reconciliation: 0 };
    for (const { callClass } of this.#line) counts[callClass] += 1;
    return counts;
  }

  /** To be called whenever something may have changed. */
  async serve(): Promise<void> {
    this.#isCalledAgain = true;
    if (this.#isServing) return;
    this.#isServing = true;
    clearTimeout(this.#timer);
    while (this.#isCalledAgain && !this.#isClosed) {
      this.#isCalledAgain = false;
      const ready = this.#refuseHopeless().slice(0, maxServedTogether);
      if (ready.length === 0) continue;
      const served = new Set(ready.slice(0, await this.#desk.serve(ready)));
      for (const waiter of ready) waiter.isTried = true;
      this.#line = this.#line.filter((waiter) => !served.has(waiter));
      for (const waiter of served) waiter.grant(waiter.name);
      this.#isCalledAgain ||= served.size === ready.length;
    }
    this.#isServing = false;
    if (!this.#isClosed) this.#rest();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const waiter of this.#line.splice(0)) waiter.refuse(closing());
  }

  /** Answers those whose turn it seems to be. */
  #refuseHopeless(): Waiter[] {
    const nowMs = performance.now();
    const ready: Waiter[] = [];
    const staying: Waiter[] = [];
    // Who is refused sets nobody back: the others are forecast without it, until nobody more has to go.
    let isSettled = false;
    while (!isSettled) {
      isSettled = true;
      ready.length = 0;
      staying.length = 0;
      const times = this.#desk.forecast(this.#line, nowMs);
      for (const [index, waiter] of this.#line.entries()) {
        const atMs = times[index] as number;
        const isReady = atMs <= nowMs;
        // With a slot in sight everybody is asked for once, however short the time that was given.
        const isHopeless = isReady ? waiter.isTried && nowMs > waiter.deadlineMs : atMs > waiter.deadlineMs;
        if (isHopeless && isSettled) {
          isSettled = false;
          waiter.refuse(budgetSpent(Math.min(atMs - nowMs, this.#desk.longestMs)));
          continue;
        }
        staying.push(waiter);
        if (isReady) ready.push(waiter);
      }
      this.#line = [...staying];
    }
    return ready;
  }

  #rest(): void {
    const nowMs = performance.now();
    const [next] = this.#desk.forecast(this.#line.slice(0, 1), nowMs);
    if (next === undefined) return;
    const firstDeadlineMs = Math.min(...this.#line.map(({ deadlineMs }) => deadlineMs));
    const waitMs = Math.max(minWaitMs, Math.ceil(Math.min(next, firstDeadlineMs) - nowMs));
    this.#timer = setTimeout(() => void this.serve(), waitMs);
  }
}

function closing(): ProviderError {
  return new ProviderError("UNAVAILABLE", "The gateway is stopping; nothing was sent.", {
    outcome: "NOT_DONE",
    isUnsent: true,
  });
}
