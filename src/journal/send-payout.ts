// Hands one intent to the provider. It is marked as on its way right before the first byte leaves, so a process that dies
// in between leaves something to look up and nothing to send blindly again.

import { setTimeout as sleep } from "node:timers/promises";
import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutCommand } from "../datasources/commands.js";
import type { PayoutsDataSource } from "../datasources/payouts.datasource.js";
import { isProviderError, ProviderError } from "../datasources/provider-error.js";
import type { PayoutLife } from "../domain/payout-life.js";
import type { Database } from "../store/database.js";
import { claimIntent, type IntentRow, permitSending, renewIntent } from "../store/intent.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import { LeaseLost, leaseMs, whileLeased } from "./intents.js";
import { toPayoutResponse } from "./payout-response.js";
import type { PayoutTransitions } from "./payout-transitions.js";
import type { ReferenceLookUps } from "./reference-look-ups.js";
import { startIntentSpan } from "./trace-intent.js";

export interface PayoutSenderParts {
  database: Database;
  payouts: PayoutsDataSource;
  transitions: PayoutTransitions;
  referenceLookUps: ReferenceLookUps;
  tracing: Tracing;
  logger: Logger;
}

/** How one sending ended. `unsent` is set where no byte reached the provider. */
export interface Sent {
  life: PayoutLife;
  unsent: ProviderError | null;
}

const betweenTriesMs = 100;

export class PayoutSender {
  readonly #parts: PayoutSenderParts;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(parts: PayoutSenderParts) {
    this.#parts = parts;
  }

  /** Sends the intent, or returns null where another sender has it. A turn that is given was taken by the caller. */
  async send(intentId: string, turn?: IntentRow): Promise<Sent | null> {
    return this.#track(this.#send(intentId, turn));
  }

  /** Waits until what is being sent has its outcome on disk. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Takes the intent for a caller that is about to be told that nothing was sent. */
  async release(intentId: string): Promise<boolean> {
    const { database, transitions } = this.#parts;
    const turn = await claimIntent(database, intentId, ["OPEN"], leaseMs);
    return turn !== null && transitions.release(turn);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    return work.finally(() => this.#underWay.delete(work));
  }

  async #send(intentId: string, turn?: IntentRow): Promise<Sent | null> {
    const { database, tracing } = this.#parts;
    const intent = turn ?? (await claimIntent(database, intentId, ["OPEN"], leaseMs));
    if (!intent) return null;
    return during(startIntentSpan(tracing, "send payout", intent), () =>
      whileLeased(database, intent, () => this.#sendClaimed(intent)),
    );
  }

  async #sendClaimed(intent: IntentRow): Promise<Sent> {
    const { payouts, transitions, referenceLookUps, logger } = this.#parts;
    const expired = await transitions.expire(intent);
    if (expired) return { life: expired, unsent: null };
    const command = JSON.parse(intent.command) as PayoutCommand;
    let change: PayoutChange;
    try {
      change = await payouts.create(command, this.#permission(intent));
    } catch (error) {
      // Not permitted: another sender has it, or the payout has moved. Where the turn is still held, it ends here.
      if (error instanceof LeaseLost)
        return { life: await transitions.respond(intent, { type: "NOT_SENT" }), unsent: null };
      if (!(error instanceof ProviderError)) throw error;
      logger.debug({ payoutId: intent.subject_id, reason: error.message }, "payout was not accepted");
      const response = toPayoutResponse(error, command);
      const life = await transitions.respond(intent, response);
      return { life, unsent: response.type === "NOT_SENT" ? error : null };
    }
    reachPoint("payout-answered");
    const life = await this.#accept(intent, change);
    reachPoint("payout-settled");
    void this.#track(referenceLookUps.learn(command.merchantReference)).catch((error) => {
      logger.warn({ err: error }, "an accepted payout could not be looked up");
    });
    return { life, unsent: null };
  }

  /** An accepted response is not given up because the database fails while it is written. */
  async #accept(intent: IntentRow, change: PayoutChange): Promise<PayoutLife> {
    const { transitions } = this.#parts;
    const giveUpAt = performance.now() + leaseMs;
    for (;;) {
      try {
        return await transitions.accept(intent, change);
      } catch (error) {
        // What is not written in time is looked up by its reference.
        if (error instanceof LeaseLost || performance.now() > giveUpAt) throw error;
        await sleep(betweenTriesMs);
      }
    }
  }

  /** The last check before the bytes go out. A second request of the same sending, with a fresh token, only keeps the turn. */
  #permission(intent: IntentRow): () => Promise<void> {
    const { database } = this.#parts;
    let isGranted = false;
    return async () => {
      const askedAt = performance.now();
      const holds = isGranted
        ? await renewIntent(database, intent, leaseMs)
        : await permitSending(database, intent, leaseMs);
      // This process may have been paused while it asked: the permission may be over.
      if (!holds || performance.now() - askedAt > leaseMs / 2) throw new LeaseLost();
      isGranted = true;
      reachPoint("payout-claimed");
    };
  }
}

/** Whether waiting may help: not where the provider does not accept the gateway's credential. */
export function isWorthRetrying(error: ProviderError): boolean {
  return !isProviderError(error, "UNAUTHENTICATED") && !isProviderError(error, "FORBIDDEN");
}
