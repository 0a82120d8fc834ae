// Batched reads, made anew for each request and each subscription event, so that an answer is of one moment and no
// caller sees what was loaded for another. What is held since an earlier request, of what the same caller may see, is not
// read again as long as it says the same.

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
import type { HeldKind, ObjectsAt } from "./fresh-objects.js";
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

interface Found<T> {
  id: string;
  /** Whose it is. */
  customerId: string;
  value: T;
}

export interface FirstPage {
  customerId: string;
  first: number;
}

/** `held`: null where all of it is to be read. */
export function createLoaders(
  database: Database,
  adopter: Adopter,
  visibility: Visibility,
  held: ObjectsAt | null,
): Loaders {
  const { db } = database;
  // What the provider has and nobody here made is the operator's. Anybody else is answered at once, so that the time taken
  // does not tell what is someone else's from what is not there.
  const asksProvider = visibility.tenant === null;

  const customersRead = new Set<string>();

  const asPayout = (row: PayoutRow) => {
    customersRead.add(row.customer_id);
    return toPayout(row, visibility);
  };

  /** Those that are there, by their ids: what is held, and the rest read together. */
  async function known<T extends object>(
    kind: HeldKind,
    ids: readonly string[],
    read: (ids: readonly string[]) => Promise<Found<T>[]>,
  ): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    const sought: string[] = [];
    for (const id of ids) {
      const value = held?.find<T>(kind, id);
      if (value) found.set(id, value);
      else sought.push(id);
    }
    for (const { id, customerId, value } of sought.length > 0 ? await read(sought) : []) {
      held?.hold(kind, id, value, customerId);
      found.set(id, value);
    }
    return found;
  }

  function knownCustomers(ids: readonly string[]): Promise<Map<string, Customer>> {
    for (const id of ids) customersRead.add(id);
    return known("customer", ids, async (sought) => {
      const rows = await customersByIds(db, sought, visibility);
      return rows.map((row) => ({ id: row.id, customerId: row.id, value: toCustomer(row) }));
    });
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
      const customers = await knownCustomers(ids);
      const missing = asksProvider ? ids.filter((id) => !customers.has(id)) : [];
      if (missing.length === 0) return ids.map((id) => customers.get(id) ?? null);
      const failures = await failuresOf(missing, (id) => adopter.seekCustomer(id));
      const adopted = await knownCustomers(missing);
      return ids.map((id) => customers.get(id) ?? adopted.get(id) ?? failures.get(id) ?? null);
    }),

    documentsById: new DataLoader(async (ids) => {
      const rows = await documentsByIds(db, ids, visibility);
      for (const row of rows) customersRead.add(row.customer_id);
      const documents = byKey(rows.map(toDocument), "id");
      return ids.map((id) => documents.get(id) ?? null);
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
          const connections = await known(`${first} payouts`, ids, async (sought) => {
            const read = await firstPayoutPages(database, sought, first, visibility);
            return read.map((value, index) => {
              const customerId = sought[index] as string;
              return { id: customerId, customerId, value };
            });
          });
          for (const [customerId, connection] of connections) found.set(keyOfPage({ customerId, first }), connection);
        }
        return pages.map((page) => found.get(keyOfPage(page)) as PayoutConnection & Countable);
      },
      { cacheKeyFn: keyOfPage },
    ),

    // The gateway gives these ids itself: the provider has nothing to say of one that is not here.
    payoutsById: new DataLoader(async (ids) => {
      const payouts = await known("payout", ids, async (sought) => {
        const rows = await payoutsByIds(db, sought, visibility);
        return rows.map((row) => ({ id: row.id, customerId: row.customer_id, value: toPayout(row, visibility) }));
      });
      for (const { customerId } of payouts.values()) customersRead.add(customerId);
      return ids.map((id) => payouts.get(id) ?? null);
    }),

    payoutsByTransactionId: new DataLoader(async (ids) => {
      const payouts = await knownPayoutsByTransaction(ids);
      const missing = asksProvider ? ids.filter((id) => !payouts.has(id)) : [];
      if (missing.length === 0) return ids.map((id) => payouts.get(id) ?? null);
      const failures = await failuresOf(missing, (id) => adopter.seekPayout(id));
      const adopted = await knownPayoutsByTransaction(missing);
      return ids.map((id) => payouts.get(id) ?? adopted.get(id) ?? failures.get(id) ?? null);
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
