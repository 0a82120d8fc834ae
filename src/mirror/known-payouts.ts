// Payouts that a transaction is about to change, read together ahead of their turn: one query for many pieces of news.

import type { Change, PayoutChange } from "../datasources/changes.js";
import type { Database, Tx } from "../store/database.js";
import { lockPayouts, type OrderedPayoutRow, type PayoutHandle, payoutHandles } from "../store/payout.queries.js";

export class KnownPayouts {
  readonly #database: Database;
  readonly #tx: Tx;
  readonly #rows = new Map<string, OrderedPayoutRow>();

  constructor(database: Database, tx: Tx) {
    this.#database = database;
    this.#tx = tx;
  }

  async readAhead(changes: readonly Change[]): Promise<void> {
    let sought = changes.flatMap((change) => (change.kind === "payout" ? [namesOf(change)] : []));
    for (const handle of payoutHandles) {
      // Most are found by the first of their names.
      sought = sought.filter((names) => !names.some((name) => this.#rows.has(toKey(...name))));
      const names = sought.flatMap((each) => each.filter(([of]) => of === handle).map(([, name]) => name));
      for (const row of await lockPayouts(this.#database, this.#tx, handle, names)) {
        for (const key of keysOf(row)) this.#rows.set(key, row);
      }
    }
  }

  /** The payout that the news is about, kept from others until the transaction ends. */
  async take(change: PayoutChange): Promise<OrderedPayoutRow | undefined> {
    for (const [handle, name] of namesOf(change)) {
      const row = this.#rows.get(toKey(handle, name)) ?? (await this.#read(handle, name));
      if (!row) continue;
      // Whoever takes it changes it: the next one has to read what that made of it.
      for (const key of keysOf(row)) this.#rows.delete(key);
      return row;
    }
    return undefined;
  }

  async #read(handle: PayoutHandle, name: string): Promise<OrderedPayoutRow | undefined> {
    const [row] = await lockPayouts(this.#database, this.#tx, handle, [name]);
    return row;
  }
}

function namesOf({ payoutId, merchantReference, transactionId }: PayoutChange): [PayoutHandle, string][] {
  const names = { id: payoutId, merchant_reference: merchantReference, transaction_id: transactionId };
  return payoutHandles.flatMap((handle): [PayoutHandle, string][] => {
    const name = names[handle];
    return name ? [[handle, name]] : [];
  });
}

function keysOf(row: OrderedPayoutRow): string[] {
  return payoutHandles.map((handle) => toKey(handle, row[handle] ?? ""));
}

function toKey(handle: PayoutHandle, name: string): string {
  return `${handle} ${name}`;
}
