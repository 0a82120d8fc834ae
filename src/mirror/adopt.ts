// What the gateway has never seen is looked up at the provider once and taken over.

import type { CustomerChange, PayoutChange } from "../datasources/changes.js";
import { customersByIds } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import { everything } from "../store/visibility.js";
import type { ChangeDoor, News } from "./apply-change.js";
import { UnknownSubject } from "./apply-context.js";

export interface ProviderLookUps {
  customer(id: string): Promise<CustomerChange | null>;
  /** By transaction id, reference or merchant reference. */
  transaction(key: string): Promise<PayoutChange | null>;
}

const absenceKeptMs = 10_000;
const maxAbsent = 10_000;

export class Adopter {
  readonly #database: Database;
  readonly #door: ChangeDoor;
  readonly #provider: ProviderLookUps;
  readonly #inFlight = new Map<string, Promise<boolean>>();
  /** What the provider did not know, and until when that is believed. The oldest comes first. */
  readonly #absent = new Map<string, number>();

  constructor(database: Database, door: ChangeDoor, provider: ProviderLookUps) {
    this.#database = database;
    this.#door = door;
    this.#provider = provider;
  }

  /** Like `adoptCustomer`, for readers: what was not there a moment ago is not asked for again. */
  async seekCustomer(id: string): Promise<void> {
    await this.#unlessAbsent(`customer ${id}`, () => this.adoptCustomer(id));
  }

  /** Like `adoptPayout`, for readers: what was not there a moment ago is not asked for again. */
  async seekPayout(key: string): Promise<void> {
    await this.#unlessAbsent(`payout ${key}`, () => this.adoptPayout(key));
  }

  /** Answers whether the provider knows the customer. */
  adoptCustomer(id: string, source: News["source"] = "RECONCILIATION"): Promise<boolean> {
    return this.#once(`customer ${id}`, async () => {
      const change = await this.#provider.customer(id);
      return change !== null && (await this.#takeOver(change, source));
    });
  }

  /** Answers whether the provider knows a payout by this key. Its customer is taken over with it. */
  adoptPayout(key: string, source: News["source"] = "RECONCILIATION"): Promise<boolean> {
    return this.#once(`payout ${key}`, async () => {
      const change = await this.#provider.transaction(key);
      if (!change) return false;
      const { customerId } = change.details;
      if (customerId && (await customersByIds(this.#database.db, [customerId], everything)).length === 0) {
        if (!(await this.adoptCustomer(customerId, source))) return false;
      }
      return this.#takeOver(change, source);
    });
  }

  /** What the provider tells too little of to be shown counts as not known: nothing half is made of it. */
  async #takeOver(change: CustomerChange | PayoutChange, source: News["source"]): Promise<boolean> {
    try {
      await this.#door.apply([change], { source });
      return true;
    } catch (error) {
      if (error instanceof UnknownSubject) return false;
      throw error;
    }
  }

  async #unlessAbsent(name: string, adopt: () => Promise<boolean>): Promise<void> {
    if ((this.#absent.get(name) ?? 0) > Date.now()) return;
    this.#absent.delete(name);
    if (await adopt()) return;
    this.#absent.set(name, Date.now() + absenceKeptMs);
    const [oldest] = this.#absent.keys();
    if (this.#absent.size > maxAbsent && oldest !== undefined) this.#absent.delete(oldest);
  }

  #once(key: string, work: () => Promise<boolean>): Promise<boolean> {
    const running = this.#inFlight.get(key);
    if (running) return running;
    const started = work().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, started);
    return started;
  }
}
