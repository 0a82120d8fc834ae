// The one way into the inbox. Events that come while others are written are written together after them, by one
// transaction: what the disk takes for one it takes for many. An event that is there already, with the same content, is
// not stored twice.

import { setImmediate as nextTurn } from "node:timers/promises";
import { type Database, isAboutRows } from "../store/database.js";
import { contentsByKey, insertEvents, type NewInboxRow } from "../store/inbox.queries.js";
import { operatorTenant } from "../store/visibility.js";
import { activeSpan } from "../telemetry/tracing.js";
import type { WebhookEvent } from "./classify-event.js";

interface Arrival {
  row: NewInboxRow;
  resolve(isNew: boolean): void;
  reject(error: unknown): void;
}

const maxAtOnce = 200;

export class EventStore {
  readonly #database: Database;
  #arrivals: Arrival[] = [];
  #isWriting = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Once it is on disk, answers whether it is new. Other content under a known key is kept too, and flagged. */
  store(event: WebhookEvent, rawBody: Buffer): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#arrivals.push({ row: toRow(event, rawBody), resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#arrivals.length > 0) {
      // What came together with the first is read from its sockets in this turn of the event loop.
      await nextTurn();
      const batch = this.#arrivals.slice(0, maxAtOnce);
      this.#arrivals = this.#arrivals.slice(maxAtOnce);
      await this.#write(batch);
    }
    this.#isWriting = false;
  }

  async #write(batch: readonly Arrival[]): Promise<void> {
    try {
      const news = await insertBatch(
        this.#database,
        batch.map(({ row }) => row),
      );
      for (const [index, { resolve }] of batch.entries()) resolve(news[index] ?? false);
    } catch (error) {
      // One that cannot be stored fails alone. Where nothing can be stored, they need not wait for that one by one.
      if (batch.length === 1 || !isAboutRows(error)) for (const { reject } of batch) reject(error);
      else for (const arrival of batch) await this.#write([arrival]);
    }
  }
}

/** All of them or none; answers which are new. */
async function insertBatch(database: Database, rows: readonly NewInboxRow[]): Promise<boolean[]> {
  const inserted = await database.transaction(async (tx) => {
    const contents = await contentsByKey(
      tx,
      rows.map((row) => row.dedupe_key),
    );
    const fresh = rows.filter((row) => {
      const known = contents.get(row.dedupe_key);
      if (!known || known.has(row.content_hash)) return false;
      row.is_conflict = known.size > 0 ? 1 : 0;
      known.add(row.content_hash);
      return true;
    });
    return insertEvents(tx, fresh);
  });
  // The first delivery of a batch is the new one, others are repeats.
  return rows.map(({ content_hash }) => inserted.delete(content_hash));
}

function toRow(event: WebhookEvent, rawBody: Buffer): NewInboxRow {
  const now = Date.now();
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
