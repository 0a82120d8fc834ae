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

/** For a database that only this machine uses: the wall clock at the start, and from then on the monotonic clock. */
export function monotonicClock(): Clock {
  const offsetMs = Date.now() - performance.now();
  const now = () => Math.round(performance.now() + offsetMs);
  return { now, sqlNow: () => sql<number>`${now()}`, sync: async () => {}, close: () => {} };
}

/** Follows the clock of the PostgreSQL server, which all nodes share. */
export async function postgresClock<Tables>(db: Kysely<Tables>): Promise<Clock> {
  let offsetMs = Date.now() - performance.now();
  const serverTime = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
  const sync = async () => {
    const askedAt = performance.now();
    const { rows } = await sql<{ now: number }>`select ${serverTime} as now`.execute(db);
    const answeredAt = performance.now();
    const [row] = rows;
    if (row) offsetMs = Number(row.now) - (askedAt + answeredAt) / 2;
  };
  await sync();
  const timer = setInterval(() => void sync().catch(() => {}), syncEveryMs);
  timer.unref();
  return {
    now: () => Math.round(performance.now() + offsetMs),
    sqlNow: () => serverTime,
    sync,
    close: () => clearInterval(timer),
  };
}
