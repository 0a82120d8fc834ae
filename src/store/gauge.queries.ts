// What is counted each time that metrics are read: by kept counts, or by an index over what is not yet done, which is little.

import { type RawBuilder, sql } from "kysely";
import type { Db } from "./database.js";

export interface Backlog {
  state: string;
  count: number;
  /** When the oldest of them came. */
  since: number;
}

export async function payoutsByStatus(db: Db): Promise<{ status: string; count: number }[]> {
  const rows = await db
    .selectFrom("payout_counts")
    .groupBy("status")
    .select((eb) => ["status", eb.fn.sum("count").as("count")])
    .execute();
  return rows.map(({ status, count }) => ({ status, count: Number(count) }));
}

/** When the oldest unconfirmed payout was made; null where there is none. */
export async function oldestUnconfirmed(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom("payouts")
    .where("status", "=", "UNCONFIRMED")
    .orderBy("created_at")
    .select("created_at")
    .limit(1)
    .executeTakeFirst();
  return row?.created_at ?? null;
}

export async function intentBacklog(db: Db): Promise<Backlog[]> {
  const rows = await db
    .selectFrom("intents")
    .where("state", "in", ["OPEN", "SENDING", "UNCONFIRMED"])
    .groupBy("state")
    .select((eb) => ["state", eb.fn.countAll().as("count"), eb.fn.min("created_at").as("since")])
    .execute();
  return rows.map(({ state, count, since }) => ({ state, count: Number(count), since: Number(since) }));
}

export async function inboxBacklog(db: Db): Promise<Backlog[]> {
  const [received, absent, contradicted, parked] = await Promise.all([
    inboxCount(db, "RECEIVED", sql<boolean>`obstacle is null`),
    inboxCount(db, "RECEIVED", sql<boolean>`obstacle = 'ABSENT'`),
    inboxCount(db, "RECEIVED", sql<boolean>`obstacle = 'CONTRADICTION'`),
    inboxCount(db, "PARKED", sql<boolean>`1 = 1`),
  ]);
  const states = [
    { state: "RECEIVED", ...received },
    { state: "ABSENT", ...absent },
    { state: "CONTRADICTED", ...contradicted },
    { state: "PARKED", ...parked },
  ];
  return states.filter(({ count }) => count > 0);
}

async function inboxCount(db: Db, state: "RECEIVED" | "PARKED", condition: RawBuilder<boolean>) {
  const { count, since } = await db
    .selectFrom("inbox")
    // As text: each has an index that holds nothing else.
    .where("state", "=", sql.lit(state))
    .where(sql<boolean>`(${condition})`)
    .select((eb) => [eb.fn.countAll().as("count"), eb.fn.min("received_at").as("since")])
    .executeTakeFirstOrThrow();
  return { count: Number(count), since: Number(since) };
}
