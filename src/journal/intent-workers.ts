// Take up what no call is waiting for: intents that a dead process left, that wait for the provider's budget, or whose
// answer was lost.

import { ProviderError } from "../datasources/provider-error.js";
import { WorkLoop } from "../mirror/work-loop.js";
import { Rejection } from "../schema/rejection.js";
import type { Database } from "../store/database.js";
import { dueIntents, type IntentRow, nextIntentIn } from "../store/intent.queries.js";
import type { IntentOperation } from "../store/tables.js";
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

const batchSize = 20;
const atLeastEveryMs = 1_000;

export function startIntentWorkers(parts: IntentWorkerParts): { stop(): Promise<void> } {
  const { sender, confirmer } = parts;
  const loops = [
    startLoop(parts, "createPayout", (intent) =>
      intent.state === "OPEN" ? sender.send(intent.id) : confirmer.confirm(intent),
    ),
  ];
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

function startLoop(
  { database, logger }: IntentWorkerParts,
  operation: IntentOperation,
  takeUp: (intent: IntentRow) => Promise<unknown>,
): WorkLoop {
  const loop = new WorkLoop({
    name: operation,
    logger,
    atLeastEveryMs,
    work: async (isStopped) => {
      const due = await dueIntents(database, operation, batchSize);
      if (isStopped()) return null;
      await Promise.all(due.map((intent) => takeUp(intent).catch((error) => report(logger, intent, error))));
      return nextIntentIn(database, operation);
    },
  });
  loop.wake();
  return loop;
}

function report(logger: Logger, intent: IntentRow, error: unknown): void {
  // Each of these is an outcome that is stored, or that another node has taken over.
  if (error instanceof Rejection || error instanceof LeaseLost || error instanceof ProviderError) return;
  logger.error({ err: error, intent: intent.id }, "intent could not be taken up; trying again");
}
