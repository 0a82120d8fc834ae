// Hands one intent to the provider. It is marked as on its way before the first byte leaves, so a process that dies in
// between leaves something to look up and nothing to send blindly again.

import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutCommand } from "../datasources/commands.js";
import type { PayoutsDataSource } from "../datasources/payouts.datasource.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { ChangeDoor, News } from "../mirror/apply-change.js";
import type { Database } from "../store/database.js";
import {
  claimIntent,
  type IntentOutcome,
  type IntentRow,
  releaseIntent,
  settleIntent,
} from "../store/intent.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import { LeaseLost, leaseMs, whileLeased } from "./intents.js";
import type { ReferenceEcho } from "./reference-echo.js";
import { isRefusal, toPayoutRejection } from "./refusals.js";
import { startIntentSpan } from "./trace-intent.js";

export interface PayoutSenderParts {
  database: Database;
  door: ChangeDoor;
  payouts: PayoutsDataSource;
  referenceEcho: ReferenceEcho;
  tracing: Tracing;
  logger: Logger;
}

/** The call that asked for the payout. While it waits, it can be told that nothing was sent. */
export interface Caller {
  isWaiting: boolean;
}

const nobody: Caller = { isWaiting: false };
const resendMs = 5_000;

export class PayoutSender {
  readonly #parts: PayoutSenderParts;
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: PayoutSenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends the intent unless another sender has it. Afterwards the payout is what the provider said, or UNCONFIRMED.
   * For a waiting caller it throws the Rejection of the provider, or the ProviderError where nothing reached it.
   */
  async send(intentId: string, caller: Caller = nobody): Promise<void> {
    const sending = this.#send(intentId, caller);
    this.#underWay.add(sending);
    try {
      await sending;
    } finally {
      this.#underWay.delete(sending);
    }
  }

  /** Waits until what is being sent has its outcome on disk. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #send(intentId: string, caller: Caller): Promise<void> {
    const { database, tracing } = this.#parts;
    const intent = await claimIntent(database.db, intentId, ["OPEN"], Date.now(), leaseMs, "SENDING");
    if (!intent) return;
    reachPoint("payout-claimed");
    await during(startIntentSpan(tracing, "send payout", intent), () =>
      whileLeased(database, intent, () => this.#sendClaimed(intent, caller)),
    );
  }

  async #sendClaimed(intent: IntentRow, caller: Caller): Promise<void> {
    const command = JSON.parse(intent.command) as PayoutCommand;
    let change: PayoutChange;
    try {
      change = await this.#parts.payouts.create(command);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return this.#settleFailure(intent, command, error, caller);
    }
    reachPoint("payout-answered");
    if (change.merchantReference === command.merchantReference) await this.#parts.referenceEcho.note();
    // Accepted, under a status word that we have not met: what became of it is for the look-up to say.
    const isUnderstood = change.status !== undefined;
    const news = isUnderstood ? change : { ...change, ...unconfirmed, details: change.details };
    await this.settle(intent, news, isUnderstood ? { state: "DONE" } : lost(), "MUTATION");
    reachPoint("payout-settled");
  }

  /** The outcome and its log entry share one commit; it is undone where a later sender has taken over. */
  async settle(intent: IntentRow, change: PayoutChange, outcome: IntentOutcome, source: News["source"]): Promise<void> {
    const payoutId = intent.subject_id as string;
    await this.#parts.door.apply([{ ...change, payoutId }], { source }, async (tx) => {
      if (!(await settleIntent(tx, intent, outcome))) throw new LeaseLost();
    });
  }

  async #settleFailure(intent: IntentRow, command: PayoutCommand, error: ProviderError, caller: Caller): Promise<void> {
    // The reference is ours alone: that it is taken means that an earlier sending was accepted.
    if (error.outcome === "UNKNOWN" || error.fieldErrors.merchant_reference) {
      this.#parts.logger.warn({ payoutId: intent.subject_id, error: error.message }, "payout is unconfirmed");
      return this.settle(intent, unconfirmed, lost(), "MUTATION");
    }
    if (isRefusal(error)) {
      const rejection = toPayoutRejection(error, command);
      const refusal = JSON.stringify(rejection.userErrors);
      await this.settle(intent, failed(rejection.message), { state: "REFUSED", refusal }, "MUTATION");
      throw rejection;
    }
    const waitsItsTurn = error.kind === "RATE_LIMITED";
    if (waitsItsTurn || !caller.isWaiting || !(await this.#release(intent))) {
      const waitMs = waitsItsTurn ? (error.retryAfterSeconds ?? 1) * 1000 : resendMs;
      await settleIntent(this.#parts.database.db, intent, { state: "OPEN", next_attempt_at: Date.now() + waitMs });
      return;
    }
    throw error;
  }

  /**
   * Nothing reached the provider, and the caller hears it: the payout ends here, and the key can be used again. Not so
   * where another call was answered with this payout: the key must name it for good.
   */
  async #release(intent: IntentRow): Promise<boolean> {
    const payoutId = intent.subject_id as string;
    const change = { ...failed("The provider could not be reached; nothing was sent."), payoutId };
    try {
      await this.#parts.door.apply([change], { source: "MUTATION" }, async (tx) => {
        if (!(await releaseIntent(tx, intent))) throw new LeaseLost();
      });
      return true;
    } catch (error) {
      if (error instanceof LeaseLost) return false;
      throw error;
    }
  }
}

const unconfirmed: PayoutChange = { kind: "payout", status: "UNCONFIRMED", details: {} };

/** To be looked up at once, however long the sending took. */
function lost(): IntentOutcome {
  return { state: "UNCONFIRMED", attempts: 0, absent_since: null, next_attempt_at: Date.now() };
}

function failed(failureReason: string): PayoutChange {
  return { kind: "payout", status: "FAILED", reason: failureReason, details: { failureReason } };
}
