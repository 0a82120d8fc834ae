// What the gateway has never seen is looked up at the provider once and taken over.

import type { CustomerChange, PayoutChange } from "../datasources/changes.js";
import type { CustomerStatus } from "../schema/customer.enum.js";
import type { PayoutStatus } from "../schema/payout.enum.js";
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

/** The provider does not know it, or does not say enough of it. The message names it and the reason. */
export class NotAdopted extends Error {
  override readonly name = "NotAdopted";
}

const absenceKeptMs = 10_000;
const maxAbsent = 10_000;

export class Adopter {
  readonly #database: Database;
  readonly #door: ChangeDoor;
  readonly #provider: ProviderLookUps;
  readonly #inFlight = new Map<string, Promise<unknown>>();
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

  /**
   * Returns what the provider says of the customer, or throws NotAdopted. `told` is its status according to a webhook, which
   * counts for what is new where the look-up shows none.
   */
  adoptCustomer(id: string, source: News["source"] = "RECONCILIATION", told?: CustomerStatus): Promise<CustomerChange> {
    return this.#once(`customer ${id} ${told ?? ""}`, async () => {
      const change = await this.#provider.customer(id);
      if (!change) throw new NotAdopted(`The provider does not know customer ${id}.`);
      return this.#takeOver(change, source, `customer ${id}`, told && { ...change, status: told });
    });
  }

  /** The same for a payout, by any of its keys. Its customer is taken over with it. */
  adoptPayout(key: string, source: News["source"] = "RECONCILIATION", told?: PayoutStatus): Promise<PayoutChange> {
    return this.#once(`payout ${key} ${told ?? ""}`, async () => {
      const change = await this.#provider.transaction(key);
      if (!change) throw new NotAdopted(`The provider does not know transaction ${key}.`);
      const { customerId } = change.details;
      if (customerId && (await customersByIds(this.#database.db, [customerId], everything)).length === 0) {
        await this.adoptCustomer(customerId, source);
      }
      return this.#takeOver(change, source, `transaction ${key}`, told && { ...change, status: told });
    });
  }

  /** What the provider tells too little of to be shown counts as not known: nothing half is made of it. */
  async #takeOver<C extends CustomerChange | PayoutChange>(
    change: C,
    source: News["source"],
    name: string,
    told: C | undefined,
  ): Promise<C> {
    const isTold = change.status === undefined && told !== undefined;
    const whole = isTold ? told : change;
    try {
      await this.#door.apply([whole], { source }, async (_tx, [applied]) => {
        // Only a look-up may overrule what is known, and this status is not from one.
        if (isTold && applied?.from !== null) throw new NotAdopted(`The provider tells no status of ${name}.`);
      });
      return change;
    } catch (error) {
      if (error instanceof UnknownSubject) throw new NotAdopted(reasonFor(change, name));
      throw error;
    }
  }

  async #unlessAbsent(name: string, adopt: () => Promise<unknown>): Promise<void> {
    const now = this.#database.clock.now();
    const until = this.#absent.get(name) ?? 0;
    if (until > now && until <= now + absenceKeptMs) return;
    this.#absent.delete(name);
    try {
      await adopt();
    } catch (error) {
      if (!(error instanceof NotAdopted)) throw error;
      this.#absent.set(name, this.#database.clock.now() + absenceKeptMs);
      const [oldest] = this.#absent.keys();
      if (this.#absent.size > maxAbsent && oldest !== undefined) this.#absent.delete(oldest);
    }
  }

  #once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#inFlight.get(key);
    if (running) return running as Promise<T>;
    const started = work().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, started);
    return started;
  }
}

function reasonFor(change: CustomerChange | PayoutChange, name: string): string {
  if (change.status === undefined && change.unknownStatus !== undefined) {
    return `The ${change.kind} status ${JSON.stringify(change.unknownStatus.slice(0, 40))} that the provider tells of ${name} is not known.`;
  }
  const { details } = change;
  const needed =
    change.kind === "customer"
      ? {
          status: change.status,
          type: change.details.type,
          email: change.details.email,
          country: change.details.country,
        }
      : { status: change.status, customer: "customerId" in details ? details.customerId : undefined };
  const missing = Object.entries(needed).flatMap(([field, value]) => (value ? [] : [field]));
  if (missing.length > 0) return `The provider's answer about ${name} lacks: ${missing.join(", ")}.`;
  return `It is not known whether ${name} is a payout of this gateway whose outcome is not known yet.`;
}
