import type { Db, Tx } from "./database.js";

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
