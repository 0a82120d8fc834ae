// The intents of createCustomer. Leases and due times are compared by the database's own clock.

import { type RawBuilder, sql } from "kysely";
import type { Database, Db, Tx } from "./database.js";
import type { IntentRow, IntentTurn } from "./intent.queries.js";
import type { IntentState } from "./tables.js";
import { operatorTenant } from "./visibility.js";

const open: readonly IntentState[] = ["OPEN", "SENDING", "UNCONFIRMED"];

// A time further ahead was written by a clock that was wrong: it must not stop the work.
const longestLeaseMs = 60_000;
const longestWaitMs = 15 * 60_000;

function isFree({ clock }: Database): RawBuilder<boolean> {
  const now = clock.sqlNow();
  return sql<boolean>`(lease_until <= ${now} or lease_until > ${now} + ${sql.lit(longestLeaseMs)})`;
}

function isDue({ clock }: Database): RawBuilder<boolean> {
  const now = clock.sqlNow();
  return sql<boolean>`(next_attempt_at <= ${now} or next_attempt_at > ${now} + ${sql.lit(longestWaitMs)})`;
}

/** The same for a row that was read: worth trying to take. */
export function isWorthClaiming({ lease_until, next_attempt_at }: IntentRow, now: number): boolean {
  const isFreeNow = lease_until <= now || lease_until > now + longestLeaseMs;
  return isFreeNow && (next_attempt_at <= now || next_attempt_at > now + longestWaitMs);
}

/** Takes an open intent that no node has, or answers null. `isEarly` takes it before it is due. */
export async function claimCustomerIntent(
  database: Database,
  id: string,
  leaseMs: number,
  isEarly: boolean,
): Promise<IntentRow | null> {
  const now = database.clock.sqlNow();
  let query = database.db
    .updateTable("intents")
    .set((eb) => ({
      fence: eb("fence", "+", 1),
      lease_until: sql<number>`${now} + ${sql.lit(leaseMs)}`,
      updated_at: now,
    }))
    .where("id", "=", id)
    .where("state", "in", open)
    .where(isFree(database));
  if (!isEarly) query = query.where(isDue(database));
  return (await query.returningAll().executeTakeFirst()) ?? null;
}

export async function renewCustomerIntent(
  { db, clock }: Database,
  { id, fence }: IntentTurn,
  leaseMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set({ lease_until: sql<number>`${clock.sqlNow()} + ${sql.lit(leaseMs)}` })
    .where("id", "=", id)
    .where("fence", "=", fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * The permission to send, in one statement: the node still has the lease by the database's clock, and the customer is still
 * to be sent. The sending is noted with it. `isRepeated` is for a request that is repeated with a new access token.
 */
export async function permitSending(
  { db, clock }: Database,
  { id, fence }: IntentTurn,
  from: IntentState,
  isRepeated: boolean,
): Promise<boolean> {
  const now = clock.sqlNow();
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set((eb) => ({
      state: "SENDING",
      sent_at: now,
      updated_at: now,
      ...(isRepeated ? {} : { sendings: eb("sendings", "+", 1) }),
    }))
    .where("id", "=", id)
    .where("fence", "=", fence)
    .where("state", "=", from)
    .where(sql<boolean>`lease_until > ${now}`)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export type CustomerIntentColumns = Pick<
  IntentRow,
  "state" | "subject_id" | "refusal" | "next_attempt_at" | "attempts" | "absent_since" | "sent_at" | "sendings"
> & { lease_until?: number };

/** Writes what a node found out, or answers false where another node has taken the intent. */
export async function recordCustomerIntent(
  { db, clock }: Database,
  { id, fence }: IntentTurn,
  columns: CustomerIntentColumns,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("intents")
    .set({ ...columns, updated_at: clock.sqlNow() })
    .where("id", "=", id)
    .where("fence", "=", fence)
    .where("state", "in", open)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Keeps the intent from other nodes until the transaction ends. */
export function lockIntent(database: Database, tx: Tx, id: string): Promise<IntentRow> {
  const query = database.lock(tx.selectFrom("intents").where("id", "=", id).selectAll());
  return query.executeTakeFirstOrThrow() as Promise<IntentRow>;
}

/** Writes that the customer exists, whichever node has the intent. */
export async function recordCustomer(
  { clock }: Database,
  tx: Tx,
  id: string,
  columns: CustomerIntentColumns,
): Promise<void> {
  await tx
    .updateTable("intents")
    .set({ ...columns, updated_at: clock.sqlNow() })
    .where("id", "=", id)
    .execute();
}

/** Open intents that are due and that no node has, the longest waiting first. */
export function dueCustomerIntents(database: Database, limit: number): Promise<{ id: string }[]> {
  return database.db
    .selectFrom("intents")
    .where("operation", "=", "createCustomer")
    .where("state", "in", open)
    .where(isFree(database))
    .where(isDue(database))
    .select("id")
    .orderBy("next_attempt_at")
    .limit(limit)
    .execute();
}

/** In how many milliseconds the next open intent is both due and free; null where there is none. */
export async function nextCustomerIntentInMs({ db, clock }: Database): Promise<number | null> {
  const later = sql<number>`min(case when next_attempt_at > lease_until then next_attempt_at else lease_until end)`;
  const { at } = await db
    .selectFrom("intents")
    .where("operation", "=", "createCustomer")
    .where("state", "in", open)
    .select(later.as("at"))
    .executeTakeFirstOrThrow();
  return at === null ? null : Number(at) - clock.now();
}

export type CustomerOwner = "NOBODY" | "OPERATOR" | "ANOTHER";

/**
 * Who has a customer of the provider's, from the point of view of an intent. What import, backfill or a webhook brought in
 * belongs to the operator until an intent proves to have made it. What was known before the intent was recorded is another's.
 */
export async function ownerOfCustomer(
  db: Db | Tx,
  customerId: string,
  { id, tenant }: Pick<IntentRow, "id" | "tenant">,
  createdAfter: number,
): Promise<CustomerOwner> {
  const intent = await db
    .selectFrom("intents")
    .where("subject_id", "=", customerId)
    .where("operation", "=", "createCustomer")
    .where("id", "!=", id)
    .select("id")
    .executeTakeFirst();
  if (intent) return "ANOTHER";
  const row = await db
    .selectFrom("customers")
    .where("id", "=", customerId)
    .select(["tenant", "created_at"])
    .executeTakeFirst();
  if (!row || row.tenant === tenant) return row && row.created_at < createdAfter ? "ANOTHER" : "NOBODY";
  return row.tenant === operatorTenant && row.created_at >= createdAfter ? "OPERATOR" : "ANOTHER";
}
