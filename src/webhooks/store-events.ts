// The one way into the inbox. Events that come while others are written are written together after them, by one
// transaction: what the disk takes for one it takes for many. An event that is there already, with the same content, is
// not stored twice. On a database of its own, a gateway applies by the same transaction what can be applied at once.

import { AsyncResource } from "node:async_hooks";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { ChangeDoor } from "../mirror/apply-change.js";
import { type Database, isAboutRows } from "../store/database.js";
import { insertEvents, type NewInboxRow } from "../store/inbox.queries.js";
import { operatorTenant } from "../store/visibility.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { activeSpan, type Tracing } from "../telemetry/tracing.js";
import { type ArrivalOutcome, type ArrivedEvent, applyArrivals, freshOf } from "./apply-arrivals.js";
import type { WebhookEvent } from "./classify-event.js";
import { reportSettlement } from "./report-settlement.js";
import { EventTracer } from "./trace-events.js";

export interface EventStoreParts {
  database: Database;
  door: ChangeDoor;
  metrics: Metrics;
  tracing: Tracing;
  logger: Logger;
  /**
   * Whether events are applied by the transaction that stores them. Not where another node may have the log in hand: a
   * delivery must not wait for that.
   */
  appliesAtOnce: boolean;
  /** Called when there is something stored that is still to be applied. */
  onOpen: () => void;
}

interface Arrival extends ArrivedEvent {
  resolve(isNew: boolean): void;
  reject(error: unknown): void;
}

const maxAtOnce = 200;
// Half of what a webhook may take to its subscribers. A transaction takes as much as what it holds of some three events.
const gatheringMs = 10;

export class EventStore {
  readonly #parts: EventStoreParts;
  readonly #tracer: EventTracer;
  readonly #scope = new AsyncResource("EventStore");
  #arrivals: Arrival[] = [];
  #isWriting = false;
  #lastWriteAt = Number.NEGATIVE_INFINITY;

  constructor(parts: EventStoreParts) {
    this.#parts = parts;
    this.#tracer = new EventTracer(parts);
  }

  /** Once it is on disk, answers whether it is new. Other content under a known key is kept too, and flagged. */
  store(event: WebhookEvent, rawBody: Buffer): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#arrivals.push({ event, row: toRow(event, rawBody, this.#parts.database.clock.now()), resolve, reject });
      // In the name of no delivery: what is written belongs to others as well.
      if (!this.#isWriting) this.#scope.runInAsyncScope(() => void this.#writeAll());
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#arrivals.length > 0) {
      await this.#gather();
      const batch = this.#arrivals.slice(0, maxAtOnce);
      this.#arrivals = this.#arrivals.slice(maxAtOnce);
      await this.#write(batch);
    }
    this.#isWriting = false;
  }

  /** One that comes alone is written at once. Where others came just before, it waits for those that come just after. */
  async #gather(): Promise<void> {
    const waitMs = this.#lastWriteAt + gatheringMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    // What came together with the first is read from its sockets in this turn of the event loop.
    await nextTurn();
    this.#lastWriteAt = performance.now();
  }

  async #write(batch: readonly Arrival[]): Promise<void> {
    try {
      const inserted = await this.#insert(batch);
      // The first delivery of a batch is the new one, others are repeats.
      for (const { row, resolve } of batch) resolve(inserted.delete(row.content_hash));
    } catch (error) {
      // One that cannot be stored fails alone. Where nothing can be stored, they need not wait for that one by one.
      if (batch.length === 1 || !isAboutRows(error)) for (const { reject } of batch) reject(error);
      else for (const arrival of batch) await this.#write([arrival]);
    }
  }

  /** All of them or none; answers the contents of those that are new. */
  async #insert(batch: readonly Arrival[]): Promise<Map<string, number>> {
    const { database, appliesAtOnce, onOpen } = this.#parts;
    const outcome = appliesAtOnce ? await this.#insertAndApply(batch) : null;
    if (outcome) return outcome;
    const inserted = await database.transaction(async (tx) => insertEvents(tx, await freshOf(tx, batch)));
    if (inserted.size > 0) onOpen();
    return inserted;
  }

  /** Null where something in it cannot be applied, which must keep nothing from being stored. */
  async #insertAndApply(batch: readonly Arrival[]): Promise<Map<string, number> | null> {
    const { door, database, onOpen, logger } = this.#parts;
    const startedAtMs = Date.now();
    let outcome: ArrivalOutcome;
    try {
      outcome = await applyArrivals({ door, database }, batch);
    } catch (error) {
      logger.warn({ err: error, events: batch.length }, "webhook events not applied while they were stored");
      return null;
    }
    const { inserted, settled } = outcome;
    if (inserted.size > settled.length) onOpen();
    for (const [{ content_hash, type }, settlement] of settled) {
      reportSettlement(this.#parts, { id: inserted.get(content_hash), type }, settlement);
    }
    await this.#tracer.together(startedAtMs, settled);
    return inserted;
  }
}

function toRow(event: WebhookEvent, rawBody: Buffer, now: number): NewInboxRow {
  return {
    tenant: operatorTenant,
    dedupe_key: event.dedupeKey,
    content_hash: event.contentHash,
    kind: event.kind,
    type: event.type,
    subject: event.subject,
    // What is not UTF-8 is kept readable; it is parked in any case.
    raw_body: rawBody.toString("utf8").replaceAll("\0", "\ufffd"),
    is_conflict: 0,
    state: "RECEIVED",
    attempts: 0,
    next_attempt_at: now,
    reason: null,
    received_at: now,
    settled_at: null,
    trace_parent: activeSpan()?.traceParent ?? null,
  };
}
