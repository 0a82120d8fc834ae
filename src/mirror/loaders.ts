// Batched reads, made anew for each request and each subscription event, so that an answer is of one moment and no
// caller sees what was loaded for another.

import DataLoader from "dataloader";
import type { PayoutConnection } from "../schema/connection.type.js";
import type { Customer } from "../schema/customer.type.js";
import type { Document } from "../schema/document.type.js";
import type { Payout } from "../schema/payout.type.js";
import { customersByIds } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import { documentsByIds, documentsOfCustomers } from "../store/document.queries.js";
import { type PayoutRow, payoutsByIds, payoutsByTransactionIds } from "../store/payout.queries.js";
import { logHead } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";
import type { Adopter } from "./adopt.js";
import { toCustomer, toDocument, toPayout } from "./entities.js";
import { type Countable, firstPayoutPages, groupBy } from "./pages.js";

export interface Loaders {
  customersById: DataLoader<string, Customer | null>;
  documentsById: DataLoader<string, Document | null>;
  documentsByCustomerId: DataLoader<string, Document[]>;
  payoutsById: DataLoader<string, Payout | null>;
  payoutsByTransactionId: DataLoader<string, Payout | null>;
  /** The first page of a customer's payouts, without a filter. */
  firstPayouts: DataLoader<FirstPage, PayoutConnection & Countable, string>;
  /** Whose the loaded was, so that it can be told when it is no more what was loaded. */
  customersRead: Set<string>;
  /** Up to where the log is gone. Asked once, and not before what it is for was read. */
  prunedTo: () => Promise<number>;
}

export interface FirstPage {
  customerId: string;
  first: number;
}

export function createLoaders(database: Database, adopter: Adopter, visibility: Visibility): Loaders {
  const { db } = database;
  // What the provider has and nobody here made is the operator's. Anybody else is answered at once, so that the time taken
  // does not tell what is someone else's from what is not there.
  const asksProvider = visibility.tenant === null;

  const customersRead = new Set<string>();

  const asPayout = (row: PayoutRow) => {
    customersRead.add(row.customer_id);
    return toPayout(row, visibility);
  };

  async function knownCustomers(ids: readonly string[]) {
    for (const id of ids) customersRead.add(id);
    return byKey((await customersByIds(db, ids, visibility)).map(toCustomer), "id");
  }

  async function knownPayoutsByTransaction(ids: readonly string[]) {
    return byKey((await payoutsByTransactionIds(db, ids, visibility)).map(asPayout), "transactionId");
  }

  let prunedTo: Promise<number> | null = null;

  return {
    customersRead,

    prunedTo: () => {
      prunedTo ??= logHead(db).then(({ pruned_to }) => pruned_to);
      return prunedTo;
    },

    customersById: new DataLoader(async (ids) => {
      const known = await knownCustomers(ids);
      const missing = asksProvider ? ids.filter((id) => !known.has(id)) : [];
      if (missing.length === 0) return ids.map((id) => known.get(id) ?? null);
      const failures = await failuresOf(missing, (id) => adopter.seekCustomer(id));
      const adopted = await knownCustomers(missing);
      return ids.map((id) => known.get(id) ?? adopted.get(id) ?? failures.get(id) ?? null);
    }),

    documentsById: new DataLoader(async (ids) => {
      const rows = await documentsByIds(db, ids, visibility);
      for (const row of rows) customersRead.add(row.customer_id);
      const known = byKey(rows.map(toDocument), "id");
      return ids.map((id) => known.get(id) ?? null);
    }),

    documentsByCustomerId: new DataLoader(async (ids) => {
      for (const id of ids) customersRead.add(id);
      const rows = await documentsOfCustomers(db, ids, visibility);
      return ids.map((id) => rows.filter((row) => row.customer_id === id).map(toDocument));
    }),

    firstPayouts: new DataLoader(
      async (pages) => {
        const found = new Map<string, PayoutConnection & Countable>();
        // One selection asks for pages of one size.
        for (const [first, asked] of groupBy(pages, (page) => page.first)) {
          const ids = asked.map(({ customerId }) => customerId);
          const connections = await firstPayoutPages(database, ids, first, visibility);
          connections.forEach((connection, index) => {
            found.set(keyOfPage(asked[index] as FirstPage), connection);
          });
        }
        return pages.map((page) => found.get(keyOfPage(page)) as PayoutConnection & Countable);
      },
      { cacheKeyFn: keyOfPage },
    ),

    // The gateway gives these ids itself: the provider has nothing to say of one that is not here.
    payoutsById: new DataLoader(async (ids) => {
      const known = byKey((await payoutsByIds(db, ids, visibility)).map(asPayout), "id");
      return ids.map((id) => known.get(id) ?? null);
    }),

    payoutsByTransactionId: new DataLoader(async (ids) => {
      const known = await knownPayoutsByTransaction(ids);
      const missing = asksProvider ? ids.filter((id) => !known.has(id)) : [];
      if (missing.length === 0) return ids.map((id) => known.get(id) ?? null);
      const failures = await failuresOf(missing, (id) => adopter.seekPayout(id));
      const adopted = await knownPayoutsByTransaction(missing);
      return ids.map((id) => known.get(id) ?? adopted.get(id) ?? failures.get(id) ?? null);
    }),
  };
}

/** One that cannot be looked up takes none of its batch along: what is known is answered all the same. */
async function failuresOf(
  ids: readonly string[],
  adopt: (id: string) => Promise<unknown>,
): Promise<Map<string, Error>> {
  const failures = new Map<string, Error>();
  await Promise.all(ids.map((id) => adopt(id).catch((error: Error) => failures.set(id, error))));
  return failures;
}

function keyOfPage({ customerId, first }: FirstPage): string {
  return `${first} ${customerId}`;
}

function byKey<T, K extends keyof T>(values: readonly T[], key: K): Map<string, T> {
  return new Map(values.map((value) => [value[key] as string, value]));
}
