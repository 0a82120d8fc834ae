import type { Database, Db, Tx } from "./database.js";
import { lockLog } from "./status-log.queries.js";

export async function revokeTenant(db: Db, tenant: string, now: number): Promise<void> {
  await db
    .insertInto("revoked_tenants")
    .values({ tenant, revoked_at: now })
    .onConflict((conflict) => conflict.column("tenant").doNothing())
    .execute();
}

/** Answers false where the tenant was not revoked. */
export async function restoreTenant(db: Db, tenant: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom("revoked_tenants").where("tenant", "=", tenant).executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function revokedTenants(db: Db): Promise<Set<string>> {
  const rows = await db.selectFrom("revoked_tenants").select("tenant").execute();
  return new Set(rows.map(({ tenant }) => tenant));
}

/** The owner of a customer; null where there is none. */
export async function tenantOfCustomer(tx: Tx, customerId: string): Promise<string | null> {
  const row = await tx.selectFrom("customers").where("id", "=", customerId).select("tenant").executeTakeFirst();
  return row?.tenant ?? null;
}

/** Gives a customer, and all that belongs to it, to a tenant. Answers false where there is no such customer. */
export function assignCustomer(database: Database, customerId: string, tenant: string): Promise<boolean> {
  return database.transaction(async (tx) => {
    await lockLog(tx);
    return moveCustomerTo(tx, customerId, tenant);
  });
}

/** The same within a transaction that has locked the log. */
export async function moveCustomerTo(tx: Tx, customerId: string, tenant: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("customers")
    .set({ tenant })
    .where("id", "=", customerId)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return false;
  for (const table of ["documents", "payouts", "status_log"] as const) {
    await tx.updateTable(table).set({ tenant }).where("customer_id", "=", customerId).execute();
  }
  return true;
}
