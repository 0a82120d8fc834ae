// The provider has no reference for customers: before a second attempt the customer is looked up by its e-mail address
// and identity number.

import { v7 as newId } from "uuid";
import type { Principal } from "../access/principal.js";
import type { CustomerChange } from "../datasources/changes.js";
import type { CreateCustomerCommand } from "../datasources/commands.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import { isProviderError, ProviderError } from "../datasources/provider-error.js";
import type { ChangeDoor, News } from "../mirror/apply-change.js";
import type { CreateCustomerInput } from "../schema/create-customer.input.js";
import type { Database } from "../store/database.js";
import { claimIntent, hasSubject, type IntentRow, settleIntent } from "../store/intent.queries.js";
import type { IntentState } from "../store/tables.js";
import { reachPoint } from "../telemetry/crash-point.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import {
  findIntent,
  fingerprintOf,
  type IntentKey,
  KeyTaken,
  LeaseLost,
  leaseMs,
  storedRefusal,
  takeKey,
  waitWhileSending,
  whileLeased,
} from "./intents.js";
import { isRefusal, toCustomerRejection } from "./refusals.js";
import { startIntentSpan } from "./trace-intent.js";

export interface CustomerResult {
  customerId: string;
  replayed: boolean;
}

export interface CustomerJournalParts {
  database: Database;
  door: ChangeDoor;
  customers: CustomersDataSource;
  /** How far apart two look-ups must be to prove an absence. */
  absenceGapMs: number;
  answerWithinMs: number;
  tracing: Tracing;
}

export class CustomerJournal {
  readonly #parts: CustomerJournalParts;

  constructor(parts: CustomerJournalParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, input: CreateCustomerInput): Promise<CustomerResult> {
    const { idempotencyKey, ...fields } = input;
    const command: CreateCustomerCommand = fields;
    const key: IntentKey = {
      tenant: principal.tenant,
      operation: "createCustomer",
      // Without a key of the caller's every call is a customer of its own.
      key: idempotencyKey ?? newId(),
      fingerprint: fingerprintOf(command),
    };
    const { database, answerWithinMs } = this.#parts;
    let replayed = true;
    for (;;) {
      try {
        if (await findIntent(database, key)) {
          const earlier = await waitWhileSending(database, key, answerWithinMs);
          if (earlier) return { customerId: await this.#replay(earlier), replayed };
        }
        const { id: intentId } = await database.transaction((tx) =>
          takeKey(database, tx, { ...key, command, subjectId: null, leaseMs: 0 }),
        );
        replayed = false;
        reachPoint("customer-recorded");
        return { customerId: await this.attempt(intentId, "MUTATION"), replayed: false };
      } catch (error) {
        // Another sender has taken over: what it finds out is the answer.
        if (!(error instanceof KeyTaken || error instanceof LeaseLost)) throw error;
      }
    }
  }

  /**
   * Makes the customer of an intent, or finds the one that an earlier attempt made. Answers its id; throws the
   * provider's Rejection, or the ProviderError where the outcome is not known yet or nothing was done.
   */
  async attempt(intentId: string, source: News["source"]): Promise<string> {
    const { database, tracing } = this.#parts;
    const claim = (from: readonly IntentState[]) => claimIntent(database, intentId, from, leaseMs, "SENDING");
    // Only an OPEN intent was certainly never sent, whatever was tried before: the others are looked for first.
    const fresh = await claim(["OPEN"]);
    const intent = fresh ?? (await claim(["SENDING", "UNCONFIRMED"]));
    if (!intent) throw stillUnderWay();
    reachPoint("customer-claimed");
    const isFirst = fresh !== null;
    const work = async () => {
      try {
        const askedAt = Date.now();
        const earlier = isFirst ? null : await this.#findEarlier(intent);
        return await this.#settle(intent, earlier ?? (await this.#create(intent, isFirst ? null : askedAt)), source);
      } catch (error) {
        if (error instanceof ProviderError) await this.#settleFailure(intent, isFirst, error);
        throw error;
      }
    };
    const span = startIntentSpan(tracing, "send customer", intent);
    return during(span, () => whileLeased(database, intent, work));
  }

  /** `askedAt` is when the look-up began that did not find it: a slow answer must not make two of them look apart. */
  async #create(intent: IntentRow, askedAt: number | null): Promise<CustomerChange> {
    const { customers, absenceGapMs } = this.#parts;
    const { absent_since: absentSince } = intent;
    if (askedAt !== null && (absentSince === null || askedAt - absentSince < absenceGapMs)) {
      throw new NotFoundYet(absentSince ?? Date.now());
    }
    const change = await customers.create(JSON.parse(intent.command) as CreateCustomerCommand);
    reachPoint("customer-answered");
    return change;
  }

