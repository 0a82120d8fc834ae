// What all schedules together were.

import type { NodeCount } from "./plan.js";
import type { Verdict } from "./play-schedule.js";

export class Tally {
  readonly failedSeeds: number[] = [];
  readonly #played = new Map<NodeCount, number>();
  readonly #counts = new Map<string, number>();
  readonly #tookMs: number[] = [];
  readonly #settledMs: number[] = [];

  add(nodes: NodeCount, verdict: Verdict | null, failedSeed: number | null): void {
    this.#played.set(nodes, (this.#played.get(nodes) ?? 0) + 1);
    if (failedSeed !== null) this.failedSeeds.push(failedSeed);
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
    const played = [...this.#played].map(([nodes, count]) => `${count} with ${nodes} node(s)`).join(", ");
    const counts = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`);
    return [
      `Schedules: ${played}; a schedule took ${middle(this.#tookMs)} ms in the median and ${most(this.#tookMs)} at most,`,
      `of that until all was settled ${middle(this.#settledMs)} and ${most(this.#settledMs)}.`,
      `Counts: ${counts.join(", ")}.`,
      this.failedSeeds.length === 0 ? "Every promise was kept." : `Failed seeds: ${this.failedSeeds.join(", ")}.`,
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
