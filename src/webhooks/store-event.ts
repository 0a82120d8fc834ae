// The one way into the inbox. An event that is there already, with the same content, is not stored twice.

import type { Database } from "../store/database.js";
import { hasOtherContent, insertEvent } from "../store/inbox.queries.js";
import { operatorTenant } from "../store/visibility.js";
import type { WebhookEvent } from "./classify-event.js";

/** Answers whether it is new. Other content under a known key is kept too, and flagged. */
export async function storeEvent(database: Database, event: WebhookEvent, rawBody: Buffer): Promise<boolean> {
  const now = Date.now();
  return database.transaction(async (tx) => {
    const isConflict = await hasOtherContent(tx, event.dedupeKey, event.contentHash);
    const inserted = await insertEvent(tx, {
      tenant: operatorTenant,
      dedupe_key: event.dedupeKey,
      content_hash: event.contentHash,
      kind: event.kind,
      type: event.type,
      subject: event.subject,
      // What is not UTF-8 is kept readable; it is parked in any case.
      raw_body: rawBody.toString("utf8").replaceAll("\0", "\ufffd"),
      is_conflict: isConflict ? 1 : 0,
      state: "RECEIVED",
      attempts: 0,
      next_attempt_at: now,
      reason: null,
      received_at: now,
      settled_at: null,
    });
    return inserted !== null;
  });
}
