// Finds what webhooks did not bring: open payouts and customers in review whose news is overdue are looked up, the longest
// unheard first. Look-ups spend only what nobody else needs of the provider's budget.

import type { Change, CustomerChange, PayoutChange } from "../datasources/changes.js";
import { isProviderError } from "../datasources/provider-error.js";
import { unheardCustomers } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import { customersFromFuture, payoutsFromFuture } from "../store/future.queries.js";
import { unheardPayouts } from "../store/payout.queries.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { ChangeDoor } from "./apply-change.js";
import { MismatchedPayout } from "./apply-payout-change.js";

export interface ReconcilerParts {
  database: Database;
  door: ChangeDoor;
  lookUps: {
    customer(id: string): Promise<CustomerChange | null>;
    transaction(key: string): Promise<PayoutChange | null>;
  };
  /** News is overdue when nothing was heard for so long. */
  overdueMs: number;
  metrics: Metrics;
  logger: Logger;
}

interface Wait {
  until: number;
  /** How long it was: the next one is twice as long. */
  ms: number;
}

const perRound = 25;
const longestWaitMs = 3_600_000;
const maxWaiting = 1_000;
// No row was heard of in the future: a clock was ahead.
const implausibleMs = 600_000;

export class Reconciler {
  readonly #parts: ReconcilerParts;
  /** What the provider did not find or could not tell, and when to ask again. */
  readonly #waits = new Map<string, Wait>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Looks up what is overdue, as far as the budget allows. */
  async round(): Promise<void> {
    const { database, lookUps, overdueMs } = this.#parts;
    const now = database.clock.now();
    const heardBefore = now - overdueMs;
    const implausible = now + implausibleMs;
    // What waits must not stand in the way of what can be told.
    const limit = perRound + this.#waits.size;
    const payouts = [
      ...(await payoutsFromFuture(database.db, implausible, limit)),
      ...(await unheardPayouts(database.db, heardBefore, limit)),
    ];
    for (const { id, transaction_id, merchant_reference } of this.#ready(payouts)) {
      const key = transaction_id ?? merchant_reference;
      if (!key) continue;
      const goesOn = await this.#lookUp("payout", id, async () => {
        const change = await lookUps.transaction(key);
        return change && { ...change, payoutId: id };
      });
      if (!goesOn) return;
    }
    const customers = [
      ...(await customersFromFuture(database.db, implausible, limit)),
      ...(await unheardCustomers(database.db, heardBefore, limit)),
    ];
    for (const { id } of this.#ready(customers)) {
      if (!(await this.#lookUp("customer", id, () => lookUps.customer(id)))) return;
    }
  }

  #ready<T extends { id: string }>(rows: readonly T[]): T[] {
    const now = this.#parts.database.clock.now();
    const isWaiting = (until: number) => until > now && until <= now + longestWaitMs;
    return rows.filter(({ id }) => !isWaiting(this.#waits.get(id)?.until ?? 0)).slice(0, perRound);
  }

  #putOff(id: string): void {
    const ms = Math.min((this.#waits.get(id)?.ms ?? this.#parts.overdueMs / 2) * 2, longestWaitMs);
    // Forgotten waits only cost look-ups.
    if (this.#waits.size >= maxWaiting) this.#waits.clear();
    this.#waits.set(id, { until: this.#parts.database.clock.now() + ms, ms });
  }

  /** Answers false where the provider takes no more look-ups now. */
  async #lookUp(kind: "payout" | "customer", id: string, ask: () => Promise<Change | null>): Promise<boolean> {
    const { door, metrics, logger } = this.#parts;
    try {
      const change = await ask();
      const [applied] = change ? await door.apply([change], { source: "RECONCILIATION" }) : [];
      const found = applied === undefined ? "missing" : applied.position === null ? "unmoved" : "moved";
      metrics.reconciliations.inc({ kind, found });
      if (found === "missing") {
        logger.warn({ kind, id }, "the provider does not find what it knew");
        this.#putOff(id);
      } else {
        this.#waits.delete(id);
      }
      return true;
    } catch (error) {
      const kindOfFailure = isProviderError(error) ? error.kind : null;
      if (kindOfFailure === null && !(error instanceof MismatchedPayout)) throw error;
      metrics.reconciliations.inc({ kind, found: "failed" });
      // Without budget nothing was asked: it is first again in the next round.
      if (kindOfFailure === "RATE_LIMITED") return false;
      logger.warn({ kind, id, err: error }, "look-up failed");
      this.#putOff(id);
      return kindOfFailure !== "UNAVAILABLE";
    }
  }
}
