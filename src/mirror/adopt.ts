// What the gateway has never seen is looked up at the provider once and taken over.

import type { CustomerChange, PayoutChange } from "../datasources/changes.js";
import { customersByIds } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import { everything } from "../store/visibility.js";
import type { ChangeDoor, News } from "./apply-change.js";

export interface ProviderLookUps {
  customer(id: string): Promise<CustomerChange | null>;
  /** By transaction id, reference or merchant reference. */
  transaction(key: string): Promise<PayoutChange | null>;
}

export class Adopter {
  readonly #database: Database;
  readonly #door: ChangeDoor;
  readonly #provider: ProviderLookUps;
  readonly #inFlight = new Map<string, Promise<boolean>>();

  constructor(database: Database, door: ChangeDoor, provider: ProviderLookUps) {
    this.#database = database;
    this.#door = door;
    this.#provider = provider;
  }

  /** Answers whether the provider knows the customer. */
  adoptCustomer(id: string, source: News["source"] = "RECONCILIATION"): Promise<boolean> {
    return this.#once(`customer ${id}`, async () => {
      const change = await this.#provider.customer(id);
      if (change) await this.#door.apply([change], { source });
      return change !== null;
    });
  }

  /** Answers whether the provider knows a payout by this key. Its customer is taken over with it. */
  adoptPayout(key: string, source: News["source"] = "RECONCILIATION"): Promise<boolean> {
    return this.#once(`payout ${key}`, async () => {
      const change = await this.#provider.transaction(key);
      if (!change) return false;
      const { customerId } = change.details;
      if (customerId && (await customersByIds(this.#database.db, [customerId], everything)).length === 0) {
        await this.adoptCustomer(customerId, source);
      }
      await this.#door.apply([change], { source });
      return true;
    });
  }

  #once(key: string, work: () => Promise<boolean>): Promise<boolean> {
    const running = this.#inFlight.get(key);
    if (running) return running;
    const started = work().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, started);
    return started;
  }
}
