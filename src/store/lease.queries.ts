import { sql } from "kysely";
import type { Db } from "./database.js";

/** Takes or keeps what only one node does at a time. Answers whether this node has it now. */
export async function holdLease(db: Db, name: string, owner: string, now: number, leaseMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("leases")
    .values({ name, owner, lease_until: now + leaseMs })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({ owner, lease_until: now + leaseMs })
        .where(sql<boolean>`leases.owner = ${owner} or leases.lease_until <= ${now}`),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function dropLease(db: Db, name: string, owner: string): Promise<void> {
  await db.deleteFrom("leases").where("name", "=", name).where("owner", "=", owner).execute();
}
