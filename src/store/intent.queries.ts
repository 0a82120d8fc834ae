import { type Insertable, type Selectable, sql } from "kysely";
import type { Db, Tx } from "./database.js";
import type { IntentOperation, IntentState, IntentsTable } from "./tables.js";

export type IntentRow = Selectable<IntentsTable>;

/** What tells a sender's own turn from a later one's. */
export type IntentTurn = Pick<IntentRow, "id" | "fence">;

export function intentByKey(
  db: Db | Tx,
  tenant: string,
  operation: IntentOperation,
  key: string,
): Promise<IntentRow | undefined> {
  return db
    .selectFrom("intents")
    .where("tenant", "=", tenant)
    .where("operation", "=", operation)
    .where("idempotency_key", "=", key)
    .selectAll()
    .executeTakeFirst();
}

/** Answers false where the key is taken: the row that stands is the first caller's. */
export async function insertIntent(tx: Tx, row: Insertable<IntentsTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("intents")
    .values(row)
    .onConflict((conflict) => conflict.columns(["tenant", "operation", "idempotency_key"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Takes over a key whose first use was proven to have done nothing. Answers the intent's id, or null. */
export async function reuseIntent(
  tx: Tx,
  key: Pick<IntentRow, "tenant" | "operation" | "idempotency_key">,
  use: Pick<IntentRow, "fingerprint" | "command" | "subject_id" | "next_attempt_at" | "trace_parent" | "updated_at">,
): Promise<string | null> {
  const row = await tx
    .updateTable("intents")
    .set({ ...use, state: "OPEN", lease_until: 0, attempts: 0, absent_since: null, told_at: null })
    .where("tenant", "=", key.tenant)
    .where("operation", "=", key.operation)
    .where("idempotency_key", "=", key.idempotency_key)
    .where("state", "=", "RELEASED")
    .returning("id")
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Takes an intent in one of the states for one sender, or answers null where another has it. */
export async function claimIntent(
  db: Db,
  id: string,
  from: readonly IntentState[],
  now: number,
  leaseMs: number,
  to?: IntentState,
): Promise<IntentRow | null> {
  const row = await db
    .updateTable("intents")
    .set((eb) => ({
      ...(to ? { state: to } : {}),
      fence: eb("fence", "+", 1),
      lease_until: now + leaseMs,
      updated_at: now,
    }))
    .where("id", "=", id)
    .where("state", "in", from)
    .where("lease_until", "<=", now)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps a turn; answers false where it was lost. */
export async function renewIntent(db: Db, { id, fence }: IntentTurn, leaseUntil: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set({ lease_until: leaseUntil })
    .where("id", "=", id)
    .where("fence", "=", fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export type IntentOutcome = Partial<
  Pick<IntentRow, "state" | "subject_id" | "refusal" | "next_attempt_at" | "attempts" | "absent_since">
>;

/** Writes what became of an intent and ends the turn, or answers false where a later sender has taken it. */
export async function settleIntent(tx: Db | Tx, { id, fence }: IntentTurn, outcome: IntentOutcome): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("intents")
    .set({ ...outcome, lease_until: 0, updated_at: Date.now() })
    .where("id", "=", id)
    .where("fence", "=", fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Remembers that a caller was told what is on its way; answers false where it is not on its way any more. */
export async function noteTold(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set({ told_at: now })
    .where("id", "=", id)
    .where("state", "in", ["OPEN", "SENDING"])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Gives the key free again, or answers false where somebody was told what it made, or a later sender has it. */
export async function releaseIntent(tx: Tx, { id, fence }: IntentTurn): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("intents")
    .set({ state: "RELEASED", lease_until: 0, updated_at: Date.now() })
    .where("id", "=", id)
    .where("fence", "=", fence)
    .where("told_at", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

const unsettled: readonly IntentState[] = ["OPEN", "SENDING", "UNCONFIRMED"];

/** Intents that nobody works on and that are due, the longest waiting first. */
export function dueIntents(db: Db, operation: IntentOperation, now: number, limit: number): Promise<IntentRow[]> {
  return db
    .selectFrom("intents")
    .where("state", "in", unsettled)
    .where("operation", "=", operation)
    .where("next_attempt_at", "<=", now)
    .where("lease_until", "<=", now)
    .selectAll()
    .orderBy("next_attempt_at")
    .limit(limit)
    .execute();
}

/** When the next unsettled intent is both due and free. */
export async function nextIntentAt(db: Db, operation: IntentOperation): Promise<number | null> {
  const later = sql<number>`min(case when next_attempt_at > lease_until then next_attempt_at else lease_until end)`;
  const { at } = await db
    .selectFrom("intents")
    .where("state", "in", unsettled)
    .where("operation", "=", operation)
    .select(later.as("at"))
    .executeTakeFirstOrThrow();
  return at === null ? null : Number(at);
}

/** The traces of the calls that made payouts, by their transactions, and customers, by their ids; of those that were traced. */
export async function traceParentsOf(db: Db, subjects: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom("payouts")
    .innerJoin("intents", "intents.subject_id", "payouts.id")
    .where("payouts.transaction_id", "in", subjects)
    .where("intents.trace_parent", "is not", null)
    .select(["payouts.transaction_id as subject", "intents.trace_parent"])
    .unionAll(
      db
        .selectFrom("intents")
        .where("subject_id", "in", subjects)
        .where("trace_parent", "is not", null)
        .select(["subject_id as subject", "trace_parent"]),
    )
    .execute();
  return new Map(rows.map(({ subject, trace_parent }) => [subject as string, trace_parent as string]));
}

/** Whether an intent has made this already. */
export async function hasSubject(db: Db, operation: IntentOperation, subjectId: string): Promise<boolean> {
  const row = await db
    .selectFrom("intents")
    .where("subject_id", "=", subjectId)
    .where("operation", "=", operation)
    .select("id")
    .executeTakeFirst();
  return row !== undefined;
}
