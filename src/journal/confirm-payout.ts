// Looks up a payout whose response was lost, by its reference. What is found decides; only proven absence, two look-ups
// some seconds apart that found nothing, sends it again, and always under the same reference.

import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutCommand } from "../datasources/commands.js";
import { isProviderError } from "../datasources/provider-error.js";
import type { FoundTransaction, TransactionsDataSource } from "../datasources/transactions.datasource.js";
import type { LookUp } from "../domain/payout-life.js";
import type { Database } from "../store/database.js";
import { claimIntent, type IntentRow } from "../store/intent.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import { leaseMs, whileLeased } from "./intents.js";
import type { PayoutTransitions } from "./payout-transitions.js";
import type { ReferenceLookUps } from "./reference-look-ups.js";
import { startIntentSpan } from "./trace-intent.js";

export interface PayoutConfirmerParts {
  database: Database;
  transactions: TransactionsDataSource;
  transitions: PayoutTransitions;
  referenceLookUps: ReferenceLookUps;
  tracing: Tracing;
  logger: Logger;
}

export class PayoutConfirmer {
  readonly #parts: PayoutConfirmerParts;

  constructor(parts: PayoutConfirmerParts) {
    this.#parts = parts;
  }

  /** Looks the payout up unless somebody else is at it. Where it is proven absent, the intent is OPEN again. */
  async confirm(due: IntentRow): Promise<void> {
    const { database, tracing, transitions } = this.#parts;
    const intent = await claimIntent(database, due.id, [due.state], leaseMs);
    if (!intent) return;
    await during(startIntentSpan(tracing, "confirm payout", intent), () =>
      whileLeased(database, intent, async () => {
        // Its sender stopped: whether anything left it, only the provider knows.
        if (intent.state === "SENDING") await transitions.senderLost(intent);
        else await this.#lookUp(intent);
      }),
    );
  }

  async #lookUp(intent: IntentRow): Promise<void> {
    const { database, transactions, transitions, referenceLookUps, logger } = this.#parts;
    const { merchantReference } = JSON.parse(intent.command) as PayoutCommand;
    const askedAtMs = database.clock.now();
    let found: FoundTransaction;
    try {
      found = await transactions.lookUp(merchantReference, "payout");
    } catch (error) {
      if (!isProviderError(error)) throw error;
      await transitions.lookedUp(intent, { type: "NOT_ANSWERED" }, askedAtMs);
      return;
    }
    reachPoint("payout-looked-up");
    const change = found.type === "PAYOUT" ? found.change : undefined;
    if (change) await referenceLookUps.note(change, merchantReference);
    const result = toLookUp(found, merchantReference);
    const life = await transitions.lookedUp(intent, result, askedAtMs, result.type === "FOUND" ? change : undefined);
    if (life.intent !== "OPEN") return;
    logger.warn({ payoutId: intent.subject_id }, "payout was not found at the provider; sending it again");
    reachPoint("payout-absent");
  }
}

/** An unknown type or status word is never absence, and another reference is another payment. */
function toLookUp(found: FoundTransaction, merchantReference: string): LookUp {
  if (found.type === "ABSENT") return { type: "ABSENT" };
  if (found.type === "OTHER") return { type: "UNCLEAR" };
  const { status, transactionId, merchantReference: reference }: PayoutChange = found.change;
  if (reference !== merchantReference || !status || !transactionId) return { type: "UNCLEAR" };
  return { type: "FOUND", status, transactionId };
}
