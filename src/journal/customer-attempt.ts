// One turn of a node at a createCustomer command: executes the effects of the state machine, feeds it what came of them, and
// stores every state before the next effect.

import type { CustomerChange } from "../datasources/changes.js";
import type { CreateCustomerCommand } from "../datasources/commands.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import { ProviderError } from "../datasources/provider-error.js";
import {
  type CreationEvent,
  type CreationRules,
  type CreationStep,
  type CustomerCreation,
  stepCreation,
} from "../domain/customer-creation.js";
import type { ChangeDoor, News } from "../mirror/apply-change.js";
import {
  lockIntent,
  ownerOfCustomer,
  permitSending,
  recordCustomer,
  recordCustomerIntent,
  renewCustomerIntent,
} from "../store/customer-intent.queries.js";
import type { Database } from "../store/database.js";
import type { IntentRow } from "../store/intent.queries.js";
import { moveCustomerTo } from "../store/tenant.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { toColumns, toCreation, toState } from "./customer-intent-row.js";
import { toSendingEvent } from "./customer-response.js";
import { createdAfter, findOwnCustomer } from "./find-own-customer.js";
import { LeaseLost } from "./intents.js";

export interface CustomerAttemptParts {
  database: Database;
  door: ChangeDoor;
  customers: CustomersDataSource;
  rules: CreationRules;
  metrics: Metrics;
  logger: Logger;
}

export class CustomerAttempt {
  readonly #parts: CustomerAttemptParts;
  readonly #intent: IntentRow;
  readonly #source: News["source"];
  #state: CustomerCreation;
  /** What the provider said last, for a caller who is told that nothing was done. */
  #failure: ProviderError | null = null;

  /** `intent` as the claim left it. */
  constructor(parts: CustomerAttemptParts, intent: IntentRow, source: News["source"]) {
    this.#parts = parts;
    this.#intent = intent;
    this.#source = source;
    this.#state = toCreation({ ...intent, fence: intent.fence - 1, lease_until: 0 });
  }

  /**
   * Works until the customer exists, is rejected or has to wait. Answers the failure where nothing was done and the key is
   * free again, otherwise null. Throws LeaseLost where another node has taken over.
   */
  async run(): Promise<ProviderError | null> {
    const { rules } = this.#parts;
    const renewing = setInterval(() => void this.#renew().catch(() => {}), rules.leaseMs / 3);
    try {
      let { effects } = await this.#feed({ kind: "CLAIMED" });
      for (;;) {
        const [effect] = effects;
        if (effect?.kind === "LOOK_UP") effects = await this.#lookUp();
        else if (effect?.kind === "SEND") effects = await this.#send();
        else return this.#state.stage === "RELEASED" ? this.#failure : null;
      }
    } finally {
      clearInterval(renewing);
    }
  }

  get #fence(): number {
    return this.#intent.fence;
  }

  #step(event: CreationEvent): CreationStep {
    const { database, rules } = this.#parts;
    return stepCreation(this.#state, event, database.clock.now(), rules);
  }

  async #feed(event: CreationEvent): Promise<CreationStep> {
    const step = this.#step(event);
    if (!(await recordCustomerIntent(this.#parts.database, this.#intent, toColumns(step.state)))) throw new LeaseLost();
    this.#state = step.state;
    return step;
  }

  async #renew(): Promise<void> {
    const { database, rules } = this.#parts;
    if (await renewCustomerIntent(database, this.#intent, rules.leaseMs)) {
      this.#state = this.#step({ kind: "RENEWED", fence: this.#fence }).state;
    }
  }

  async #lookUp(): Promise<CreationStep["effects"]> {
    const askedAtMs = this.#parts.database.clock.now();
    let found: CustomerChange | null;
    try {
      found = await findOwnCustomer(this.#parts, this.#intent);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return (await this.#feed(this.#notAnswered(error))).effects;
    }
    if (!found) return (await this.#feed({ kind: "ABSENT", fence: this.#fence, askedAtMs })).effects;
    if (await this.#apply("FOUND", found)) return [];
    // Another intent was first to take it.
    return (await this.#feed({ kind: "NOT_ANSWERED", fence: this.#fence })).effects;
  }

  #notAnswered(error: ProviderError): CreationEvent {
    const { retryAfterSeconds } = error;
    // Where nothing was sent, the caller is told about the provider, whatever is wrong with the look-up.
    const isPassing = error.kind === "RATE_LIMITED" || error.kind === "UNAVAILABLE";
    this.#failure = isPassing ? error : new ProviderError("UNAVAILABLE", error.message, { outcome: "NOT_DONE" });
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 };
    return { kind: "NOT_ANSWERED", fence: this.#fence, ...wait };
  }

  async #send(): Promise<CreationStep["effects"]> {
    const command = JSON.parse(this.#intent.command) as CreateCustomerCommand;
    let change: CustomerChange;
    try {
      change = await this.#parts.customers.create(command, () => this.#takePermission());
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.#failure = error;
      return (await this.#feed(toSendingEvent(error, this.#fence))).effects;
    }
    reachPoint("customer-answered");
    if (await this.#apply("ACCEPTED", change)) return [];
    // The answer names a customer that somebody else has: it says nothing about ours.
    return (await this.#feed({ kind: "UNKNOWN", fence: this.#fence })).effects;
  }

  async #takePermission(): Promise<void> {
    const from = this.#state;
    const { state, effects } = this.#step({ kind: "PERMISSION_ASKED", fence: this.#fence });
    const isRepeated = from.stage === "SENDING";
    const isPermitted =
      effects.some(({ kind }) => kind === "WRITE_REQUEST") &&
      (await permitSending(this.#parts.database, this.#intent, toState(from), isRepeated));
    if (!isPermitted) throw new LeaseLost();
    // A renewal may have come in between.
    this.#state = { ...state, leaseUntilMs: this.#state.leaseUntilMs };
  }

  /**
   * Takes the customer over, also where another node has the intent by now. Answers false where the customer belongs to
   * somebody else, and nothing was written.
   */
  async #apply(kind: "ACCEPTED" | "FOUND", change: CustomerChange): Promise<boolean> {
    const { database, door } = this.#parts;
    const intent = this.#intent;
    const { tenant } = intent;
    const customerId = change.id;
    const step = await door.open({ source: this.#source, tenant }, async (tx, applyNext) => {
      const row = await lockIntent(database, tx, intent.id);
      const next = this.#stepOf(row, { kind, customerId });
      if (row.state === "DONE") return next;
      const owner = await ownerOfCustomer(tx, customerId, intent, createdAfter(intent));
      if (owner === "ANOTHER") return null;
      if (owner === "OPERATOR") await moveCustomerTo(tx, customerId, tenant);
      await applyNext(change);
      await recordCustomer(database, tx, intent.id, toColumns(next.state));
      return next;
    });
    if (!step) return false;
    this.#state = step.state;
    reachPoint("customer-settled");
    for (const effect of step.effects) if (effect.kind === "REPORT_DUPLICATE") this.#reportDuplicate(effect.customerId);
    return true;
  }

  #stepOf(row: IntentRow, event: CreationEvent): CreationStep {
    const { database, rules } = this.#parts;
    return stepCreation(toCreation(row), event, database.clock.now(), rules);
  }

  #reportDuplicate(duplicateId: string): void {
    const { metrics, logger } = this.#parts;
    metrics.duplicateCustomers.inc();
    const { customerId } = this.#state;
    logger.error(
      { intent: this.#intent.id, customerId, duplicateId },
      "the provider has two customers for one command",
    );
  }
}
