// Applies stored events, oldest first and one at a time, so that the events of a subject keep their order. What fails is
// tried again later, and parked with its reason after a bounded number of tries.

import type { Database } from "../store/database.js";
import { dueEvents, type InboxRow, nextDueAt, postponeEvent, settleEvent } from "../store/inbox.queries.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { applyEvent, type EventApplierParts } from "./apply-event.js";

export interface InboxWorkerParts extends EventApplierParts {
  database: Database;
  metrics: Metrics;
  logger: Logger;
}

const batchSize = 50;
const maxAttempts = 8;
const firstRetryMs = 500;
const longestWaitMs = 60_000;

export class InboxWorker {
  readonly #parts: InboxWorkerParts;
  #running: Promise<void> | null = null;
  #isRung = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: InboxWorkerParts) {
    this.#parts = parts;
  }

  /** Looks for due events now, or right after the present round. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isRung = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#isRung) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      while (this.#isRung && !this.#isStopped) {
        this.#isRung = false;
        for (;;) {
          const events = await dueEvents(this.#parts.database.db, Date.now(), batchSize);
          for (const event of events) {
            if (this.#isStopped) return;
            await this.#settle(event);
          }
          if (events.length < batchSize) break;
        }
      }
      await this.#sleepUntilNext();
    } catch (error) {
      this.#parts.logger.error({ err: error }, "the inbox cannot be read; trying again");
      this.#wakeIn(firstRetryMs);
    }
  }

  async #settle(event: InboxRow): Promise<void> {
    const { database, metrics } = this.#parts;
    try {
      const settlement = await applyEvent(this.#parts, event);
      if (settlement.state === "APPLIED") metrics.inboxEvents.inc({ outcome: "applied" });
      if (settlement.state === "IGNORED") {
        await settleEvent(database.db, event.id, { state: "IGNORED", reason: null, settled_at: Date.now() });
        metrics.inboxEvents.inc({ outcome: "ignored" });
      }
      if (settlement.state === "PARKED") await this.#park(event, settlement.reason);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "It could not be applied.";
      const attempts = event.attempts + 1;
      if (attempts >= maxAttempts) return this.#park(event, reason);
      const waitMs = Math.min(firstRetryMs * 2 ** event.attempts, longestWaitMs);
      await postponeEvent(database.db, event.id, { attempts, next_attempt_at: Date.now() + waitMs, reason });
      metrics.inboxEvents.inc({ outcome: "retried" });
      this.#parts.logger.warn({ event: event.id, attempts, waitMs, reason }, "webhook event postponed");
    }
  }

  async #park(event: InboxRow, reason: string): Promise<void> {
    await settleEvent(this.#parts.database.db, event.id, { state: "PARKED", reason, settled_at: Date.now() });
    this.#parts.metrics.inboxEvents.inc({ outcome: "parked" });
    this.#parts.logger.error({ event: event.id, type: event.type, reason }, "webhook event parked");
  }

  async #sleepUntilNext(): Promise<void> {
    const dueAt = await nextDueAt(this.#parts.database.db);
    if (dueAt !== null) this.#wakeIn(Math.max(dueAt - Date.now(), 10));
  }

  #wakeIn(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(ms, longestWaitMs));
  }
}
