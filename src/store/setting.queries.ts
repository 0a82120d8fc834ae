import type { Db, Tx } from "./database.js";

/** The secret from which references are derived. It must outlive every key, so it is part of every backup. */
export const referenceSecretSetting = "reference-secret";

/** Whether a look-up by reference has found a payment that was not final: only then does "not found" prove absence. */
export const findsPendingSetting = "provider.finds-pending-by-reference";

export async function readSetting(db: Db | Tx, name: string): Promise<string | null> {
  const row = await db.selectFrom("settings").where("name", "=", name).select("value").executeTakeFirst();
  return row?.value ?? null;
}

export async function writeSetting(db: Db | Tx, name: string, value: string): Promise<void> {
  await db
    .insertInto("settings")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}
