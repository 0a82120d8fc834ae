import { type Insertable, type Selectable, sql } from "kysely";
import type { Clock } from "./clock.js";
import type { Database, Db, Tx } from "./database.js";
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

/** Takes over a key whose first use was proven to have done nothing, or returns null. */
export async function reuseIntent(
  tx: Tx,
  key: Pick<IntentRow, "tenant" | "operation" | "idempotency_key">,
  use: Pick<
    IntentRow,
    "fingerprint" | "command" | "subject_id" | "next_attempt_at" | "lease_until" | "trace_parent" | "updated_at"
  >,
): Promise<IntentRow | null> {
  const row = await tx
    .updateTable("intents")
    .set((eb) => ({
      ...use,
      state: "OPEN",
      fence: eb("fence", "+", 1),
      attempts: 0,
      sendings: 0,
      sent_at: null,
      absent_since: null,
      told_at: null,
      refusal: null,
      created_at: use.updated_at,
    }))
    .where("tenant", "=", key.tenant)
    .where("operation", "=", key.operation)
    .where("idempotency_key", "=", key.idempotency_key)
    .where("state", "=", "RELEASED")
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

// No lease and no wait is longer. A time that lies further ahead was written by a clock that was put right since.
const longestLeaseMs = 60_000;
const longestWaitMs = 90_000;

function isFree(clock: Clock) {
  const now = clock.sqlNow();
  return sql<boolean>`(lease_until <= ${now} or lease_until > ${now} + ${sql.lit(longestLeaseMs)})`;
}

function isDue(clock: Clock) {
  const now = clock.sqlNow();
  return sql<boolean>`(next_attempt_at <= ${now} or next_attempt_at > ${now} + ${sql.lit(longestWaitMs)})`;
}

function leaseEnd(clock: Clock, leaseMs: number) {
  return sql<number>`${clock.sqlNow()} + ${sql.lit(leaseMs)}`;
}

/** Takes an intent in one of the states for one sender, or returns null where another has it. */
export async function claimIntent(
  { db, clock }: Database,
  id: string,
  from: readonly IntentState[],
  leaseMs: number,
  to?: IntentState,
): Promise<IntentRow | null> {
  const row = await db
    .updateTable("intents")
    .set((eb) => ({
      ...(to ? { state: to } : {}),
      fence: eb("fence", "+", 1),
      lease_until: leaseEnd(clock, leaseMs),
      updated_at: clock.sqlNow(),
    }))
    .where("id", "=", id)
    .where("state", "in", from)
    .where(isFree(clock))
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/**
 * Permits a sender to send its payout now, in one step: it still holds the lease, the intent is to be sent, and the payout
 * was moved by nobody else. Returns false where it is not permitted.
 */
export async function permitSending({ db, clock }: Database, turn: IntentTurn, leaseMs: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set((eb) => ({
      state: "SENDING",
      sendings: eb("sendings", "+", 1),
      sent_at: clock.sqlNow(),
      absent_since: null,
      lease_until: leaseEnd(clock, leaseMs),
      updated_at: clock.sqlNow(),
    }))
    .where("id", "=", turn.id)
    .where("fence", "=", turn.fence)
    .where("state", "=", "OPEN")
    .where(sql<boolean>`lease_until > ${clock.sqlNow()}`)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("payouts")
          .whereRef("payouts.id", "=", "intents.subject_id")
          .where("payouts.status", "=", "SUBMITTING")
          .select("payouts.id"),
      ),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Keeps a turn that is not over yet; returns false where it was lost. */
export async function renewIntent({ db, clock }: Database, turn: IntentTurn, leaseMs: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set({ lease_until: leaseEnd(clock, leaseMs) })
    .where("id", "=", turn.id)
    .where("fence", "=", turn.fence)
    .where(sql<boolean>`lease_until > ${clock.sqlNow()}`)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export type IntentOutcome = Partial<
  Pick<
    IntentRow,
    "state" | "subject_id" | "refusal" | "next_attempt_at" | "attempts" | "absent_since" | "sendings" | "sent_at"
  >
>;

/** Writes what became of an intent and ends the turn, or returns false where a later sender has taken it. */
export async function settleIntent(
  tx: Db | Tx,
  { id, fence }: IntentTurn,
  outcome: IntentOutcome,
  now: number,
): Promise<boolean> {
  const held = tx
    .updateTable("intents")
    .set({ ...outcome, lease_until: 0, updated_at: now })
    .where("id", "=", id)
    .where("fence", "=", fence);
  // A key is not freed where a caller was told of what it made.
  const query = outcome.state === "RELEASED" ? held.where("told_at", "is", null) : held;
  const { numUpdatedRows } = await query.executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Writes an operator's decision: whoever holds a turn has lost it. */
export async function overrideIntent(tx: Tx, id: string, outcome: IntentOutcome, now: number): Promise<void> {
  await tx
    .updateTable("intents")
    .set((eb) => ({ ...outcome, fence: eb("fence", "+", 1), lease_until: 0, updated_at: now }))
    .where("id", "=", id)
    .execute();
}

/** The intent that made the payout; undefined where it was not made by this gateway. */
export function intentOfPayout(db: Db | Tx, payoutId: string): Promise<IntentRow | undefined> {
  return db
    .selectFrom("intents")
    .where("subject_id", "=", payoutId)
    .where("operation", "=", "createPayout")
    .selectAll()
    .executeTakeFirst();
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

const unsettled: readonly IntentState[] = ["OPEN", "SENDING", "UNCONFIRMED"];

/** Intents that nobody works on and that are due, the longest waiting first. */
export function dueIntents({ db, clock }: Database, operation: IntentOperation, limit: number): Promise<IntentRow[]> {
  return db
    .selectFrom("intents")
    .where("state", "in", unsettled)
    .where("operation", "=", operation)
    .where(isDue(clock))
    .where(isFree(clock))
    .selectAll()
    .orderBy("next_attempt_at")
    .limit(limit)
    .execute();
}

/** In how many milliseconds the next unsettled intent is both due and free; null where there is none. */
export async function nextIntentIn({ db, clock }: Database, operation: IntentOperation): Promise<number | null> {
  const later = sql<number>`min(case when next_attempt_at > lease_until then next_attempt_at else lease_until end)`;
  const { at } = await db
    .selectFrom("intents")
    .where("state", "in", unsettled)
    .where("operation", "=", operation)
    .select(later.as("at"))
    .executeTakeFirstOrThrow();
  return at === null ? null : Number(at) - clock.now();
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
