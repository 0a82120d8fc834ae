import type { CallClass } from "./call-class.js";
import { ageOfOthersMs, GrantLog } from "./grant-log.js";
import {
  type AdmittedCall,
  type BudgetAnswer,
  type BudgetSnapshot,
  type ProviderBudget,
  pauseMsAfter,
} from "./provider-budget.js";
import { type RateWindow, toHeldWindows } from "./rate-windows.js";
import { type Waiter, WaitingLine } from "./waiting-line.js";

/** The whole budget belongs to this process. */
export class MemoryBudget implements ProviderBudget {
  readonly #log: GrantLog;
  readonly #line: WaitingLine;
  #othersCount = 0;

  constructor({ windows }: { windows: readonly RateWindow[] }) {
    this.#log = new GrantLog(toHeldWindows(windows));
    this.#line = new WaitingLine(
      {
        serve: (waiters) => this.#serve(waiters),
        forecast: (waiters, nowMs) => this.#log.forecast(waiters, nowMs),
        longestMs: this.#log.longest.holdMs,
      },
      "own:",
    );
  }

  async acquire(callClass: CallClass, withinMs: number): Promise<AdmittedCall> {
    const name = await this.#line.enter(callClass, withinMs);
    return {
      end: () => {
        this.#log.end(name, performance.now());
        void this.#line.serve();
      },
    };
  }

  noteAnswer(answer: BudgetAnswer): void {
    const nowMs = performance.now();
    if (answer.status === 429) {
      this.#log.pauseUntil(nowMs + pauseMsAfter(answer, this.#log.shortest.lengthMs));
    } else {
      const atMs = nowMs - ageOfOthersMs(answer, this.#log.shortest);
      for (let missing = this.#log.usedByOthers(answer, nowMs); missing > 0; missing -= 1) {
        this.#othersCount += 1;
        this.#log.put({ name: `others:${this.#othersCount}`, atMs, weight: 1 });
      }
    }
    void this.#line.serve();
  }

  async snapshot(): Promise<BudgetSnapshot> {
    const nowMs = performance.now();
    return { ...snapshotOf(this.#log, nowMs), waiting: this.#line.waiting(), nodes: 1, isShared: true };
  }

  async close(): Promise<void> {
    this.#line.close();
  }

  #serve(waiters: readonly Waiter[]): number {
    return grantNow(this.#log, waiters, 1, Number.POSITIVE_INFINITY).length;
  }
}

export function snapshotOf(log: GrantLog, nowMs: number): Pick<BudgetSnapshot, "windows" | "pausedForMs"> {
  return {
    windows: log.windows.map((window) => ({
      limit: window.limit,
      lengthMs: window.lengthMs,
      used: log.used(window, nowMs),
    })),
    pausedForMs: log.pausedForMs(nowMs),
  };
}

/** Counts those of the first whose turn it is as under way, for as long as said, and answers them. */
export function grantNow(
  log: GrantLog,
  waiters: readonly Waiter[],
  weight: number,
  lostAfterMs: number,
): readonly Waiter[] {
  const nowMs = performance.now();
  const times = log.forecast(waiters, nowMs, weight);
  const late = times.findIndex((atMs) => atMs > nowMs);
  const granted = late === -1 ? waiters : waiters.slice(0, late);
  for (const { name } of granted) log.put({ name, atMs: nowMs + lostAfterMs, weight });
  return granted;
}
