import { type Insertable, type Selectable, sql } from "kysely";
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

/** Whether an event with this key was stored before, whatever its content. */
export async function hasEventKey(db: Db | Tx, dedupeKey: string): Promise<boolean> {
  const row = await db.selectFrom("inbox").where("dedupe_key", "=", dedupeKey).select("id").limit(1).executeTakeFirst();
  return row !== undefined;
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

/** The oldest events that are due and free. */
export function dueEvents(db: Db, now: number, limit: number): Promise<InboxRow[]> {
  return nextOfSubjects(db)
    .where("next_attempt_at", "<=", now)
    .where("lease_until", "<=", now)
    .selectAll()
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Takes a due event for one worker, or answers false where another has it. */
export async function claimEvent(db: Db, id: number, now: number, leaseMs: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("inbox")
    .set({ lease_until: now + leaseMs })
    .where("id", "=", id)
    .where("state", "=", "RECEIVED")
    .where("lease_until", "<=", now)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** When the next event is both due and free. */
export async function nextEventAt(db: Db): Promise<number | null> {
  const later = sql<number>`min(case when next_attempt_at > lease_until then next_attempt_at else lease_until end)`;
  const { at } = await nextOfSubjects(db).select(later.as("at")).executeTakeFirstOrThrow();
  return at === null ? null : Number(at);
}

/** An event waits while an earlier one of its subject is not settled. */
function nextOfSubjects(db: Db) {
  return db
    .selectFrom("inbox as event")
    .where("state", "=", "RECEIVED")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("inbox as earlier")
            .whereRef("earlier.subject", "=", "event.subject")
            .where("earlier.state", "=", "RECEIVED")
            .whereRef("earlier.id", "<", "event.id")
            .select("earlier.id"),
        ),
      ),
    );
}

export interface EventOutcome {
  state: InboxState;
  reason: string | null;
  attempts?: number;
  next_attempt_at?: number;
}

export async function settleEvent(db: Db | Tx, id: number, outcome: EventOutcome): Promise<void> {
  const isSettled = outcome.state !== "RECEIVED";
  await db
    .updateTable("inbox")
    .set({ ...outcome, lease_until: 0, settled_at: isSettled ? Date.now() : null })
    .where("id", "=", id)
    .execute();
}

export async function countEvents(db: Db, state: InboxState): Promise<number> {
  const { total } = await db
    .selectFrom("inbox")
    .where("state", "=", state)
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Parked events, the newest first. */
export function parkedEvents(db: Db, limit: number): Promise<InboxRow[]> {
  return db.selectFrom("inbox").where("state", "=", "PARKED").selectAll().orderBy("id", "desc").limit(limit).execute();
}

/** Puts parked events back to be applied from the start; answers the ids of those that were parked. */
export async function unparkEvents(db: Db, ids: readonly number[] | null, now: number): Promise<number[]> {
  let query = db
    .updateTable("inbox")
    .set({ state: "RECEIVED", attempts: 0, next_attempt_at: now, lease_until: 0, reason: null, settled_at: null })
    .where("state", "=", "PARKED");
  if (ids) query = query.where("id", "in", ids);
  const rows = await query.returning("id").execute();
  return rows.map(({ id }) => id);
}
