// Takes up the createCustomer commands that no call works on: a dead node left them, or their outcome is not known.

import { WorkLoop } from "../mirror/work-loop.js";
import { dueCustomerIntents, nextCustomerIntentInMs } from "../store/customer-intent.queries.js";
import type { Database } from "../store/database.js";
import type { Logger } from "../telemetry/logger.js";
import type { CustomerJournal } from "./create-customer.js";

export interface CustomerWorkerParts {
  database: Database;
  customers: CustomerJournal;
  logger: Logger;
}

const batchSize = 20;
const atLeastEveryMs = 1_000;

export function startCustomerWorker({ database, customers, logger }: CustomerWorkerParts): { stop(): Promise<void> } {
  const takeUp = async ({ id }: { id: string }) => {
    try {
      await customers.attempt(id, "RECONCILIATION");
    } catch (error) {
      logger.error({ err: error, intent: id }, "customer could not be taken up; trying again");
    }
  };
  const loop = new WorkLoop({
    name: "createCustomer",
    logger,
    atLeastEveryMs,
    work: async (isStopped) => {
      const due = await dueCustomerIntents(database, batchSize);
      if (isStopped()) return null;
      await Promise.all(due.map(takeUp));
      return nextCustomerIntentInMs(database);
    },
  });
  loop.wake();
  return { stop: () => loop.stop() };
}