  async #settle(intent: IntentRow, change: CustomerChange, source: News["source"]): Promise<string> {
    await this.#parts.door.apply([change], { source, tenant: intent.tenant }, async (tx) => {
      if (!(await settleIntent(tx, intent, { state: "DONE", subject_id: change.id }, Date.now())))
        throw new LeaseLost();
    });
    reachPoint("customer-settled");
    return change.id;
  }

  async #settleFailure(intent: IntentRow, isFirst: boolean, error: ProviderError): Promise<void> {
    const { db } = this.#parts.database;
    if (isRefusal(error)) {
      const rejection = toCustomerRejection(error);
      await settleIntent(db, intent, { state: "REFUSED", refusal: JSON.stringify(rejection.userErrors) }, Date.now());
      throw rejection;
    }
    if (error.outcome === "NOT_DONE" && !(error instanceof NotFoundYet)) {
      // An attempt that never left proves nothing about the ones before it.
      await settleIntent(db, intent, { state: isFirst ? "RELEASED" : "UNCONFIRMED", ...later(intent) }, Date.now());
      return;
    }
    const absentSince = error instanceof NotFoundYet ? error.since : null;
    await settleIntent(db, intent, { state: "UNCONFIRMED", absent_since: absentSince, ...later(intent) }, Date.now());
  }

  async #replay(intent: IntentRow): Promise<string> {
    if (intent.state === "REFUSED") throw storedRefusal(intent);
    if (intent.state === "DONE") return intent.subject_id as string;
    return this.attempt(intent.id, "MUTATION");
  }

  /** What a lost attempt made: a customer that fits and that no other intent has made. */
  async #findEarlier(intent: IntentRow): Promise<CustomerChange | null> {
    const { email, type, idNumber, registrationNumber } = JSON.parse(intent.command) as CreateCustomerCommand;
    const found = await this.#parts.customers
      .find({ email, idNumber, registrationNumber }, "write")
      .catch((error) => Promise.reject(isProviderError(error, "REFUSED") ? lookUpRefused() : error));
    for (const change of found) {
      if (change.details.type !== type) continue;
      if (!(await hasSubject(this.#parts.database.db, "createCustomer", change.id))) return change;
    }
    return null;
  }
}

/** One look-up that found nothing proves nothing yet. */
class NotFoundYet extends ProviderError {
  constructor(readonly since: number) {
    super("UNAVAILABLE", "The customer was not found; looking again before it is created.", {
      outcome: "NOT_DONE",
      retryAfterSeconds: 5,
    });
  }
}

/** That a look-up is refused says nothing of the customer. */
function lookUpRefused(): ProviderError {
  return new ProviderError("UNAVAILABLE", "The provider refused to look for the customer.", { outcome: "UNKNOWN" });
}

function stillUnderWay(): ProviderError {
  return new ProviderError("UNAVAILABLE", "Another call with this key is still under way.", {
    outcome: "UNKNOWN",
    retryAfterSeconds: 5,
  });
}

const firstWaitMs = 2_000;
const longestWaitMs = 60_000;

function later({ attempts }: IntentRow): { attempts: number; next_attempt_at: number } {
  const waitMs = Math.min(firstWaitMs * 2 ** attempts, longestWaitMs);
  return { attempts: attempts + 1, next_attempt_at: Date.now() + waitMs };
}
