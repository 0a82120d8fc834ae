// Applies stored events: those of one subject in their order, each by one node. What fails is tried again later, and
// parked with its reason after a bounded number of tries.

import { WorkLoop } from "../mirror/work-loop.js";
import type { Database } from "../store/database.js";
import { claimEvent, dueEvents, type InboxRow, nextEventAt, settleEvent } from "../store/inbox.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { applyEvent, type EventApplierParts } from "./apply-event.js";

export interface InboxWorkerParts extends EventApplierParts {
  database: Database;
  metrics: Metrics;
  logger: Logger;
  retries?: Partial<InboxRetries>;
}

export interface InboxRetries {
  maxAttempts: number;
  firstWaitMs: number;
  longestWaitMs: number;
}

const defaultRetries: InboxRetries = { maxAttempts: 10, firstWaitMs: 500, longestWaitMs: 60_000 };
const batchSize = 50;
// What a node that died had in hand is free again after this. That a slow one is overtaken does no harm: an event that is
// applied twice changes nothing the second time.
const leaseMs = 5_000;
const atLeastEveryMs = 1_000;
const slowAfterMs = 250;
const maxUnderWay = 20;

export class InboxWorker {
  readonly #parts: InboxWorkerParts;
  readonly #retries: InboxRetries;
  readonly #loop: WorkLoop;
  /** Events that are worked on, and their ends. Most wait for the provider. */
  readonly #underWay = new Map<number, Promise<void>>();

  constructor(parts: InboxWorkerParts) {
    this.#parts = parts;
    this.#retries = { ...defaultRetries, ...parts.retries };
    const work = (isStopped: () => boolean) => this.#applyDue(isStopped);
    this.#loop = new WorkLoop({ name: "inbox", logger: parts.logger, atLeastEveryMs, work });
  }

  /** Looks for due events now, or right after the present round. */
  wake(): void {
    this.#loop.wake();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#underWay.values());
  }

  async #applyDue(isStopped: () => boolean): Promise<number | null> {
    const { db } = this.#parts.database;
    const events = await dueEvents(db, Date.now(), batchSize);
    for (const event of events) {
      if (isStopped()) return null;
      // Another node may have it; its subject's later events are not due before it is settled.
      if (!(await claimEvent(db, event.id, Date.now(), leaseMs))) continue;
      // Still at work on it here: the claim only keeps others away for longer.
      if (this.#underWay.has(event.id)) continue;
      reachPoint("webhook-claimed");
      await this.#settleOrLeave(event);
    }
    if (events.length > 0) return 0;
    const next = await nextEventAt(db);
    return next === null ? null : next - Date.now();
  }

  /** An event that waits for a look-up must not hold up those of other subjects. */
  async #settleOrLeave(event: InboxRow): Promise<void> {
    const settling = this.#settle(event)
      // Its outcome could not be written: the claim runs out, and it is due again.
      .catch((error) => this.#parts.logger.error({ err: error, event: event.id }, "webhook event not settled"))
      .finally(() => this.#underWay.delete(event.id));
    this.#underWay.set(event.id, settling);
    let timer: NodeJS.Timeout | undefined;
    const isSlow = new Promise<true>((resolve) => {
      timer = setTimeout(() => resolve(true), slowAfterMs);
    });
    const isLeft = await Promise.race([settling.then(() => false), isSlow]);
    clearTimeout(timer);
    if (!isLeft) return;
    void settling.then(() => this.wake());
    if (this.#underWay.size >= maxUnderWay) await Promise.race(this.#underWay.values());
  }

  async #settle(event: InboxRow): Promise<void> {
    const { database, metrics } = this.#parts;
    try {
      const settlement = await applyEvent(this.#parts, event);
      if (settlement.state === "PARKED") return await this.#park(event, settlement.reason);
      if (settlement.state === "IGNORED") {
        await settleEvent(database.db, event.id, { state: "IGNORED", reason: null });
      }
      reachPoint("webhook-settled");
      metrics.inboxEvents.inc({ outcome: settlement.state.toLowerCase() });
    } catch (error) {
      await this.#postpone(event, error instanceof Error ? error.message : "It could not be applied.");
    }
  }

  async #postpone(event: InboxRow, reason: string): Promise<void> {
    const { maxAttempts, firstWaitMs, longestWaitMs } = this.#retries;
    const attempts = event.attempts + 1;
    if (attempts >= maxAttempts) return this.#park(event, reason);
    const waitMs = Math.min(firstWaitMs * 2 ** event.attempts, longestWaitMs);
    const { database, metrics, logger } = this.#parts;
    await settleEvent(database.db, event.id, {
      state: "RECEIVED",
      attempts,
      next_attempt_at: Date.now() + waitMs,
      reason,
    });
    metrics.inboxEvents.inc({ outcome: "retried" });
    logger.warn({ event: event.id, attempts, waitMs, reason }, "webhook event postponed");
  }

  async #park(event: InboxRow, reason: string): Promise<void> {
    await settleEvent(this.#parts.database.db, event.id, { state: "PARKED", reason });
    this.#parts.metrics.inboxEvents.inc({ outcome: "parked" });
    this.#parts.logger.error({ event: event.id, type: event.type, reason }, "webhook event parked");
  }
}
