// The audit trail as rows. What an entry says, and how entries hang together, is told in src/access/audit-chain.ts.

import type { Selectable } from "kysely";
import { type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { AuditOutcome } from "../schema/audit.enum.js";
import type { Db, Tx } from "./database.js";
import type { AuditHeadTable, AuditLogTable, Tables } from "./tables.js";

export type AuditRow = Selectable<AuditLogTable>;
export type AuditHead = Selectable<AuditHeadTable>;

/** Entries that meet every condition given. */
export interface AuditSearch {
  tenant?: string | null;
  principal?: string | null;
  action?: string | null;
  objectId?: string | null;
  outcome?: AuditOutcome[] | null;
  from?: Date | null;
  to?: Date | null;
}

/**
 * Waits for the trail's end and keeps it until the transaction ends, so that each entry follows one that is there. A
 * write that changes nothing locks on every engine.
 */
export function lockAuditHead(tx: Tx): Promise<AuditHead> {
  return tx
    .updateTable("audit_head")
    .set((eb) => ({ seq: eb.ref("seq") }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The entries come after what `lockAuditHead` answered with. */
export async function appendToAudit(tx: Tx, rows: readonly AuditRow[]): Promise<void> {
  const last = rows.at(-1);
  if (!last) return;
  await tx
    .insertInto("audit_log")
    .values([...rows])
    .execute();
  await tx.updateTable("audit_head").set({ seq: last.seq, hash: last.hash }).execute();
}

export function auditHead(db: Db): Promise<AuditHead> {
  return db.selectFrom("audit_head").selectAll().executeTakeFirstOrThrow();
}

/** The last entry that was removed, number 0 where none was. */
export function auditAnchor(db: Db): Promise<AuditHead> {
  return db.selectFrom("audit_anchor").selectAll().executeTakeFirstOrThrow();
}

/** Removes the entries up to the one that is to be the anchor, all of which are there. Answers how many there were. */
export async function removeAuditTo(tx: Tx, anchor: AuditHead): Promise<number> {
  await tx.updateTable("audit_anchor").set(anchor).execute();
  const { numDeletedRows } = await tx.deleteFrom("audit_log").where("seq", "<=", anchor.seq).executeTakeFirst();
  return Number(numDeletedRows);
}

/** Of the entries after the number, those that were written before the instant, up to the first that was not. */
export async function agedAudit(db: Db | Tx, seq: number, before: number, limit: number): Promise<AuditHead[]> {
  const rows = await db
    .selectFrom("audit_log")
    .where("seq", ">", seq)
    .select(["seq", "hash", "at"])
    .orderBy("seq")
    .limit(limit)
    .execute();
  const kept = rows.findIndex(({ at }) => at >= before);
  return (kept === -1 ? rows : rows.slice(0, kept)).map((row) => ({ seq: row.seq, hash: row.hash }));
}

/** When the oldest entry was written; null where there is none. */
export async function oldestAudited(db: Db): Promise<number | null> {
  const row = await db.selectFrom("audit_log").orderBy("seq").select("at").limit(1).executeTakeFirst();
  return row?.at ?? null;
}

/** Oldest first. */
export function auditAfter(db: Db, seq: number, limit: number): Promise<AuditRow[]> {
  return db.selectFrom("audit_log").where("seq", ">", seq).selectAll().orderBy("seq").limit(limit).execute();
}

/** The newest first, one more than a page has: whether there is one tells whether the list goes on. */
export function auditPage(
  db: Db,
  search: AuditSearch,
  { first, before }: { first: number; before: number | null },
): Promise<AuditRow[]> {
  let query = db.selectFrom("audit_log").where(meets(search));
  if (before !== null) query = query.where("seq", "<", before);
  return query
    .selectAll()
    .orderBy("seq", "desc")
    .limit(first + 1)
    .execute();
}

export async function countAudit(db: Db, search: AuditSearch): Promise<number> {
  const { total } = await db
    .selectFrom("audit_log")
    .where(meets(search))
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

function meets({ tenant, principal, action, objectId, outcome, from, to }: AuditSearch) {
  return (eb: ExpressionBuilder<Tables, "audit_log">) =>
    eb.and([
      ...(tenant ? [eb("tenant", "=", tenant)] : []),
      ...(principal ? [eb("principal", "=", principal)] : []),
      ...(action ? [eb("action", "=", action)] : []),
      ...(objectId ? [eb("object_id", "=", objectId)] : []),
      // An empty list of values is no list to both engines.
      ...(outcome ? [outcome.length > 0 ? eb("outcome", "in", outcome) : sql<SqlBool>`1 = 0`] : []),
      ...(from ? [eb("at", ">=", from.getTime())] : []),
      ...(to ? [eb("at", "<", to.getTime())] : []),
    ]);
}
