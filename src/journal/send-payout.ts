// Hands one intent to the provider. It is taken by lease and marked as on its way before the first byte leaves, so a
// process that dies in between leaves something to look up and nothing to send blindly again.

import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutCommand } from "../datasources/commands.js";
import type { PayoutsDataSource } from "../datasources/payouts.datasource.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Rejection } from "../schema/rejection.js";
import type { Database, Tx } from "../store/database.js";
import { claimIntent, deleteIntent, type IntentRow, settleIntent } from "../store/intent.queries.js";
import type { Logger } from "../telemetry/logger.js";
import { LeaseLost } from "./intents.js";
import { toPayoutRejection } from "./refusals.js";

export interface PayoutSenderParts {
  database: Database;
  door: ChangeDoor;
  payouts: PayoutsDataSource;
  /** Longer than one call to the provider can take. */
  leaseMs: number;
  logger: Logger;
}

export class PayoutSender {
  readonly #parts: PayoutSenderParts;

  constructor(parts: PayoutSenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends the intent unless another sender has it. Afterwards the payout is what the provider said, or UNCONFIRMED.
   * Throws a Rejection where the provider refused, and the ProviderError where nothing reached it.
   */
  async send(intentId: string): Promise<void> {
    const { database, payouts, leaseMs } = this.#parts;
    const intent = await claimIntent(database.db, intentId, ["OPEN"], Date.now(), leaseMs);
    if (!intent) return;
    const command = JSON.parse(intent.command) as PayoutCommand;
    let change: PayoutChange;
    try {
      change = await payouts.create(command);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return this.#settleFailure(intent, command, error);
    }
    await this.#settle(intent, change, "DONE");
  }

  async #settleFailure(intent: IntentRow, command: PayoutCommand, error: ProviderError): Promise<void> {
    if (error.kind === "REFUSED") {
      const rejection = toPayoutRejection(error, command);
      await this.#settle(intent, failed(rejection.message), "REFUSED", rejection);
      throw rejection;
    }
    if (error.outcome === "UNKNOWN") {
      this.#parts.logger.warn({ payoutId: intent.subject_id, error: error.message }, "payout is unconfirmed");
      await this.#settle(intent, { kind: "payout", status: "UNCONFIRMED", details: {} }, "UNCONFIRMED");
      return;
    }
    // Nothing reached the provider: the payout ends here, and the key is free for another try.
    await this.#apply(intent, failed("The provider could not be reached; nothing was sent."), (tx) =>
      deleteIntent(tx, intent),
    );
    throw error;
  }

  #settle(intent: IntentRow, change: PayoutChange, state: IntentRow["state"], rejection?: Rejection): Promise<void> {
    const refusal = rejection && { refusal: JSON.stringify(rejection.userErrors) };
    return this.#apply(intent, change, (tx) => settleIntent(tx, intent, { state, ...refusal, updated_at: Date.now() }));
  }

  /** The outcome and its log entry share one commit; it is undone where a later sender has taken over. */
  async #apply(intent: IntentRow, change: PayoutChange, write: (tx: Tx) => Promise<boolean>): Promise<void> {
    const payoutId = intent.subject_id as string;
    await this.#parts.door.apply([{ ...change, payoutId }], { source: "MUTATION" }, async (tx) => {
      if (!(await write(tx))) throw new LeaseLost();
    });
  }
}

function failed(failureReason: string): PayoutChange {
  return { kind: "payout", status: "FAILED", reason: failureReason, details: { failureReason } };
}
