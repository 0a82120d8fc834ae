// What a subscription asked for: who delivers it follows the live log from there on, many at once or one by one.

import type { LogFilter, StatusLogRow } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";
import { type AnyStatusChange, toStatusChange } from "./entities.js";
import type { LiveLog } from "./live-log.js";
import { LogFollower } from "./log-follower.js";

export interface StatusFeedParts {
  live: LiveLog;
  logId: string;
  /** Everything later than this position. */
  after: number;
  filter: LogFilter;
  visibility: Visibility;
}

export class StatusFeed implements AsyncIterable<AnyStatusChange, undefined> {
  readonly live: LiveLog;
  readonly after: number;
  readonly filter: LogFilter;
  readonly #visibility: Visibility;
  readonly #logId: string;

  constructor({ live, logId, after, filter, visibility }: StatusFeedParts) {
    this.live = live;
    this.after = after;
    this.filter = filter;
    this.#visibility = visibility;
    this.#logId = logId;
  }

  toChange(entry: StatusLogRow): AnyStatusChange {
    return toStatusChange(entry, this.#logId);
  }

  /** For one reader, at its pace. It ends when its `return` is called. */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyStatusChange, undefined> {
    const stop = new AbortController();
    const changes = this.#changes(stop.signal);
    return {
      next: () => changes.next(),
      // A generator that waits does not hear `return`: the wait has to be ended first.
      return: () => {
        stop.abort();
        return changes.return(undefined);
      },
      throw: (error) => {
        stop.abort();
        return changes.throw(error);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#changes(stopped: AbortSignal): AsyncGenerator<AnyStatusChange, undefined> {
    const reader = await this.live.open();
    let wake = () => {};
    const given: { entry: StatusLogRow; taken: () => void }[] = [];
    const faults: Error[] = [];
    const follower = new LogFollower(
      reader,
      { after: this.after, filter: this.filter, visibility: this.#visibility },
      {
        take: (entry) =>
          new Promise((taken) => {
            given.push({ entry, taken });
            wake();
          }),
        failed: (error) => {
          faults.push(error);
          wake();
        },
      },
    );
    const hear = () => wake();
    stopped.addEventListener("abort", hear);
    follower.start();
    try {
      while (!stopped.aborted) {
        const [fault] = faults;
        if (fault) throw fault;
        const next = given.shift();
        if (next) {
          yield this.toChange(next.entry);
          next.taken();
        }
        if (given.length === 0 && faults.length === 0 && !stopped.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      stopped.removeEventListener("abort", hear);
      follower.stop();
      reader.release();
    }
    return undefined;
  }
}
