// The provider keeps a log of the webhooks that it sent. What it could not deliver, or believes delivered though it never came
// here, is put into the inbox: a webhook that came late. The source of what it changes is WEBHOOK.

import type { WebhooksDataSource } from "../datasources/webhooks.datasource.js";
import type { Database } from "../store/database.js";
import { hasEventKey } from "../store/inbox.queries.js";
import { readSetting, writeSetting } from "../store/setting.queries.js";
import type { Metrics } from "../telemetry/metrics.js";
import { classifyEvent } from "./classify-event.js";
import type { EventStore } from "./store-events.js";

export interface DeliveryRecoveryParts {
  database: Database;
  events: EventStore;
  webhooks: WebhooksDataSource;
  metrics: Metrics;
}

/** One of the two readings: which deliveries, and how far behind the last reading it begins. */
interface Reading {
  status: "FAILED" | "SUCCESSFUL";
  /** Names what is remembered of it. */
  setting: string;
  rereadMs: number;
}

const perPage = 30;
const maxPages = 5;
const dayMs = 86_400_000;

// A delivery fails for good only after its last try, long after the day of its first.
const failed: Reading = { status: "FAILED", setting: "webhook-log", rereadMs: 3 * dayMs };
// Something between the provider and us can answer in our place.
const delivered: Reading = { status: "SUCCESSFUL", setting: "webhook-log.delivered", rereadMs: 600_000 };

/** Reads the log of deliveries since the last reading, a few pages at a time. */
export async function recoverDeliveries(parts: DeliveryRecoveryParts): Promise<void> {
  await read(parts, failed);
  await read(parts, delivered);
}

async function read(parts: DeliveryRecoveryParts, { status, setting, rereadMs }: Reading): Promise<void> {
  const { database, webhooks } = parts;
  const readUntilSetting = `${setting}.read-until`;
  const nextPageSetting = `${setting}.next-page`;
  const readUntil = await readSetting(database.db, readUntilSetting);
  const startedAt = database.clock.now();
  // A clock that was ahead and was put right must leave no gap.
  const since = Math.min(readUntil === null ? startedAt : Number(readUntil), startedAt) - rereadMs;
  const startDate = new Date(since).toISOString().slice(0, 10);
  const firstPage = Number((await readSetting(database.db, nextPageSetting)) ?? "1");
  for (let page = firstPage; page < firstPage + maxPages; page += 1) {
    const { logs, hasMore } = await webhooks.listLogs({ status, startDate, page, perPage }, "reconciliation");
    // Told in the order in which it happened, where that is known.
    for (const { payload } of logs.toReversed()) {
      if (payload !== null) await takeOver(parts, Buffer.from(payload));
    }
    const oldest = logs.at(-1)?.createdAt;
    if (!hasMore || (oldest && oldest.getTime() < since)) {
      await writeSetting(database.db, nextPageSetting, "1");
      // A reading that began with a later page has not seen what came meanwhile.
      if (firstPage === 1) await writeSetting(database.db, readUntilSetting, String(startedAt));
      return;
    }
  }
  // The newest come first: what is added meanwhile moves the rest to later pages, never to earlier ones.
  await writeSetting(database.db, nextPageSetting, String(firstPage + maxPages));
}

async function takeOver({ database, events, metrics }: DeliveryRecoveryParts, rawBody: Buffer): Promise<void> {
  const event = classifyEvent(rawBody);
  // The log prints the body anew: its bytes are not the ones that were signed, so only the key can be compared.
  if (await hasEventKey(database.db, event.dedupeKey)) return;
  if (!(await events.store(event, rawBody))) return;
  metrics.reconciliations.inc({ kind: "delivery", found: "moved" });
}
