// createCustomer: one customer for each idempotency key. The command is stored before anything is sent; this call, another
// one with the key or the worker then takes it to its end, as src/domain/customer-creation.ts says.

import { v7 as newId } from "uuid";
import type { Principal } from "../access/principal.js";
import type { CreateCustomerCommand } from "../datasources/commands.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { News } from "../mirror/apply-change.js";
import type { CreateCustomerInput } from "../schema/create-customer.input.js";
import { Rejection } from "../schema/rejection.js";
import { claimCustomerIntent, isWorthClaiming } from "../store/customer-intent.queries.js";
import type { IntentRow } from "../store/intent.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import { CustomerAttempt, type CustomerAttemptParts } from "./customer-attempt.js";
import {
  findIntent,
  fingerprintOf,
  type IntentKey,
  KeyTaken,
  LeaseLost,
  leaseMs,
  storedRefusal,
  takeKey,
} from "./intents.js";
import { startIntentSpan } from "./trace-intent.js";

export interface CustomerResult {
  customerId: string;
  replayed: boolean;
}

export interface CustomerJournalParts extends Omit<CustomerAttemptParts, "rules"> {
  /** How far apart two look-ups must be to prove an absence. */
  absenceGapMs: number;
  /** When the caller gets a response, whether or not the outcome is known. */
  answerWithinMs: number;
  tracing: Tracing;
}

const pollMs = 100;
const retryAfterSeconds = 5;
// A repeated key does not wait out a long pause between two attempts.
const longPauseMs = 5_000;

export class CustomerJournal {
  readonly #parts: CustomerJournalParts;
  readonly #underWay = new Set<Promise<unknown>>();
  #isStopping = false;

  constructor(parts: CustomerJournalParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, input: CreateCustomerInput): Promise<CustomerResult> {
    const { idempotencyKey, ...command } = input;
    const key: IntentKey = {
      tenant: principal.tenant,
      operation: "createCustomer",
      // Without a key of the caller's, every call is a customer of its own.
      key: idempotencyKey ?? newId(),
      fingerprint: fingerprintOf(command),
    };
    const { database, answerWithinMs } = this.#parts;
    const deadline = performance.now() + answerWithinMs;
    let replayed = true;
    for (let isFirstLook = true; ; isFirstLook = false) {
      const intent = await findIntent(database, key);
      const result = intent && resultOf(intent, replayed);
      if (result) return result;
      const id = intent ? intent.id : await this.#record(key, command);
      if (id === null) continue;
      if (!intent) replayed = false;
      const isEarly = !intent || (isFirstLook && this.#isLongPause(intent));
      if (isEarly || isWorthClaiming(intent, database.clock.now())) {
        const failure = await within(deadline, this.attempt(id, "MUTATION", isEarly));
        if (failure) throw failure;
        if (failure === null) continue;
      }
      if (this.#isStopping || performance.now() > deadline) throw notKnownYet();
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /**
   * Takes the intent as far as it goes now, unless another node has it. Resolves with null once there is an outcome, with
   * undefined while there is none, and with the provider's failure where nothing was done and the key is free again.
   */
  attempt(intentId: string, source: News["source"], isEarly = false): Promise<ProviderError | null | undefined> {
    const attempt = this.#attempt(intentId, source, isEarly).finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
    return attempt;
  }

  /** Callers are not kept waiting any more; resolves when what is being sent has its outcome on disk. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #attempt(id: string, source: News["source"], isEarly: boolean): Promise<ProviderError | null | undefined> {
    const { database, absenceGapMs, tracing } = this.#parts;
    const intent = await claimCustomerIntent(database, id, leaseMs, isEarly);
    if (!intent) return undefined;
    reachPoint("customer-claimed");
    const attempt = new CustomerAttempt({ ...this.#parts, rules: { absenceGapMs, leaseMs } }, intent, source);
    try {
      return await during(startIntentSpan(tracing, "send customer", intent), () => attempt.run());
    } catch (error) {
      // What the node that took over finds out is the outcome.
      if (error instanceof LeaseLost) return undefined;
      throw error;
    }
  }

  /** Answers the intent's id; null where another call has just taken the key. */
  async #record(key: IntentKey, command: CreateCustomerCommand): Promise<string | null> {
    try {
      const { database } = this.#parts;
      const intent = { ...key, command, subjectId: null, leaseMs: 0 };
      const { id } = await database.transaction((tx) => takeKey(database, tx, intent));
      reachPoint("customer-recorded");
      return id;
    } catch (error) {
      if (error instanceof KeyTaken) return null;
      throw error;
    }
  }

  #isLongPause({ state, next_attempt_at }: IntentRow): boolean {
    return state === "UNCONFIRMED" && next_attempt_at - this.#parts.database.clock.now() > longPauseMs;
  }
}

/** The outcome that the intent has; null while it has none. */
function resultOf(intent: IntentRow, replayed: boolean): CustomerResult | null {
  if (intent.state === "REFUSED") throw new Rejection(storedRefusal(intent).userErrors, replayed);
  return intent.state === "DONE" ? { customerId: intent.subject_id as string, replayed } : null;
}

function notKnownYet(): ProviderError {
  return new ProviderError("UNAVAILABLE", "The outcome is not known yet; the gateway goes on.", {
    outcome: "UNKNOWN",
    retryAfterSeconds,
  });
}

/** What the work brings by the deadline, otherwise undefined; the work goes on. */
async function within<T>(deadline: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, deadline - performance.now()));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
