// The provider has no reference for customers: before a second attempt the customer is looked up by e-mail.

import { v7 as newId } from "uuid";
import type { Principal } from "../access/principal.js";
import type { CustomerChange } from "../datasources/changes.js";
import type { CreateCustomerCommand } from "../datasources/commands.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { CreateCustomerInput } from "../schema/create-customer.input.js";
import type { Database } from "../store/database.js";
import { claimIntent, deleteIntent, type IntentRow, intentByKey, settleIntent } from "../store/intent.queries.js";
import { fingerprintOf, type IntentKey, KeyTaken, LeaseLost, refuseReuse, storedRefusal, takeKey } from "./intents.js";
import { toCustomerRejection } from "./refusals.js";

export interface CustomerResult {
  customerId: string;
  replayed: boolean;
}

export interface CustomerJournalParts {
  database: Database;
  door: ChangeDoor;
  customers: CustomersDataSource;
  leaseMs: number;
}

export class CustomerJournal {
  readonly #parts: CustomerJournalParts;
  readonly #creating = new Map<string, Promise<string>>();

  constructor(parts: CustomerJournalParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, input: CreateCustomerInput): Promise<CustomerResult> {
    const { idempotencyKey, ...fields } = input;
    const command: CreateCustomerCommand = fields;
    const intentKey: IntentKey = {
      tenant: principal.tenant,
      operation: "createCustomer",
      // Without a key of the caller's every call is a customer of its own.
      key: idempotencyKey ?? newId(),
      fingerprint: fingerprintOf(command),
    };
    const earlier = await this.#replay(intentKey);
    if (earlier) return earlier;
    try {
      const intentId = await this.#parts.database.transaction((tx) => takeKey(tx, intentKey, command, null));
      return { customerId: await this.#run(intentId, ["OPEN"]), replayed: false };
    } catch (error) {
      if (!(error instanceof KeyTaken)) throw error;
      return (await this.#replay(intentKey)) as CustomerResult;
    }
  }

  /** The result that the key has already; an attempt whose answer was lost is taken up again. */
  async #replay({ tenant, operation, key, fingerprint }: IntentKey): Promise<CustomerResult | null> {
    const intent = await intentByKey(this.#parts.database.db, tenant, operation, key);
    if (!intent) return null;
    refuseReuse(intent, fingerprint);
    if (intent.state === "REFUSED") throw storedRefusal(intent);
    if (intent.state === "DONE") return { customerId: intent.subject_id as string, replayed: true };
    return {
      customerId: await (this.#creating.get(intent.id) ?? this.#run(intent.id, ["UNCONFIRMED"])),
      replayed: true,
    };
  }

  #run(intentId: string, from: IntentRow["state"][]): Promise<string> {
    const creating = this.#attempt(intentId, from).finally(() => this.#creating.delete(intentId));
    this.#creating.set(intentId, creating);
    return creating;
  }

  async #attempt(intentId: string, from: IntentRow["state"][]): Promise<string> {
    const { database, door, customers, leaseMs } = this.#parts;
    const intent = await claimIntent(database.db, intentId, from, Date.now(), leaseMs);
    if (!intent) {
      throw new ProviderError("UNAVAILABLE", "Another call with this key is still under way.", { outcome: "UNKNOWN" });
    }
    const command = JSON.parse(intent.command) as CreateCustomerCommand;
    try {
      const change =
        (from.includes("UNCONFIRMED") && (await this.#findEarlier(command))) || (await customers.create(command));
      await door.apply([change], { source: "MUTATION", tenant: intent.tenant }, async (tx) => {
        const outcome = { state: "DONE" as const, subject_id: change.id, updated_at: Date.now() };
        if (!(await settleIntent(tx, intent, outcome))) throw new LeaseLost();
      });
      return change.id;
    } catch (error) {
      if (error instanceof ProviderError) await this.#settleFailure(intent, error);
      throw error;
    }
  }

  async #settleFailure(intent: IntentRow, error: ProviderError): Promise<void> {
    const { database } = this.#parts;
    const now = Date.now();
    if (error.kind === "REFUSED") {
      const rejection = toCustomerRejection(error);
      const refusal = JSON.stringify(rejection.userErrors);
      await settleIntent(database.db, intent, { state: "REFUSED", refusal, updated_at: now });
      throw rejection;
    }
    if (error.outcome === "UNKNOWN") {
      await settleIntent(database.db, intent, { state: "UNCONFIRMED", updated_at: now });
    } else {
      await database.transaction((tx) => deleteIntent(tx, intent));
    }
  }

  async #findEarlier({ email, type }: CreateCustomerCommand): Promise<CustomerChange | null> {
    if (!email) return null;
    const found = await this.#parts.customers.findByEmail(email, "write");
    return found.find(({ details }) => details.type === type) ?? null;
  }
}
