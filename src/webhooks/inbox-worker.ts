// Applies stored events: those of one subject in their order, each by one node. What fails is tried again later, and
// parked with its reason after a bounded number of tries.

import { setImmediate as nextTurn } from "node:timers/promises";
import { WorkLoop } from "../mirror/work-loop.js";
import {
  claimEvents,
  dueEvents,
  endImplausibleWaits,
  type InboxRow,
  nextEventAt,
  settleEvent,
  unparkFoundEvents,
} from "../store/inbox.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { Tracing } from "../telemetry/tracing.js";
import { applyBatch } from "./apply-batch.js";
import { applyEvent, type EventApplierParts } from "./apply-event.js";
import { defaultRetries, type InboxRetries, OpenContradiction, planRetry } from "./plan-retry.js";
import { reportSettlement } from "./report-settlement.js";
import { EventTracer } from "./trace-events.js";

export interface InboxWorkerParts extends EventApplierParts {
  metrics: Metrics;
  tracing: Tracing;
  logger: Logger;
  retries?: Partial<InboxRetries>;
}

// Others wait for the database while a batch is applied: it takes some milliseconds.
const batchSize = 100;
// What a node that died had in hand is free again after this. That a slow one is overtaken does no harm: an event that is
// applied twice changes nothing the second time.
const leaseMs = 5_000;
const atLeastEveryMs = 1_000;
const maxUnderWay = 20;
const stuckEveryMs = 2_000;

export class InboxWorker {
  readonly #parts: InboxWorkerParts;
  readonly #retries: InboxRetries;
  readonly #loop: WorkLoop;
  readonly #tracer: EventTracer;
  /** Events that are worked on one by one, and their ends. Most wait for the provider. */
  readonly #underWay = new Map<number, Promise<void>>();
  #stuckLookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: InboxWorkerParts) {
    this.#parts = parts;
    this.#tracer = new EventTracer(parts);
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
    const { db, clock } = this.#parts.database;
    await this.#freeWhatIsStuck();
    for (;;) {
      const now = clock.now();
      const events = await dueEvents(db, now, batchSize);
      if (events.length === 0) {
        const next = await nextEventAt(db, now);
        return next === null ? null : next - clock.now();
      }
      for (const event of await this.#applyTogether(events)) {
        if (isStopped()) return null;
        await this.#applyAlone(event);
      }
      if (isStopped()) return null;
      // Requests have their turn between two batches.
      await nextTurn();
    }
  }

  /** What a clock that was ahead has left to wait, and what was parked for a subject that has been found since. */
  async #freeWhatIsStuck(): Promise<void> {
    if (performance.now() - this.#stuckLookedAt < stuckEveryMs) return;
    this.#stuckLookedAt = performance.now();
    const { db, clock } = this.#parts.database;
    await endImplausibleWaits(db, clock.now());
    await unparkFoundEvents(db, clock.now());
  }

  /** Answers those that were claimed and are left to be applied alone. */
  async #applyTogether(events: readonly InboxRow[]): Promise<InboxRow[]> {
    const { database, door } = this.#parts;
    const startedAtMs = Date.now();
    try {
      const { settled, left } = await applyBatch({ door, database }, events, leaseMs);
      for (const [event, settlement] of settled) reportSettlement(this.#parts, event, settlement);
      await this.#tracer.together(startedAtMs, settled);
      return left;
    } catch (error) {
      // One of them spoiled it, and nothing is written: each for itself then.
      this.#parts.logger.warn({ err: error, events: events.length }, "webhook events not applied together");
      const claimed = await claimEvents(
        database.db,
        events.map(({ id }) => id),
        database.clock.sqlNow(),
        leaseMs,
      );
      return events.filter(({ id }) => claimed.has(id));
    }
  }

  /** An event that waits for a look-up must not hold up those of other subjects. */
  async #applyAlone(event: InboxRow): Promise<void> {
    // Still at work on it here: the claim only keeps others away for longer.
    if (this.#underWay.has(event.id)) return;
    const settling = this.#settle(event)
      // Its outcome could not be written: the claim runs out, and it is due again.
      .catch((error) => this.#parts.logger.error({ err: error, event: event.id }, "webhook event not settled"))
      .finally(() => {
        this.#underWay.delete(event.id);
        // Its subject's next event is due now.
        this.wake();
      });
    this.#underWay.set(event.id, settling);
    if (this.#underWay.size >= maxUnderWay) await Promise.race(this.#underWay.values());
  }

  async #settle(event: InboxRow): Promise<void> {
    const { db, clock } = this.#parts.database;
    try {
      const settlement = await this.#tracer.alone(event, () => applyEvent(this.#parts, event));
      if (settlement.state !== "APPLIED") {
        await settleEvent(db, event.id, { reason: null, ...settlement }, clock.now());
      }
      reachPoint("webhook-settled");
      reportSettlement(this.#parts, event, settlement);
    } catch (error) {
      await this.#postpone(event, error);
    }
  }

  async #postpone(event: InboxRow, error: unknown): Promise<void> {
    const { database, metrics, logger } = this.#parts;
    const now = database.clock.now();
    const { waitMs, ...outcome } = planRetry(event, error, now, this.#retries);
    const { state, attempts, reason } = outcome;
    await settleEvent(database.db, event.id, { ...outcome, next_attempt_at: now + waitMs }, now);
    if (error instanceof OpenContradiction && event.obstacle !== "CONTRADICTION") {
      metrics.inboxEvents.inc({ outcome: "contradicted" });
    }
    if (state === "PARKED") return reportSettlement(this.#parts, event, { state, reason });
    metrics.inboxEvents.inc({ outcome: "retried" });
    logger.warn({ event: event.id, attempts, waitMs, reason }, "webhook event postponed");
  }
}
