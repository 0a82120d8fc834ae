import { type Insertable, type Selectable, sql } from "kysely";
import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { Database, Db, Tx } from "./database.js";
import { keptQuery } from "./kept-query.js";
import { countOf, newestOf, type PageRequest } from "./page.js";
import type { CustomersTable } from "./tables.js";
import { textPattern } from "./text-pattern.js";
import { shapeOf, type Visibility, valuesOf } from "./visibility.js";

export type CustomerRow = Selectable<CustomersTable>;

export interface CustomerSearch {
  status?: readonly CustomerStatus[] | null;
  type?: CustomerType | null;
  search?: string | null;
}

export function customersByIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<CustomerRow[]> {
  return keptQuery(db, `customers ${shapeOf(ids, visibility)}`, valuesOf(ids, visibility), () =>
    visible(db, visibility).where("id", "in", ids).selectAll(),
  );
}

/** One row more than asked for tells whether a next page exists. */
export function customersPage(db: Db, search: CustomerSearch, page: PageRequest, visibility: Visibility) {
  return newestOf(db, queriesOf(db, search, visibility), page);
}

export async function countCustomers(db: Db, search: CustomerSearch, visibility: Visibility): Promise<number> {
  const { status, type, search: text } = search;
  // No count is kept for these: what is counted is no more than they leave.
  if (text) return countOf(db, queriesOf(db, search, visibility));
  let kept = db.selectFrom("customer_counts");
  if (visibility.tenant !== null) kept = kept.where("tenant", "=", visibility.tenant);
  if (status) kept = status.length > 0 ? kept.where("status", "in", status) : kept.where(sql<boolean>`1 = 0`);
  if (type) kept = kept.where("type", "=", type);
  const { total } = await kept.select((eb) => eb.fn.sum("count").as("total")).executeTakeFirstOrThrow();
  return Number(total ?? 0);
}

/** Customers in review that were last heard of before the instant, the longest unheard first. */
export function unheardCustomers(db: Db, heardBefore: number, limit: number): Promise<CustomerRow[]> {
  return db
    .selectFrom("customers")
    .where("status", "=", "PROCESSING")
    .where("as_of", "<", heardBefore)
    .selectAll()
    .orderBy("as_of")
    .limit(limit)
    .execute();
}

export function lockCustomer(database: Database, tx: Tx, id: string): Promise<CustomerRow | undefined> {
  return database.lock(tx.selectFrom("customers").where("id", "=", id).selectAll()).executeTakeFirst() as Promise<
    CustomerRow | undefined
  >;
}

/** Does nothing where the row exists: another node may have been first. */
export async function insertCustomer(tx: Tx, row: Insertable<CustomersTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("customers")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function updateCustomer(tx: Tx, id: string, row: Partial<CustomerRow>): Promise<void> {
  await tx.updateTable("customers").set(row).where("id", "=", id).execute();
}

function visible(db: Db, { tenant }: Visibility) {
  const query = db.selectFrom("customers");
  return tenant === null ? query : query.where("tenant", "=", tenant);
}

/** Together they select what is searched for, each row once; each has an index in the order of the page. */
function queriesOf(db: Db, { status, type, search }: CustomerSearch, visibility: Visibility) {
  const queries = status
    ? [...new Set(status)].map((each) => visible(db, visibility).where("status", "=", each))
    : [visible(db, visibility)];
  return queries.map((query) => {
    const narrower = type ? query.where("type", "=", type) : query;
    return search ? narrower.where(containsText(search.toLowerCase())) : narrower;
  });
}

function containsText(text: string) {
  return sql<boolean>`search_text like ${textPattern(text)} escape '\\'`;
}
