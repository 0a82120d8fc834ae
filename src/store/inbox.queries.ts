import type { Insertable, Selectable } from "kysely";
import type { Db, Tx } from "./database.js";
import type { InboxState, InboxTable } from "./tables.js";

export type InboxRow = Selectable<InboxTable>;

/** Stores an event, or answers null where the same event with the same content is there already. */
export async function insertEvent(
  db: Db | Tx,
  row: Omit<Insertable<InboxTable>, "id">,
): Promise<{ id: number } | null> {
  const inserted = await db
    .insertInto("inbox")
    .values(row)
    .onConflict((conflict) => conflict.columns(["dedupe_key", "content_hash"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted ?? null;
}

/** Whether an event with this key but other content was stored before. */
export async function hasOtherContent(db: Db | Tx, dedupeKey: string, contentHash: string): Promise<boolean> {
  const row = await db
    .selectFrom("inbox")
    .where("dedupe_key", "=", dedupeKey)
    .where("content_hash", "!=", contentHash)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The oldest events that are due. */
export function dueEvents(db: Db, now: number, limit: number): Promise<InboxRow[]> {
  return db
    .selectFrom("inbox")
    .where("state", "=", "RECEIVED")
    .where("next_attempt_at", "<=", now)
    .selectAll()
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** When the next event that waits for another try is due. */
export async function nextDueAt(db: Db): Promise<number | null> {
  const { due } = await db
    .selectFrom("inbox")
    .where("state", "=", "RECEIVED")
    .select((eb) => eb.fn.min("next_attempt_at").as("due"))
    .executeTakeFirstOrThrow();
  return due === null ? null : Number(due);
}

export async function settleEvent(
  db: Db | Tx,
  id: number,
  outcome: { state: InboxState; reason: string | null; settled_at: number },
): Promise<void> {
  await db.updateTable("inbox").set(outcome).where("id", "=", id).execute();
}

export async function postponeEvent(
  db: Db,
  id: number,
  again: { attempts: number; next_attempt_at: number; reason: string },
): Promise<void> {
  await db.updateTable("inbox").set(again).where("id", "=", id).execute();
}

export async function countEvents(db: Db, state: InboxState): Promise<number> {
  const { total } = await db
    .selectFrom("inbox")
    .where("state", "=", state)
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}
