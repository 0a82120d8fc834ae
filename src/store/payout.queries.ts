import { type Insertable, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import type { PayoutStatus } from "../schema/payout.enum.js";
import type { Database, Db, Tx } from "./database.js";
import { isAfter, type PageRequest } from "./page.js";
import type { PayoutsTable, Tables } from "./tables.js";
import { textPattern } from "./text-pattern.js";
import type { Visibility } from "./visibility.js";

export type PayoutRow = Selectable<PayoutsTable>;

export interface PayoutSearch {
  status?: readonly PayoutStatus[] | null;
  customerId?: string | null;
  walletId?: string | null;
  currency?: string | null;
  search?: string | null;
  createdFrom?: Date | null;
  createdTo?: Date | null;
}

/** What may name a payout, the gateway's own id first. */
export interface PayoutHandles {
  id?: string | undefined;
  merchantReference?: string | null | undefined;
  transactionId?: string | undefined;
}

export function payoutsByIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<PayoutRow[]> {
  return visible(db, visibility).where("id", "in", ids).selectAll().execute();
}

export function payoutsByTransactionIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<PayoutRow[]> {
  return visible(db, visibility).where("transaction_id", "in", ids).selectAll().execute();
}

export function payoutsPage(db: Db, search: PayoutSearch, page: PageRequest, visibility: Visibility) {
  let query = matching(visible(db, visibility), search);
  if (page.after) query = query.where(isAfter(page.after));
  return query
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(page.first + 1)
    .execute();
}

export async function countPayouts(db: Db, search: PayoutSearch, visibility: Visibility): Promise<number> {
  const { total } = await matching(visible(db, visibility), search)
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Payouts that the provider has not ended and was last heard of before the instant, the longest unheard first. */
export function unheardPayouts(db: Db, heardBefore: number, limit: number): Promise<PayoutRow[]> {
  return db
    .selectFrom("payouts")
    .where("status", "in", ["PENDING", "PROCESSING"])
    .where("as_of", "<", heardBefore)
    .selectAll()
    .orderBy("as_of")
    .limit(limit)
    .execute();
}

/** The payout that the handles name, kept from others until the transaction ends. */
export async function lockPayout(database: Database, tx: Tx, handles: PayoutHandles): Promise<PayoutRow | undefined> {
  const candidates = [
    ["id", handles.id],
    ["merchant_reference", handles.merchantReference],
    ["transaction_id", handles.transactionId],
  ] as const;
  for (const [column, value] of candidates) {
    if (!value) continue;
    const query = tx.selectFrom("payouts").where(column, "=", value).selectAll();
    const row = await database.lock(query).executeTakeFirst();
    if (row) return row as PayoutRow;
  }
  return undefined;
}

/** Whether a payout of the customer was sent, or is being sent, and is not known by a transaction yet. */
export async function hasUnmatchedPayout(tx: Tx, customerId: string): Promise<boolean> {
  const row = await tx
    .selectFrom("payouts")
    .where("customer_id", "=", customerId)
    .where("status", "in", ["SUBMITTING", "UNCONFIRMED"])
    .where("transaction_id", "is", null)
    .select("id")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertPayout(tx: Tx, row: Insertable<PayoutsTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("payouts")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function updatePayout(tx: Tx, id: string, row: Partial<PayoutRow>): Promise<void> {
  await tx.updateTable("payouts").set(row).where("id", "=", id).execute();
}

function visible(db: Db, { tenant }: Visibility) {
  const query = db.selectFrom("payouts");
  return tenant === null ? query : query.where("tenant", "=", tenant);
}

function matching(query: SelectQueryBuilder<Tables, "payouts", object>, search: PayoutSearch) {
  let narrowed = query;
  if (search.status) {
    narrowed =
      search.status.length > 0 ? narrowed.where("status", "in", search.status) : narrowed.where(sql<boolean>`1 = 0`);
  }
  if (search.customerId) narrowed = narrowed.where("customer_id", "=", search.customerId);
  if (search.walletId) narrowed = narrowed.where("wallet_id", "=", search.walletId);
  if (search.currency) narrowed = narrowed.where("amount_currency", "=", search.currency);
  if (search.search) narrowed = narrowed.where(containsText(search.search.toLowerCase()));
  if (search.createdFrom) narrowed = narrowed.where("created_at", ">=", search.createdFrom.getTime());
  if (search.createdTo) narrowed = narrowed.where("created_at", "<", search.createdTo.getTime());
  return narrowed;
}

function containsText(text: string) {
  const pattern = textPattern(text);
  const isOfCustomer = sql`customer_id in (select id from customers where search_text like ${pattern} escape '\\')`;
  const handles = ["id", "reference", "merchant_reference", "transaction_id"].map(
    (column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`,
  );
  return sql<boolean>`(${sql.join([isOfCustomer, ...handles], sql` or `)})`;
}
