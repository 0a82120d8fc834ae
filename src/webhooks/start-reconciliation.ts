// One node at a time asks the provider for what webhooks did not bring.

import { randomUUID } from "node:crypto";
import { isProviderError } from "../datasources/provider-error.js";
import type { AccountImport } from "../mirror/import-account.js";
import type { Reconciler } from "../mirror/reconcile.js";
import { WorkLoop } from "../mirror/work-loop.js";
import type { Database } from "../store/database.js";
import { dropLease, holdLease } from "../store/lease.queries.js";
import type { Logger } from "../telemetry/logger.js";
import { type DeliveryRecoveryParts, recoverDeliveries } from "./recover-deliveries.js";

export interface ReconciliationParts extends DeliveryRecoveryParts {
  database: Database;
  reconciler: Reconciler;
  accountImport: AccountImport;
  everyMs: number;
  logger: Logger;
}

export const reconciliationLease = "reconciliation";
// Renewed while a round goes on; after it another node takes over from one that died.
const leaseMs = 6_000;

export function startReconciliation(parts: ReconciliationParts): { stop(): Promise<void> } {
  const { database, reconciler, accountImport, everyMs, logger } = parts;
  const owner = randomUUID();
  let isHolder = false;
  const loop = new WorkLoop({
    name: reconciliationLease,
    logger,
    atLeastEveryMs: everyMs,
    work: async (isStopped) => {
      const hold = () => holdLease(database, reconciliationLease, owner, leaseMs);
      if (!(await hold())) return null;
      const renewing = setInterval(() => hold().catch(() => {}), leaseMs / 3);
      try {
        while (goesOn(isStopped) && !(await accountImport.step()));
        if (goesOn(isStopped)) await reconciler.round();
        if (goesOn(isStopped)) await recoverDeliveries(parts);
      } catch (error) {
        // The provider does not answer, or has no budget to spare: the next round goes on from here.
        if (!isProviderError(error)) throw error;
        logger.debug({ reason: error.message }, "reconciliation put off");
      } finally {
        clearInterval(renewing);
      }
      return null;
    },
  });
  const goesOn = (isStopped: () => boolean) => isHolder && !isStopped();
  const beat = async () => {
    const held = await holdLease(database, reconciliationLease, owner, leaseMs).catch(() => false);
    const isNew = held && !isHolder;
    isHolder = held;
    if (isNew) loop.wake();
  };
  let beating = beat();
  const heart = setInterval(() => {
    beating = beat();
  }, leaseMs / 3);
  return {
    stop: async () => {
      clearInterval(heart);
      await beating;
      await loop.stop();
      await dropLease(database.db, reconciliationLease, owner);
    },
  };
}
