import type { Insertable, Selectable } from "kysely";
import type { Database, Db, Tx } from "./database.js";
import type { DocumentsTable } from "./tables.js";
import type { Visibility } from "./visibility.js";

export type DocumentRow = Selectable<DocumentsTable>;

export function documentsByIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<DocumentRow[]> {
  return visible(db, visibility).where("id", "in", ids).selectAll().execute();
}

/** Oldest first within each customer. */
export function documentsOfCustomers(db: Db, customerIds: readonly string[], visibility: Visibility) {
  return visible(db, visibility)
    .where("customer_id", "in", customerIds)
    .selectAll()
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

export function lockDocument(database: Database, tx: Tx, id: string): Promise<DocumentRow | undefined> {
  return database.lock(tx.selectFrom("documents").where("id", "=", id).selectAll()).executeTakeFirst() as Promise<
    DocumentRow | undefined
  >;
}

export async function insertDocument(tx: Tx, row: Insertable<DocumentsTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("documents")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function updateDocument(tx: Tx, id: string, row: Partial<DocumentRow>): Promise<void> {
  await tx.updateTable("documents").set(row).where("id", "=", id).execute();
}

function visible(db: Db, { tenant }: Visibility) {
  const query = db.selectFrom("documents");
  return tenant === null ? query : query.where("tenant", "=", tenant);
}
