// Follows the status log at the reader's own pace: a batch is read only when the last one was taken, so a slow reader
// costs a cursor and no buffer. Wake-ups only shorten the wait; the slow poll finds what a lost one would have told.

import type { Database } from "../store/database.js";
import { type LogFilter, logAfter, type StatusLogRow } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";
import type { WakeUps } from "./wake-ups.js";

const batchSize = 100;
const pollMs = 5_000;

/** How long a reader may go on, and what it may see meanwhile. */
export interface FollowerLifetime {
  /** Asked before each read; null: nothing any more. */
  visibility(): Visibility | null;
  /** Told when the end has come: what is in the log by then is still read. */
  readonly ending: AbortSignal;
  /** Called when all of that was taken. Nothing comes after it. */
  drained(): void;
}

export interface FollowOptions {
  after: number;
  filter: LogFilter;
  lifetime: FollowerLifetime;
}

export function forEver(visibility: Visibility): FollowerLifetime {
  return { visibility: () => visibility, ending: new AbortController().signal, drained: () => {} };
}

export function followLog<T>(
  database: Database,
  wakeUps: WakeUps,
  options: FollowOptions,
  toItem: (entry: StatusLogRow) => T,
): AsyncIterableIterator<T> {
  const stop = new AbortController();
  const entries = readLog(database, wakeUps, options, toItem, stop.signal);
  return {
    next: () => entries.next(),
    // A generator that waits does not hear `return`: the wait has to be ended first.
    return: () => {
      stop.abort();
      return entries.return(undefined);
    },
    throw: (error) => {
      stop.abort();
      return entries.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* readLog<T>(
  database: Database,
  wakeUps: WakeUps,
  { after, filter, lifetime }: FollowOptions,
  toItem: (entry: StatusLogRow) => T,
  stopped: AbortSignal,
): AsyncGenerator<T, undefined> {
  let position = after;
  let wake = () => {};
  // Rung between a read that found nothing and the wait for more, it must not be missed: hence the flag.
  let isRung = false;
  const ring = () => {
    isRung = true;
    wake();
  };
  const stopListening = wakeUps.listen(ring);
  stopped.addEventListener("abort", ring);
  lifetime.ending.addEventListener("abort", ring);
  try {
    while (!stopped.aborted) {
      isRung = false;
      const isLast = lifetime.ending.aborted;
      const visibility = lifetime.visibility();
      const entries = visibility ? await logAfter(database.db, position, batchSize, filter, visibility) : [];
      for (const entry of entries) {
        position = entry.position;
        yield toItem(entry);
      }
      if (entries.length === 0 && (isLast || !visibility)) {
        lifetime.drained();
        await untilStopped(stopped);
      } else if (entries.length === 0 && !isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  } finally {
    stopListening();
    stopped.removeEventListener("abort", ring);
    lifetime.ending.removeEventListener("abort", ring);
  }
  return undefined;
}

// An iterator that ended would tell its client that the subscription is complete: it is the connection that ends.
function untilStopped(stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => stopped.addEventListener("abort", () => resolve(), { once: true }));
}
