import type { Insertable, Selectable } from "kysely";
import type { Db } from "./database.js";
import type { ApiKeysTable } from "./tables.js";

export type ApiKeyRow = Selectable<ApiKeysTable>;

export async function insertApiKey(db: Db, row: Insertable<ApiKeysTable>): Promise<void> {
  await db.insertInto("api_keys").values(row).execute();
}

export function apiKeyById(db: Db, id: string): Promise<ApiKeyRow | undefined> {
  return db.selectFrom("api_keys").where("id", "=", id).selectAll().executeTakeFirst();
}

/** The newest first. */
export function apiKeys(db: Db): Promise<ApiKeyRow[]> {
  return db.selectFrom("api_keys").selectAll().orderBy("created_at", "desc").orderBy("id").execute();
}

/** Answers false where there is no such key, or it is revoked already. */
export async function revokeApiKey(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("api_keys")
    .set({ revoked_at: now })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function noteKeyUse(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable("api_keys").set({ last_used_at: now }).where("id", "=", id).execute();
}

/** Those of the keys that were not revoked. */
export async function unrevokedKeyIds(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom("api_keys")
    .where("id", "in", ids)
    .where("revoked_at", "is", null)
    .select("id")
    .execute();
  return new Set(rows.map(({ id }) => id));
}
