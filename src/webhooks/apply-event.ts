// From a stored event to the one door. Says what became of it; what may pass is thrown, to be tried again.

import type { Change, PayoutChange } from "../datasources/changes.js";
import type { Adopter } from "../mirror/adopt.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import { UnknownSubject } from "../mirror/apply-context.js";
import { MismatchedPayout } from "../mirror/apply-payout-change.js";
import type { Tx } from "../store/database.js";
import { type InboxRow, settleEvent } from "../store/inbox.queries.js";
import { classifyEvent, type WebhookEvent } from "./classify-event.js";
import { toChanges, UnreadableEvent } from "./to-changes.js";

export type Settlement = { state: "APPLIED" } | { state: "IGNORED" } | { state: "PARKED"; reason: string };

export interface EventApplierParts {
  door: ChangeDoor;
  adopter: Adopter;
}

/** The provider itself does not know (yet) what its event is about. */
export class SubjectNotFound extends Error {
  override readonly name = "SubjectNotFound";
}

/** What an event says; `PARKED` where it cannot be read. */
export type Reading = { state: "CHANGES"; changes: Change[] } | Exclude<Settlement, { state: "APPLIED" }>;

export function readStored(row: InboxRow): Reading {
  const event = classifyEvent(Buffer.from(row.raw_body));
  // Bytes that were not UTF-8 stay unread: the stored text is not what was signed.
  const isReplaced = row.kind === "unknown" && row.raw_body.includes("\ufffd");
  return readEvent(isReplaced ? { ...event, body: null } : event);
}

export function readEvent(event: WebhookEvent): Reading {
  try {
    const changes = toChanges(event);
    return changes.length === 0 ? { state: "IGNORED" } : { state: "CHANGES", changes };
  } catch (error) {
    if (error instanceof UnreadableEvent) return { state: "PARKED", reason: error.message };
    throw error;
  }
}

/** Applies the event and settles it in the same transaction, or parks it with a reason. Asks the provider where needed. */
export async function applyEvent(parts: EventApplierParts, row: InboxRow): Promise<Settlement> {
  const reading = readStored(row);
  if (reading.state !== "CHANGES") return reading;
  try {
    await applyChanges(parts, row, reading.changes);
    return { state: "APPLIED" };
  } catch (error) {
    if (error instanceof MismatchedPayout) return { state: "PARKED", reason: error.message };
    throw error;
  }
}

async function applyChanges({ door, adopter }: EventApplierParts, row: InboxRow, changes: Change[]): Promise<void> {
  const settle = (tx: Tx) => settleEvent(tx, row.id, { state: "APPLIED", reason: null });
  let contradicted: Change[] = [];
  try {
    await door.apply(changes, { source: "WEBHOOK" }, async (tx, applied) => {
      contradicted = changes.filter((_, index) => applied[index]?.verdict === "CONTRADICTION");
      if (contradicted.length === 0) await settle(tx);
    });
    if (contradicted.length === 0) return;
    // Two finals disagree: what the transaction itself says is taken, and is logged as a correction.
    for (const change of contradicted) await adopt(adopter, change);
    // Where the event was right, it tells more of the end than the look-up.
    await door.apply(contradicted, { source: "WEBHOOK" }, settle);
  } catch (error) {
    if (!(error instanceof UnknownSubject)) throw error;
    await adopt(adopter, error.change);
    // The look-up carries what a webhook does not, and the webhook what no look-up tells.
    await door.apply(changes, { source: "WEBHOOK" }, settle);
  }
}

async function adopt(adopter: Adopter, change: Change): Promise<void> {
  const isFound =
    change.kind === "customer"
      ? await adopter.adoptCustomer(change.id, "WEBHOOK")
      : await adopter.adoptPayout(keyOf(change as PayoutChange), "WEBHOOK");
  if (!isFound) throw new SubjectNotFound(`The provider does not know the ${change.kind} of its event.`);
}

function keyOf({ transactionId, merchantReference }: PayoutChange): string {
  return transactionId ?? merchantReference ?? "";
}
