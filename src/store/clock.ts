// The time that leases, retries and expiry go by. A node's own wall clock may be an hour off, and may step at any time.

import { type Kysely, type RawBuilder, sql } from "kysely";

export interface Clock {
  /** Milliseconds since 1970. Never steps because this machine's wall clock was set. */
  now(): number;
  /** The same as an expression, read by the database itself: for comparisons that must hold between nodes. */
  sqlNow(): RawBuilder<number>;
  /** Compares with the other clock again, e.g. after a connection was lost. Does nothing where there is no other. */
  sync(): Promise<void>;
  close(): void;
}

const syncEveryMs = 10_000;
// A connection was lost, and perhaps the server with it.
const retrySyncMs = 1_000;
// Two good quartz clocks drift apart by some 0.1 ms in a second.
const driftPerMs = 1e-4;

/** For a database that only this machine uses: the wall clock at the start, and from then on the monotonic clock. */
export function monotonicClock(): Clock {
  const offsetMs = Date.now() - performance.now();
  const now = () => Math.round(performance.now() + offsetMs);
  return { now, sqlNow: () => sql<number>`${now()}`, sync: async () => {}, close: () => {} };
}

/** Follows the clock of the PostgreSQL server, which all nodes share. */
export async function postgresClock<Tables>(db: Kysely<Tables>): Promise<Clock> {
  const estimate = new OffsetEstimate();
  const serverTime = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
  const sync = async () => {
    const askedAt = performance.now();
    const { rows } = await sql<{ now: number }>`select ${serverTime} as now`.execute(db);
    const answeredAt = performance.now();
    const [row] = rows;
    if (row) estimate.take(Number(row.now), askedAt, answeredAt);
  };
  // The first query also opens the connection, and so is slow.
  await sync();
  await sync();
  let timer: NodeJS.Timeout;
  let isClosed = false;
  const follow = (waitMs: number) => {
    timer = setTimeout(async () => {
      const isSynced = await sync().then(
        () => true,
        () => false,
      );
      if (!isClosed) follow(isSynced ? syncEveryMs : retrySyncMs);
    }, waitMs).unref();
  };
  follow(syncEveryMs);
  return {
    now: () => Math.round(performance.now() + estimate.offsetMs),
    sqlNow: () => serverTime,
    sync,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/**
 * How far the server's clock is ahead of the monotonic one. A reading is as uncertain as half of its round trip, so a slow
 * one replaces a better one only if the two contradict each other: then the server's clock was set.
 */
export class OffsetEstimate {
  offsetMs = 0;
  #errorMs = Number.POSITIVE_INFINITY;
  #takenAt = 0;

  take(serverMs: number, askedAt: number, answeredAt: number): void {
    const offsetMs = serverMs - (askedAt + answeredAt) / 2;
    // The server's milliseconds are whole.
    const errorMs = (answeredAt - askedAt) / 2 + 1;
    const agedErrorMs = this.#errorMs + (answeredAt - this.#takenAt) * driftPerMs;
    const isContradicted = Math.abs(offsetMs - this.offsetMs) > errorMs + agedErrorMs;
    if (errorMs > agedErrorMs && !isContradicted) return;
    this.offsetMs = offsetMs;
    this.#errorMs = errorMs;
    this.#takenAt = answeredAt;
  }
}
