import type { Insertable, Selectable } from "kysely";
import type { Db, Tx } from "./database.js";
import type { IntentOperation, IntentState, IntentsTable } from "./tables.js";

export type IntentRow = Selectable<IntentsTable>;

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

/** Takes an intent in one of the states for one sender, or answers null where another has it. */
export async function claimIntent(
  db: Db,
  id: string,
  from: readonly IntentState[],
  now: number,
  leaseMs: number,
): Promise<IntentRow | null> {
  const row = await db
    .updateTable("intents")
    .set((eb) => ({
      state: "SENDING",
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

/** Writes what became of an intent, or answers false where a later sender has taken it. */
export async function settleIntent(
  tx: Db | Tx,
  intent: Pick<IntentRow, "id" | "fence">,
  outcome: { state: IntentState; subject_id?: string; refusal?: string; updated_at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("intents")
    .set({ ...outcome, lease_until: 0 })
    .where("id", "=", intent.id)
    .where("fence", "=", intent.fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Frees the key: only for what is proven not to have been done. */
export async function deleteIntent(tx: Tx, intent: Pick<IntentRow, "id" | "fence">): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("intents")
    .where("id", "=", intent.id)
    .where("fence", "=", intent.fence)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
