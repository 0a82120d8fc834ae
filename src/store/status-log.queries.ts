import type { Insertable, Selectable } from "kysely";
import type { Db, Tx } from "./database.js";
import { keptQuery, writtenRows } from "./kept-query.js";
import type { LoggedEntity, StatusLogTable } from "./tables.js";
import type { Visibility } from "./visibility.js";

export type StatusLogRow = Selectable<StatusLogTable>;

// Both engines bound the values of one statement, at more than twice as many.
const maxRowsOfInsert = 1_000;

/** Which entries a reader asked for. A customer's entries are its own and those of its documents and payouts. */
export interface LogFilter {
  customerId?: string | null;
  entity?: { kind: LoggedEntity; id: string } | null;
}

/**
 * Waits for the log and keeps it until the transaction ends; answers its last position. Whoever changes an entity takes it
 * first: were rows locked before it, two transactions could wait for each other. A write that changes nothing locks on
 * every engine.
 */
export async function lockLog(tx: Tx): Promise<number> {
  const [head] = await keptQuery(tx, "log locked", [], () =>
    tx
      .updateTable("log_head")
      .set((eb) => ({ position: eb.ref("position") }))
      .returning("position"),
  );
  return (head as { position: number }).position;
}

/**
 * Entries that one transaction adds, of a log that it keeps: as nobody else can, positions appear in their order, and a
 * reader that has seen one has seen all before it. They are written together by `write`, last in the transaction.
 */
export class LogAppender {
  readonly #tx: Tx;
  readonly #entries: Insertable<StatusLogTable>[] = [];
  #position: number;

  constructor(tx: Tx, position: number) {
    this.#tx = tx;
    this.#position = position;
  }

  /** Answers the entry's position. */
  append(entry: Omit<Insertable<StatusLogTable>, "position">): number {
    this.#position += 1;
    this.#entries.push({ ...entry, position: this.#position });
    return this.#position;
  }

  async write(): Promise<void> {
    if (this.#entries.length === 0) return;
    const tx = this.#tx;
    const position = this.#position;
    await keptQuery(tx, "log head moved", [position], () => tx.updateTable("log_head").set({ position }));
    for (let first = 0; first < this.#entries.length; first += maxRowsOfInsert) {
      const entries = this.#entries.slice(first, first + maxRowsOfInsert);
      const { shape, values } = writtenRows(entries);
      await keptQuery(tx, `log entries ${shape}`, values, () => tx.insertInto("status_log").values(entries));
    }
  }
}

export interface LogHead {
  log_id: string;
  /** The last one that was given out; it stays where all entries are gone. */
  position: number;
  /** Entries up to it are gone. */
  pruned_to: number;
}

export function logHead(db: Db): Promise<LogHead> {
  return db.selectFrom("log_head").select(["log_id", "position", "pruned_to"]).executeTakeFirstOrThrow();
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

/** When the oldest entry was recorded; null where there is none. */
export async function oldestLogged(db: Db): Promise<number | null> {
  const row = await db.selectFrom("status_log").orderBy("position").select("recorded_at").limit(1).executeTakeFirst();
  return row?.recorded_at ?? null;
}

/** Of the entries after the position, those that were recorded before the instant, up to the first that was not. */
export async function agedEntries(db: Db, position: number, before: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom("status_log")
    .where("position", ">", position)
    .select(["position", "recorded_at"])
    .orderBy("position")
    .limit(limit)
    .execute();
  const kept = rows.findIndex(({ recorded_at }) => recorded_at >= before);
  return (kept === -1 ? rows : rows.slice(0, kept)).map((row) => row.position);
}

/** Removes the entries up to the position, and says so at the head. Answers how many there were. */
export async function removeLogTo(tx: Tx, position: number): Promise<number> {
  // A revision without a note of whose rows it wrote: answers that were kept are forgotten, whosever they are.
  const { numUpdatedRows } = await tx
    .updateTable("log_head")
    .set((eb) => ({ pruned_to: position, revision: eb("revision", "+", 1) }))
    .where("pruned_to", "<", position)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) return 0;
  await tx
    .updateTable("payouts")
    .from("status_log")
    .set((eb) => ({ status_at: eb.ref("status_log.occurred_at") }))
    .where("status_log.position", "<=", position)
    .where("status_log.entity", "=", "PAYOUT")
    .whereRef("payouts.id", "=", "status_log.entity_id")
    .whereRef("payouts.position", "=", "status_log.position")
    .execute();
  const { numDeletedRows } = await tx.deleteFrom("status_log").where("position", "<=", position).executeTakeFirst();
  return Number(numDeletedRows);
}
