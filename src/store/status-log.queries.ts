import type { Insertable, Selectable } from "kysely";
import type { Db, Tx } from "./database.js";
import type { LoggedEntity, StatusLogTable } from "./tables.js";
import type { Visibility } from "./visibility.js";

export type StatusLogRow = Selectable<StatusLogTable>;

/** Which entries a reader asked for. A customer's entries are its own and those of its documents and payouts. */
export interface LogFilter {
  customerId?: string | null;
  entity?: { kind: LoggedEntity; id: string } | null;
}

/**
 * Appends an entry and answers its position. The row of `log_head` stays locked until the transaction ends, so
 * positions appear in their order and a reader that has seen one has seen all before it.
 */
export async function appendToLog(tx: Tx, entry: Omit<Insertable<StatusLogTable>, "position">): Promise<number> {
  const { position } = await tx
    .updateTable("log_head")
    .set((eb) => ({ position: eb("position", "+", 1) }))
    .returning("position")
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("status_log")
    .values({ ...entry, position })
    .execute();
  return position;
}

/**
 * Waits for the log and keeps it until the transaction ends. Whoever changes an entity takes it first: were rows locked
 * before it, two transactions could wait for each other. A write that changes nothing locks on every engine.
 */
export async function lockLog(tx: Tx): Promise<void> {
  await tx
    .updateTable("log_head")
    .set((eb) => ({ position: eb.ref("position") }))
    .execute();
}

export function logHead(db: Db): Promise<{ log_id: string; position: number }> {
  return db.selectFrom("log_head").selectAll().executeTakeFirstOrThrow();
}

/** Entries after the position, oldest first. */
export function logAfter(db: Db, position: number, limit: number, filter: LogFilter, visibility: Visibility) {
  const { tenant, entities } = visibility;
  let query = db.selectFrom("status_log").where("position", ">", position);
  if (tenant !== null) query = query.where("tenant", "=", tenant);
  if (entities !== null) query = query.where("entity", "in", entities);
  if (filter.customerId) query = query.where("customer_id", "=", filter.customerId);
  if (filter.entity) {
    query = query.where("entity", "=", filter.entity.kind).where("entity_id", "=", filter.entity.id);
  }
  return query.selectAll().orderBy("position").limit(limit).execute();
}
