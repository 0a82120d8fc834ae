// How a gateway ends: balancers are told, what is under way ends all at once with time to finish, what is not done by then
// is cut off and stays on disk to be taken up, and at last goes what all of it stood on.

import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./telemetry/logger.js";

type Stop = () => unknown;

export interface GracefulStopOptions {
  /** From the signal to the exit. */
  timeoutMs: number;
  /** How long everything goes on after balancers can see that this node is about to end. */
  noticeMs: number;
  logger: Logger;
}

// What the cut-off itself and the foundations may take.
const reserveShare = 4;
const maxReserveMs = 2_000;

export class GracefulStop {
  readonly #options: GracefulStopOptions;
  readonly #graceMs: number;
  readonly #lingerMs: number;
  readonly #work: Stop[] = [];
  readonly #cutOffs: Stop[] = [];
  readonly #lateCutOffs: Stop[] = [];
  readonly #foundations: Stop[] = [];
  #ended: Promise<void> | null = null;

  constructor(options: GracefulStopOptions) {
    this.#options = options;
    const reserveMs = Math.min(options.timeoutMs / reserveShare, maxReserveMs);
    this.#graceMs = Math.max(0, options.timeoutMs - options.noticeMs - reserveMs);
    this.#lingerMs = reserveMs / 2;
  }

  /** What one of the foundations may take. */
  get lingerMs(): number {
    return this.#lingerMs;
  }

  get hasBegun(): boolean {
    return this.#ended !== null;
  }

  /** Ended first, all at once. */
  work(stop: Stop): void {
    this.#work.push(stop);
  }

  /** Done where the work has not ended in time, so that it ends with what is known. */
  cutOff(stop: Stop): void {
    this.#cutOffs.push(stop);
  }

  /** Done where even that was not enough. */
  lateCutOff(stop: Stop): void {
    this.#lateCutOffs.push(stop);
  }

  /** Ended last, in the opposite order. */
  foundation(stop: Stop): void {
    this.#foundations.push(stop);
  }

  run(): Promise<void> {
    this.#ended ??= this.#run();
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { noticeMs } = this.#options;
    if (noticeMs > 0 && this.#work.length > 0) await sleep(noticeMs);
    const timers = [
      setTimeout(() => this.#cut(this.#cutOffs), this.#graceMs),
      setTimeout(() => this.#cut(this.#lateCutOffs), this.#graceMs + this.#lingerMs),
    ];
    await Promise.all(this.#work.map((stop) => this.#end(stop)));
    for (const timer of timers) clearTimeout(timer);
    for (const stop of this.#foundations.reverse()) await this.#end(stop);
  }

  #cut(stops: readonly Stop[]): void {
    this.#options.logger.warn("some work did not end in time; what it was about is on disk and is taken up again");
    for (const stop of stops) void this.#end(stop);
  }

  /** One part that cannot be ended, such as a lease in a database that is gone, must not keep the others. */
  async #end(stop: Stop): Promise<void> {
    try {
      await stop();
    } catch (error) {
      this.#options.logger.warn({ err: error }, "a part could not be ended in order");
    }
  }
}
