import { rejectField } from "../schema/rejection.js";
import type { ParkedWebhookEvent } from "../schema/webhook-event.type.js";
import type { Database } from "../store/database.js";
import { contradictingEvents, type InboxRow, parkedEvents, unparkEvents } from "../store/inbox.queries.js";

/** What an operator sees and does about events that could not be applied. */
export class ParkedEvents {
  readonly #database: Database;
  readonly #onUnparked: () => void;

  constructor(database: Database, onUnparked: () => void) {
    this.#database = database;
    this.#onUnparked = onUnparked;
  }

  /** The newest first. */
  async list(first: number): Promise<ParkedWebhookEvent[]> {
    const rows = await parkedEvents(this.#database.db, first);
    return rows.map(toShown);
  }

  /** Events that report another end of a payout than its look-up, and are not parked yet. */
  async contradictions(first: number): Promise<ParkedWebhookEvent[]> {
    const rows = await contradictingEvents(this.#database.db, first);
    return rows.map(toShown);
  }

  /** Has parked events applied again, all of them where none is named; answers which were parked. */
  async retry(ids: readonly string[] | null): Promise<string[]> {
    const numbers = ids?.map((id) => (/^\d{1,15}$/.test(id) ? Number(id) : Number.NaN)) ?? null;
    const faulty = numbers?.findIndex((id) => Number.isNaN(id)) ?? -1;
    if (faulty >= 0) throw rejectField(["ids", String(faulty)], "NOT_FOUND", "ids names no parked event.");
    if (numbers?.length === 0) return [];
    const unparked = await unparkEvents(this.#database.db, numbers, this.#database.clock.now());
    if (unparked.length > 0) this.#onUnparked();
    return unparked.map(String);
  }
}

function toShown(row: InboxRow): ParkedWebhookEvent {
  return {
    id: String(row.id),
    type: row.type,
    subject: row.subject,
    reason: row.reason,
    isConflict: row.is_conflict === 1,
    attempts: row.attempts,
    receivedAt: new Date(row.received_at),
  };
}
