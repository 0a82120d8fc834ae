// Settles a payout whose answer was lost: it is looked up by its reference. Only a proven absence, two look-ups some
// seconds apart that found nothing, sends it again, and always under the same reference.

import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutCommand } from "../datasources/commands.js";
import { isProviderError } from "../datasources/provider-error.js";
import type { TransactionsDataSource } from "../datasources/transactions.datasource.js";
import type { Database } from "../store/database.js";
import { claimIntent, type IntentRow, settleIntent } from "../store/intent.queries.js";
import { payoutsByIds } from "../store/payout.queries.js";
import { everything } from "../store/visibility.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import { leaseMs, whileLeased } from "./intents.js";
import type { ReferenceEcho } from "./reference-echo.js";
import type { PayoutSender } from "./send-payout.js";
import { startIntentSpan } from "./trace-intent.js";

export interface PayoutConfirmerParts {
  database: Database;
  transactions: TransactionsDataSource;
  sender: PayoutSender;
  referenceEcho: ReferenceEcho;
  /** How far apart two look-ups must be to prove an absence. */
  absenceGapMs: number;
  tracing: Tracing;
  logger: Logger;
}

const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

export class PayoutConfirmer {
  readonly #parts: PayoutConfirmerParts;

  constructor(parts: PayoutConfirmerParts) {
    this.#parts = parts;
  }

  /** Looks the payout up unless somebody else is at it; where it is proven absent, the intent is OPEN again. */
  async confirm(due: IntentRow): Promise<void> {
    const { database, tracing } = this.#parts;
    const intent = await claimIntent(database.db, due.id, [due.state], Date.now(), leaseMs);
    if (!intent) return;
    await during(startIntentSpan(tracing, "confirm payout", intent), () =>
      whileLeased(database, intent, () => this.#confirmClaimed(intent)),
    );
  }

  async #confirmClaimed(intent: IntentRow): Promise<void> {
    const { database, sender } = this.#parts;
    const [payout] = await payoutsByIds(database.db, [intent.subject_id as string], everything);
    if (payout && payout.status !== "SUBMITTING" && payout.status !== "UNCONFIRMED") {
      // A webhook was first.
      await settleIntent(database.db, intent, { state: "DONE" });
      return;
    }
    if (payout?.status === "SUBMITTING") {
      // Its sender died: whether anything left it, only the provider knows.
      await sender.settle(intent, unconfirmed, { state: "UNCONFIRMED" }, "RECONCILIATION");
      return;
    }
    await this.#lookUp(intent);
  }

  async #lookUp(intent: IntentRow): Promise<void> {
    const { transactions, sender, referenceEcho } = this.#parts;
    const { merchantReference } = JSON.parse(intent.command) as PayoutCommand;
    let found: PayoutChange | null;
    const askedAt = Date.now();
    try {
      found = await transactions.get(merchantReference, "payout");
    } catch (error) {
      if (!isProviderError(error)) throw error;
      return this.#waitLonger(intent, intent.absent_since);
    }
    reachPoint("payout-looked-up");
    if (found) {
      await referenceEcho.note();
      // A status word that we have not met settles nothing.
      if (!found.status) return this.#waitLonger(intent, null);
      await sender.settle(intent, found, { state: "DONE" }, "RECONCILIATION");
      return;
    }
    await this.#noteAbsence(intent, askedAt);
  }

  async #noteAbsence(intent: IntentRow, askedAt: number): Promise<void> {
    const { absenceGapMs, sender, referenceEcho, logger } = this.#parts;
    const now = Date.now();
    if (intent.absent_since === null || !(await referenceEcho.isKnown())) {
      return this.#waitLonger(intent, intent.absent_since ?? now);
    }
    // Counted from question to question: a slow answer must not make two look-ups look apart.
    if (askedAt - intent.absent_since < absenceGapMs) return this.#waitLonger(intent, intent.absent_since);
    logger.warn({ payoutId: intent.subject_id }, "payout was not found at the provider; sending it again");
    const outcome = { state: "OPEN" as const, next_attempt_at: now, attempts: 0, absent_since: null };
    await sender.settle(intent, sentAgain, outcome, "RECONCILIATION");
    reachPoint("payout-absent");
  }

  async #waitLonger(intent: IntentRow, absentSince: number | null): Promise<void> {
    const { database, absenceGapMs } = this.#parts;
    const waitMs = Math.min(
      Math.max(Math.min(firstWaitMs, absenceGapMs) * 2 ** intent.attempts, absentSince ? absenceGapMs : 0),
      longestWaitMs,
    );
    await settleIntent(database.db, intent, {
      attempts: intent.attempts + 1,
      absent_since: absentSince,
      next_attempt_at: Date.now() + waitMs,
    });
  }
}

const unconfirmed: PayoutChange = {
  kind: "payout",
  status: "UNCONFIRMED",
  reason: "The gateway stopped before the answer was stored.",
  details: {},
};

const sentAgain: PayoutChange = {
  kind: "payout",
  status: "SUBMITTING",
  reason: "Not found at the provider: sent again under the same reference.",
  details: {},
};
