// What all schedules together were.

import type { Setup } from "./plan.js";
import type { Verdict } from "./schedule.js";

export interface Failed {
  seed: number;
  violations: string[];
}

export function nameOf({ nodes, store }: Setup): string {
  return `${nodes === 1 ? "1 node" : `${nodes} nodes`} on ${store === "sqlite" ? "SQLite" : "PostgreSQL"}`;
}

export class Tally {
  readonly failed: Failed[] = [];
  readonly #startedAt = performance.now();
  readonly #played = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #tookMs: number[] = [];
  readonly #settledMs: number[] = [];

  add(setup: Setup, verdict: Verdict | null, failed: Failed | null): void {
    const name = nameOf(setup);
    this.#played.set(name, (this.#played.get(name) ?? 0) + 1);
    if (failed !== null) this.failed.push(failed);
    if (!verdict) return;
    const { history, tookMs, settledMs } = verdict;
    this.#tookMs.push(tookMs);
    this.#settledMs.push(settledMs);
    this.#count("calls", history.calls.length + history.customerCalls.length);
    this.#count("webhooks taken", history.webhooks.length);
    this.#count(
      "changes delivered",
      history.subscribers.reduce((sum, { cursors }) => sum + cursors.length, 0),
    );
    for (const [name, count] of history.counts) this.#count(name, count);
  }

  toText(): string {
    const played = [...this.#played].sort().map(([name, count]) => `${count} with ${name}`);
    const counts = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`);
    const total = [...this.#played.values()].reduce((sum, count) => sum + count, 0);
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    const broken = this.failed.reduce((sum, { violations }) => sum + violations.length, 0);
    return [
      `Schedules: ${total} in ${seconds} s (${played.join(", ")}); one took ${middle(this.#tookMs)} ms in the median and`,
      `${most(this.#tookMs)} at most, of that until all was settled ${middle(this.#settledMs)} and ${most(this.#settledMs)}.`,
      `Counts: ${counts.join(", ")}.`,
      this.failed.length === 0
        ? "Violations: 0. Every promise was kept."
        : `Violations: ${broken}. Failed seeds (${this.failed.length}): ${this.failed.map(({ seed }) => seed).join(", ")}.`,
    ].join("\n");
  }

  #count(name: string, by: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }
}

function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function most(numbers: readonly number[]): number {
  return Math.max(0, ...numbers);
}
