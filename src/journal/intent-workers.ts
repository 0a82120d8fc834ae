// Take up what no call is waiting for: intents that a dead process left, that wait for the provider's budget, or whose
// answer was lost.

import { ProviderError } from "../datasources/provider-error.js";
import { WorkLoop } from "../mirror/work-loop.js";
import { Rejection } from "../schema/rejection.js";
import type { Database } from "../store/database.js";
import { dueIntents, type IntentRow, nextIntentIn } from "../store/intent.queries.js";
import type { Logger } from "../telemetry/logger.js";
import type { PayoutConfirmer } from "./confirm-payout.js";
import { LeaseLost } from "./intents.js";
import type { PayoutSender } from "./send-payout.js";

export interface IntentWorkerParts {
  database: Database;
  sender: PayoutSender;
  confirmer: PayoutConfirmer;
  logger: Logger;
}

const maxUnderWay = 40;
const atLeastEveryMs = 1_000;

export interface IntentWorkers {
  /** Looks for due intents now: one has just become due. */
  wake(): void;
  stop(): Promise<void>;
}

/** Each intent is worked on by itself: one whose call hangs holds up no other. */
export function startIntentWorkers({ database, sender, confirmer, logger }: IntentWorkerParts): IntentWorkers {
  const underWay = new Map<string, Promise<unknown>>();
  const takeUp = (intent: IntentRow) => (intent.state === "OPEN" ? sender.send(intent.id) : confirmer.confirm(intent));
  const start = (intent: IntentRow) => {
    const work = takeUp(intent)
      .catch((error) => report(logger, intent, error))
      .finally(() => {
        underWay.delete(intent.id);
        loop.wake();
      });
    underWay.set(intent.id, work);
  };
  const loop = new WorkLoop({
    name: "createPayout",
    logger,
    atLeastEveryMs,
    work: async (isStopped) => {
      const due = await dueIntents(database, "createPayout", maxUnderWay);
      if (isStopped()) return null;
      for (const intent of due) {
        if (underWay.size < maxUnderWay && !underWay.has(intent.id)) start(intent);
      }
      // Each that ends wakes this loop.
      return underWay.size >= maxUnderWay ? atLeastEveryMs : nextIntentIn(database, "createPayout");
    },
  });
  loop.wake();
  return {
    wake: () => loop.wake(),
    stop: async () => {
      await loop.stop();
      await Promise.all(underWay.values());
    },
  };
}

function report(logger: Logger, intent: IntentRow, error: unknown): void {
  // Each of these is an outcome that is stored, or that another node has taken over.
  if (error instanceof Rejection || error instanceof LeaseLost || error instanceof ProviderError) return;
  logger.error({ err: error, intent: intent.id }, "intent could not be taken up; trying again");
}
