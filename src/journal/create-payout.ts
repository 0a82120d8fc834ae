// A payment is made once: the intent and the payout are on disk before anything is sent, and an answer that does not
// prove the outcome leaves the payout UNCONFIRMED instead of sending again.

import { v7 as newId } from "uuid";
import { type Principal, visibilityOf } from "../access/principal.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Mirror } from "../mirror/mirror.js";
import type { CreatePayoutInput } from "../schema/payout.input.js";
import { rejectField } from "../schema/rejection.js";
import type { Database } from "../store/database.js";
import { intentByKey } from "../store/intent.queries.js";
import { fingerprintOf, type IntentKey, KeyTaken, refuseReuse, storedRefusal, takeKey } from "./intents.js";
import { toFirstPayoutChange, toPayoutCommand } from "./payout-command.js";
import type { PayoutSender } from "./send-payout.js";

export interface PayoutResult {
  payoutId: string;
  replayed: boolean;
}

export interface PayoutJournalParts {
  database: Database;
  door: ChangeDoor;
  mirror: Mirror;
  sender: PayoutSender;
}

export class PayoutJournal {
  readonly #parts: PayoutJournalParts;
  /** Sendings under way in this process, so that a repeated call can wait for the first one. */
  readonly #sending = new Map<string, Promise<void>>();

  constructor(parts: PayoutJournalParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, input: CreatePayoutInput): Promise<PayoutResult> {
    const intentKey: IntentKey = {
      tenant: principal.tenant,
      operation: "createPayout",
      key: input.idempotencyKey,
      fingerprint: fingerprintOf(toPayoutCommand(input, "")),
    };
    const earlier = await this.#replay(intentKey);
    if (earlier) return earlier;
    await this.#checkCustomer(principal, input.customerId);
    try {
      const { payoutId, intentId } = await this.#record(intentKey, input);
      const sending = this.#parts.sender.send(intentId);
      this.#sending.set(payoutId, sending);
      await sending.finally(() => this.#sending.delete(payoutId));
      return { payoutId, replayed: false };
    } catch (error) {
      if (!(error instanceof KeyTaken)) throw error;
      return (await this.#replay(intentKey)) as PayoutResult;
    }
  }

  async #record(intentKey: IntentKey, input: CreatePayoutInput): Promise<{ payoutId: string; intentId: string }> {
    const payoutId = newId();
    const command = toPayoutCommand(input, `gw-${payoutId}`);
    let intentId = "";
    await this.#parts.door.apply(
      [toFirstPayoutChange(payoutId, input, command)],
      { source: "MUTATION", tenant: intentKey.tenant },
      async (tx) => {
        intentId = await takeKey(tx, intentKey, command, payoutId);
      },
    );
    return { payoutId, intentId };
  }

  /** The result that the key has already, once the call that took it has ended. */
  async #replay({ tenant, operation, key, fingerprint }: IntentKey): Promise<PayoutResult | null> {
    const find = () => intentByKey(this.#parts.database.db, tenant, operation, key);
    const first = await find();
    if (!first) return null;
    refuseReuse(first, fingerprint);
    await this.#sending.get(first.subject_id as string)?.catch(() => {});
    const ended = await find();
    if (ended?.state === "REFUSED") throw storedRefusal(ended);
    return { payoutId: first.subject_id as string, replayed: true };
  }

  async #checkCustomer(principal: Principal, customerId: string): Promise<void> {
    const customer = await this.#parts.mirror.loaders(visibilityOf(principal)).customersById.load(customerId);
    if (!customer) throw rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
    if (customer.status !== "VERIFIED") {
      throw rejectField(
        ["customerId"],
        "CUSTOMER_NOT_VERIFIED",
        "The customer must be VERIFIED before it can be paid.",
      );
    }
  }
}
