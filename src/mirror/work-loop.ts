// Work that is due at times: woken when there may be something to do, asleep until the next thing is due otherwise.

import type { Logger } from "../telemetry/logger.js";
import { outside } from "../telemetry/tracing.js";

export interface WorkLoopOptions {
  name: string;
  logger: Logger;
  /** Does what is due and answers in how many milliseconds something is due again; null where nothing waits. */
  work: (isStopped: () => boolean) => Promise<number | null>;
  /** A slow look of its own, for what no wake-up told. */
  atLeastEveryMs: number;
}

const afterFailureMs = 1_000;
const shortestWaitMs = 5;

export class WorkLoop {
  readonly #options: WorkLoopOptions;
  #running: Promise<void> | null = null;
  #isRung = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkLoopOptions) {
    this.#options = options;
  }

  /** Looks for work now, or once more after the present round. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isRung = true;
    clearTimeout(this.#timer);
    this.#running ??= outside(() => this.#run()).finally(() => {
      this.#running = null;
      if (this.#isRung) this.wake();
    });
  }

  /** Ends after the piece of work that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { work, atLeastEveryMs, logger, name } = this.#options;
    this.#isRung = false;
    let waitMs: number;
    try {
      waitMs = (await work(() => this.#isStopped)) ?? atLeastEveryMs;
    } catch (error) {
      logger.error({ err: error, loop: name }, "work failed; trying again");
      waitMs = afterFailureMs;
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(waitMs, shortestWaitMs), atLeastEveryMs));
  }
}
