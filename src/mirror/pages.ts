// Relay pages over the store. The total is counted only when it is asked for.

import type { CustomerConnection, PayoutConnection } from "../schema/connection.type.js";
import { type CustomerSearch, countCustomers, customersPage } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import type { PageKey } from "../store/page.js";
import {
  countPayouts,
  newestPayoutsOfCustomers,
  type PayoutRow,
  type PayoutSearch,
  payoutsPage,
} from "../store/payout.queries.js";
import type { Visibility } from "../store/visibility.js";
import { toCustomer, toPayout } from "./entities.js";

export class PageCursorInvalid extends Error {
  constructor() {
    super("The cursor is not one of this list's.");
    this.name = "PageCursorInvalid";
  }
}

export interface PageArgs {
  first: number;
  after: string | null;
}

/** Feeds the connection's `totalCount`. */
export interface Countable {
  countAll(): Promise<number>;
}

export async function customerConnection(
  database: Database,
  search: CustomerSearch,
  { first, after }: PageArgs,
  visibility: Visibility,
): Promise<CustomerConnection & Countable> {
  const rows = await customersPage(database.db, search, { first, after: decodeKey(after) }, visibility);
  return Object.assign(connectionOf(rows.map(toCustomer), { first, after }, encodeKey), {
    countAll: () => countCustomers(database.db, search, visibility),
  });
}

export async function payoutConnection(
  database: Database,
  search: PayoutSearch,
  { first, after }: PageArgs,
  visibility: Visibility,
): Promise<PayoutConnection & Countable> {
  const rows = await payoutsPage(database.db, search, { first, after: decodeKey(after) }, visibility);
  return toPayoutConnection(database, rows, search, { first, after }, visibility);
}

/** The first page of each customer's payouts, all of them by one query. */
export async function firstPayoutPages(
  database: Database,
  customerIds: readonly string[],
  first: number,
  visibility: Visibility,
): Promise<(PayoutConnection & Countable)[]> {
  const rows = await newestPayoutsOfCustomers(database, customerIds, first + 1, visibility);
  const byCustomer = groupBy(rows, ({ customer_id }) => customer_id);
  return customerIds.map((customerId) =>
    toPayoutConnection(database, byCustomer.get(customerId) ?? [], { customerId }, { first, after: null }, visibility),
  );
}

function toPayoutConnection(
  database: Database,
  rows: readonly PayoutRow[],
  search: PayoutSearch,
  page: PageArgs,
  visibility: Visibility,
): PayoutConnection & Countable {
  const payouts = rows.map((row) => toPayout(row, visibility));
  return Object.assign(connectionOf(payouts, page, encodeKey), {
    countAll: () => countPayouts(database.db, search, visibility),
  });
}

export function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** One row more than asked for tells that the list goes on. Cursors are made where they are asked for. */
export function connectionOf<T>(rows: T[], { first, after }: PageArgs, cursorOf: (node: T) => string) {
  const nodes = rows.slice(0, first);
  const placeOf = (index: number) => {
    const node = nodes.at(index);
    return node === undefined ? null : cursorOf(node);
  };
  return {
    nodes,
    get edges() {
      return nodes.map((node) => ({ node, cursor: cursorOf(node) }));
    },
    get pageInfo() {
      return {
        hasNextPage: rows.length > first,
        hasPreviousPage: after !== null,
        startCursor: placeOf(0),
        endCursor: placeOf(-1),
      };
    },
  };
}

function encodeKey(node: { id: string; createdAt: Date }): string {
  return Buffer.from(`${node.createdAt.getTime()} ${node.id}`).toString("base64url");
}

function decodeKey(cursor: string | null): PageKey | null {
  if (cursor === null) return null;
  const text = Buffer.from(cursor, "base64url").toString();
  const parts = /^(\d{1,15}) (.+)$/.exec(text);
  if (!parts || Buffer.from(text).toString("base64url") !== cursor) throw new PageCursorInvalid();
  return { createdAt: Number(parts[1]), id: parts[2] as string };
}
