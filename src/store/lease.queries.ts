import { sql } from "kysely";
import type { Database, Db } from "./database.js";

// A lease that ends later than this beyond its length was taken while the clock was wrong.
const clockFaultMs = 60_000;

/** Takes or renews what only one node does at a time, by the database's clock. Returns whether this node has it now. */
export async function holdLease(
  { db, clock }: Pick<Database, "db" | "clock">,
  name: string,
  owner: string,
  leaseMs: number,
): Promise<boolean> {
  const now = clock.sqlNow();
  const lease_until = sql<number>`${now} + cast(${leaseMs} as bigint)`;
  const isFree = sql<boolean>`leases.owner = ${owner} or leases.lease_until <= ${now}
    or leases.lease_until > ${now} + cast(${leaseMs + clockFaultMs} as bigint)`;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("leases")
    .values({ name, owner, lease_until })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ owner, lease_until }).where(isFree))
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function dropLease(db: Db, name: string, owner: string): Promise<void> {
  await db.deleteFrom("leases").where("name", "=", name).where("owner", "=", owner).execute();
}
