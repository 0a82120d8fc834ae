// What a first start does in the background, with an end that can be waited for. Every page is remembered: what was
// broken off goes on from there, here or in a gateway.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CustomersDataSource } from "../datasources/customers.datasource.js";
import { isProviderError } from "../datasources/provider-error.js";
import { TransactionsDataSource } from "../datasources/transactions.datasource.js";
import { Adopter } from "../mirror/adopt.js";
import { ChangeDoor } from "../mirror/apply-change.js";
import { AccountImport } from "../mirror/import-account.js";
import { InProcessWakeUps } from "../mirror/wake-ups.js";
import { dropLease, holdLease } from "../store/lease.queries.js";
import { Metrics } from "../telemetry/metrics.js";
import { reconciliationLease } from "../webhooks/start-reconciliation.js";
import { type Answer, Refused } from "./answer.js";
import { commandLogger } from "./record-command.js";
import { type ProviderCommand, withProvider } from "./with-provider.js";

const leaseMs = 6_000;
const shortestWaitMs = 1_000;

export interface ImportOptions {
  isAgain: boolean;
  /** Progress, on a terminal. */
  isShown: boolean;
}

export function importAccount(options: ImportOptions): Promise<Answer> {
  return withProvider(async (parts) => {
    const { db } = parts.database;
    const owner = randomUUID();
    const hold = () => holdLease(parts.database, reconciliationLease, owner, leaseMs);
    if (!(await hold())) {
      throw new Refused(
        "A running gateway does it: its /readyz says how far it is. With it stopped, this command can.",
      );
    }
    const renewing = setInterval(() => hold().catch(() => {}), leaseMs / 3);
    try {
      const { customers, payouts } = await parts.record(
        { action: "importAccount" },
        () => importAll(parts, options),
        (detail) => ({ outcome: "DONE", detail: { ...detail } }),
      );
      return { text: `Taken over: ${customers} customers, ${payouts} payouts.`, json: { customers, payouts } };
    } finally {
      clearInterval(renewing);
      await dropLease(db, reconciliationLease, owner);
    }
  });
}

async function importAll({ database, provider }: ProviderCommand, { isAgain, isShown }: ImportOptions) {
  const logger = commandLogger("silent");
  const customers = new CustomersDataSource(provider);
  const transactions = new TransactionsDataSource(provider);
  // Nodes that run find what is new in the log within seconds.
  const door = new ChangeDoor({ database, wakeUps: new InProcessWakeUps(), metrics: new Metrics(), logger });
  const counted = { customers: 0, payouts: 0 };
  const count = async <P extends { changes: unknown[] }>(subject: keyof typeof counted, page: Promise<P>) => {
    const read = await page;
    counted[subject] += read.changes.length;
    return read;
  };
  const accountImport = new AccountImport({
    database,
    door,
    adopter: new Adopter(database, door, {
      customer: (id) => customers.get(id),
      transaction: (key) => transactions.get(key),
    }),
    listCustomers: (page) => count("customers", customers.list({ page }, "reconciliation")),
    listPayouts: (page) => count("payouts", transactions.list({ page }, "reconciliation")),
    logger,
  });
  if (isAgain) await accountImport.restart();
  while (!(await step(accountImport))) {
    if (isShown) await showProgress(accountImport, counted);
  }
  return counted;
}

/** Whatever else the account is used for goes first: where the budget has nothing to spare, this waits. */
async function step(accountImport: AccountImport): Promise<boolean> {
  for (;;) {
    try {
      return await accountImport.step();
    } catch (error) {
      if (!isProviderError(error, "RATE_LIMITED")) throw error;
      await sleep(Math.max(shortestWaitMs, (error.retryAfterSeconds ?? 0) * 1000));
    }
  }
}

async function showProgress(accountImport: AccountImport, counted: { customers: number; payouts: number }) {
  if (!process.stderr.isTTY) return;
  const progress = await accountImport.progress();
  const counts = `${counted.customers} customers, ${counted.payouts} payouts`;
  process.stderr.write(`\r\u001b[K${progress === null ? "" : `${counts}; ${progress}`}`);
}
