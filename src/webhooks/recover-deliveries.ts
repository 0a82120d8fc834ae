// The provider keeps a log of what it could not deliver. What is in it and not in the inbox is put there.

import type { WebhooksDataSource } from "../datasources/webhooks.datasource.js";
import type { Database } from "../store/database.js";
import { hasEventKey } from "../store/inbox.queries.js";
import { readSetting, writeSetting } from "../store/setting.queries.js";
import type { Metrics } from "../telemetry/metrics.js";
import { classifyEvent } from "./classify-event.js";
import { storeEvent } from "./store-event.js";

export interface DeliveryRecoveryParts {
  database: Database;
  webhooks: WebhooksDataSource;
  metrics: Metrics;
  onStored: () => void;
}

const readUntilSetting = "webhook-log.read-until";
const nextPageSetting = "webhook-log.next-page";
const perPage = 30;
const maxPages = 5;
// A delivery fails for good only after its last try, long after the day of its first.
const rereadDays = 3;
const dayMs = 86_400_000;

/** Reads the log of failed deliveries since the last reading, a few pages at a time. */
export async function recoverDeliveries(parts: DeliveryRecoveryParts): Promise<void> {
  const { database, webhooks } = parts;
  const readUntil = await readSetting(database.db, readUntilSetting);
  const startDate = toDay(readUntil === null ? Date.now() : Number(readUntil), rereadDays);
  const firstPage = Number((await readSetting(database.db, nextPageSetting)) ?? "1");
  const startedAt = Date.now();
  for (let page = firstPage; page < firstPage + maxPages; page += 1) {
    const { logs, hasMore } = await webhooks.listLogs({ status: "FAILED", startDate, page, perPage }, "reconciliation");
    // Told in the order in which it happened, where that is known.
    for (const { payload } of logs.toReversed()) {
      if (payload !== null) await takeOver(parts, Buffer.from(payload));
    }
    if (!hasMore) {
      await writeSetting(database.db, nextPageSetting, "1");
      // A reading that began with a later page has not seen what came meanwhile.
      if (firstPage === 1) await writeSetting(database.db, readUntilSetting, String(startedAt));
      return;
    }
  }
  // The newest come first: what is added meanwhile moves the rest to later pages, never to earlier ones.
  await writeSetting(database.db, nextPageSetting, String(firstPage + maxPages));
}

async function takeOver({ database, metrics, onStored }: DeliveryRecoveryParts, rawBody: Buffer): Promise<void> {
  const event = classifyEvent(rawBody);
  // The log prints the body anew: its bytes are not the ones that were signed, so only the key can be compared.
  if (await hasEventKey(database.db, event.dedupeKey)) return;
  if (!(await storeEvent(database, event, rawBody))) return;
  metrics.reconciliations.inc({ kind: "delivery", found: "moved" });
  onStored();
}

function toDay(instant: number, daysBefore: number): string {
  return new Date(instant - daysBefore * dayMs).toISOString().slice(0, 10);
}
