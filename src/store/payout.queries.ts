import { type Insertable, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import type { PayoutStatus } from "../schema/payout.enum.js";
import type { Database, Db, Tx } from "./database.js";
import { keptQuery, writtenRows } from "./kept-query.js";
import { countOf, newestOf, type PageRequest, unindexed } from "./page.js";
import type { PayoutsTable, Tables } from "./tables.js";
import { textPattern } from "./text-pattern.js";
import { shapeOf, type Visibility, valuesOf } from "./visibility.js";

export type PayoutRow = Selectable<PayoutsTable>;

/** A payout with what was ordered, as JSON; null where this gateway did not send it. */
export type OrderedPayoutRow = PayoutRow & { command: string | null };

export interface PayoutSearch {
  status?: readonly PayoutStatus[] | null;
  customerId?: string | null;
  walletId?: string | null;
  currency?: string | null;
  search?: string | null;
  createdFrom?: Date | null;
  createdTo?: Date | null;
  hasMismatch?: boolean | null;
}

/** What names one payout; the gateway's own id goes before the others. */
export const payoutHandles = ["id", "merchant_reference", "transaction_id"] as const;
export type PayoutHandle = (typeof payoutHandles)[number];

export function payoutsByIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<PayoutRow[]> {
  return keptQuery(db, `payouts ${shapeOf(ids, visibility)}`, valuesOf(ids, visibility), () =>
    visible(db, visibility).where("id", "in", ids).selectAll(),
  );
}

export function payoutById(db: Db | Tx, id: string): Promise<PayoutRow | undefined> {
  return db.selectFrom("payouts").where("id", "=", id).selectAll().executeTakeFirst();
}

export function payoutsByTransactionIds(db: Db, ids: readonly string[], visibility: Visibility): Promise<PayoutRow[]> {
  return visible(db, visibility).where("transaction_id", "in", ids).selectAll().execute();
}

/** One row more than asked for tells whether a next page exists. */
export function payoutsPage(db: Db, search: PayoutSearch, page: PageRequest, visibility: Visibility) {
  return newestOf(db, queriesOf(db, search, visibility), page);
}

/**
 * The newest of each customer's, at most `limit` of each, in one query: it walks each customer's index no further than
 * that, however many there are.
 */
export async function newestPayoutsOfCustomers(
  { db, dialect }: Database,
  customerIds: readonly string[],
  limit: number,
  { tenant }: Visibility,
): Promise<PayoutRow[]> {
  const isVisible = tenant === null ? sql`` : sql`and tenant = ${tenant}`;
  const newest = (columns: "id" | "*") => sql`
    select ${sql.raw(columns)} from payouts where customer_id = wanted.value ${isVisible}
      order by created_at desc, id desc limit ${limit}`;
  const { rows } =
    dialect === "postgres"
      ? await sql<PayoutRow>`select page.* from unnest(${customerIds}::text[]) as wanted (value)
          cross join lateral (${newest("*")}) as page
          order by customer_id, created_at desc, id desc`.execute(db)
      : await sql<PayoutRow>`select payouts.* from json_each(${JSON.stringify(customerIds)}) as wanted
          cross join payouts where payouts.id in (${newest("id")})
          order by customer_id, created_at desc, id desc`.execute(db);
  return rows;
}

export async function countPayouts(db: Db, search: PayoutSearch, visibility: Visibility): Promise<number> {
  const { status, customerId, walletId, currency, search: text, createdFrom, createdTo, hasMismatch } = search;
  // No count is kept for these: what is counted is no more than they leave.
  const isCounted = !(customerId || text || createdFrom || createdTo || typeof hasMismatch === "boolean");
  if (!isCounted) return countOf(db, queriesOf(db, search, visibility));
  let kept = db.selectFrom("payout_counts");
  if (visibility.tenant !== null) kept = kept.where("tenant", "=", visibility.tenant);
  if (status) kept = status.length > 0 ? kept.where("status", "in", status) : kept.where(sql<boolean>`1 = 0`);
  if (currency) kept = kept.where("currency", "=", currency);
  if (walletId) kept = kept.where("wallet", "=", walletId);
  const { total } = await kept.select((eb) => eb.fn.sum("count").as("total")).executeTakeFirstOrThrow();
  return Number(total ?? 0);
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

/** The payouts of these names, kept from others until the transaction ends. */
export async function lockPayouts(
  database: Database,
  tx: Tx,
  handle: PayoutHandle,
  names: readonly string[],
): Promise<OrderedPayoutRow[]> {
  if (names.length === 0) return [];
  return keptQuery(tx, `payouts locked by ${handle} ${names.length}`, names, () => {
    const query = tx.selectFrom("payouts").where(handle, "in", names).selectAll("payouts").select(orderedCommand);
    return database.lock(query) as typeof query;
  });
}

// A customer's intent never has a payout's id.
const orderedCommand = sql<string | null>`(select command from intents where subject_id = payouts.id limit 1)`.as(
  "command",
);

/** Payouts of the customer that the provider may have and that are not known by a transaction yet. */
export function unmatchedPayouts(
  tx: Tx,
  customerId: string,
): Promise<(OrderedPayoutRow & { sent_at: number | null })[]> {
  return tx
    .selectFrom("payouts")
    .innerJoin("intents", "intents.subject_id", "payouts.id")
    .where("payouts.customer_id", "=", customerId)
    .where("payouts.status", "in", ["SUBMITTING", "UNCONFIRMED"])
    .where("payouts.transaction_id", "is", null)
    .where("intents.sendings", ">", 0)
    .selectAll("payouts")
    .select(["intents.command", "intents.sent_at"])
    .execute();
}

/** Whether another payout is known by the transaction. */
export async function isTransactionTaken(tx: Tx, transactionId: string, payoutId: string): Promise<boolean> {
  const row = await tx
    .selectFrom("payouts")
    .where("transaction_id", "=", transactionId)
    .where("id", "!=", payoutId)
    .select("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** How many payouts have a mismatch: few, in an index of their own. */
export async function countMismatches(db: Db): Promise<number> {
  const { total } = await db
    .selectFrom("payouts")
    .where("mismatch", "is not", null)
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
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
  const { shape, values } = writtenRows([row]);
  await keptQuery(tx, `payout updated ${shape}`, [...values, id], () =>
    tx.updateTable("payouts").set(row).where("id", "=", id),
  );
}

function visible(db: Db, { tenant }: Visibility) {
  const query = db.selectFrom("payouts");
  return tenant === null ? query : query.where("tenant", "=", tenant);
}

// The compiler misses one that is not here.
const everyStatus = Object.keys({
  SUBMITTING: true,
  UNCONFIRMED: true,
  PENDING: true,
  PROCESSING: true,
  SUCCESSFUL: true,
  FAILED: true,
} satisfies Record<PayoutStatus, true>) as PayoutStatus[];

/** Together they select what is searched for, each row once; each has an index in the order of the page. */
function queriesOf(db: Db, search: PayoutSearch, visibility: Visibility) {
  const { customerId, currency, status, hasMismatch } = search;
  if (hasMismatch) return [mismatched(db, search, visibility)];
  if (customerId) return [ofCustomer(db, customerId, search, visibility)];
  // The currency has its place in the index after the status.
  const statuses = status ?? (currency ? everyStatus : null);
  if (!statuses) return [narrowed(visible(db, visibility), search)];
  return [...new Set(statuses)].map((each) => {
    const query = visible(db, visibility).where("status", "=", each);
    return narrowed(currency ? query.where("amount_currency", "=", currency) : query, search);
  });
}

/** Mismatches are few, and have indexes of their own: no other condition may lead to a longer one. */
function mismatched(db: Db, search: PayoutSearch, visibility: Visibility) {
  const { customerId, currency, status } = search;
  let query = visible(db, visibility).where("mismatch", "is not", null);
  if (customerId) query = query.where(unindexed("customer_id"), "=", customerId);
  if (currency) query = query.where(unindexed("amount_currency"), "=", currency);
  if (status)
    query = status.length > 0 ? query.where(unindexed("status"), "in", status) : query.where(sql<boolean>`1 = 0`);
  return narrowed(query, search);
}

function ofCustomer(db: Db, customerId: string, search: PayoutSearch, { tenant }: Visibility) {
  const { status, currency } = search;
  let query = db.selectFrom("payouts").where("customer_id", "=", customerId);
  if (tenant !== null) query = query.where(unindexed("tenant"), "=", tenant);
  if (status)
    query = status.length > 0 ? query.where(unindexed("status"), "in", status) : query.where(sql<boolean>`1 = 0`);
  if (currency) query = query.where("amount_currency", "=", currency);
  return narrowed(query, search);
}

function narrowed(query: SelectQueryBuilder<Tables, "payouts", object>, search: PayoutSearch) {
  let narrower = query;
  if (search.hasMismatch === false) narrower = narrower.where("mismatch", "is", null);
  if (search.walletId) narrower = narrower.where("wallet_id", "=", search.walletId);
  if (search.search) narrower = narrower.where(containsText(search.search.toLowerCase()));
  if (search.createdFrom) narrower = narrower.where("created_at", ">=", search.createdFrom.getTime());
  if (search.createdTo) narrower = narrower.where("created_at", "<", search.createdTo.getTime());
  return narrower;
}

function containsText(text: string) {
  const pattern = textPattern(text);
  const isOfCustomer = sql`customer_id in (select id from customers where search_text like ${pattern} escape '\\')`;
  const handles = ["id", "reference", "merchant_reference", "transaction_id"].map(
    (column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`,
  );
  return sql<boolean>`(${sql.join([isOfCustomer, ...handles], sql` or `)})`;
}
