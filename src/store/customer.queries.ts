import { type Insertable, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { Database, Db, Tx } from "./database.js";
import { isAfter, type PageRequest } from "./page.js";
import type { CustomersTable, Tables } from "./tables.js";
import { textPattern } from "./text-pattern.js";
import type { Visibility } from "./visibility.js";

export type CustomerRow = Selectable<CustomersTable>;

export interface CustomerSearch {
  status?: readonly CustomerStatus[] | null;
  type?: CustomerType | null;
  search?: string | null;
}

export function customersByIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<CustomerRow[]> {
  return visible(db, visibility).where("id", "in", ids).selectAll().execute();
}

/** One row more than asked for tells whether a next page exists. */
export function customersPage(db: Db, search: CustomerSearch, page: PageRequest, visibility: Visibility) {
  let query = matching(visible(db, visibility), search);
  if (page.after) query = query.where(isAfter(page.after));
  return query
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(page.first + 1)
    .execute();
}

export async function countCustomers(db: Db, search: CustomerSearch, visibility: Visibility): Promise<number> {
  const { total } = await matching(visible(db, visibility), search)
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
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

function matching(query: SelectQueryBuilder<Tables, "customers", object>, { status, type, search }: CustomerSearch) {
  let narrowed = query;
  if (status) {
    narrowed = status.length > 0 ? narrowed.where("status", "in", status) : narrowed.where(sql<boolean>`1 = 0`);
  }
  if (type) narrowed = narrowed.where("type", "=", type);
  if (search) narrowed = narrowed.where(containsText(search.toLowerCase()));
  return narrowed;
}

function containsText(text: string) {
  return sql<boolean>`search_text like ${textPattern(text)} escape '\\'`;
}
