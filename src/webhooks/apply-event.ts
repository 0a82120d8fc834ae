// From a stored event to the one door. Says what became of it; what may pass is thrown, to be tried again.

import type { Change, PayoutChange } from "../datasources/changes.js";
import { type Adopter, NotAdopted } from "../mirror/adopt.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import { type AppliedChange, UnknownSubject } from "../mirror/apply-context.js";
import { MismatchedPayout } from "../mirror/apply-payout-change.js";
import type { Database } from "../store/database.js";
import { type InboxRow, settleEvent } from "../store/inbox.queries.js";
import { classifyEvent, type WebhookEvent } from "./classify-event.js";
import { OpenContradiction } from "./plan-retry.js";
import { shown, toChanges, UnreadableEvent } from "./to-changes.js";

export type Settlement = { state: "APPLIED" } | { state: "IGNORED" } | { state: "PARKED"; reason: string };

export interface EventApplierParts {
  database: Database;
  door: ChangeDoor;
  adopter: Adopter;
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
    // An event brings one change.
    for (const change of reading.changes) await applyOne(parts, row, change);
    return { state: "APPLIED" };
  } catch (error) {
    const [change] = reading.changes;
    if (change && error instanceof MismatchedPayout) return { state: "PARKED", reason: reasonOf(error, change) };
    throw error;
  }
}

export function reasonOf({ payoutId }: MismatchedPayout, change: Change): string {
  return `${nameOf(change)} is not the one that payout ${payoutId} is known by.`;
}

async function applyOne(parts: EventApplierParts, row: InboxRow, change: Change): Promise<void> {
  let applied: AppliedChange | undefined;
  try {
    applied = await applyAndSettle(parts, row, change);
  } catch (error) {
    if (!(error instanceof UnknownSubject)) throw error;
  }
  if (applied && applied.verdict !== "CONTRADICTION") return;
  // It is about something new, or two statuses disagree: then what the look-up says is taken over, as a correction.
  const found = applied ? await lookUpAgain(parts, change) : await adopt(parts, change, true);
  // The look-up carries what a webhook does not, and where the webhook is right it tells more than the look-up.
  const known = found?.kind === "payout" ? { ...change, transactionId: found.transactionId } : change;
  const { verdict, from } = await applyAndSettle(parts, row, known as Change);
  if (verdict !== "CONTRADICTION") return;
  const said = found?.status ?? found?.unknownStatus ?? "nothing";
  throw new OpenContradiction(
    `The event reports ${nameOf(change)} as ${change.status}, its look-up says ${said}, and it is known as ${from}.`,
  );
}

/** Settled only where nothing disagrees. */
async function applyAndSettle({ door, database }: EventApplierParts, row: InboxRow, change: Change) {
  const [applied] = await door.apply([change], { source: "WEBHOOK" }, async (tx, [next]) => {
    if (next?.verdict === "CONTRADICTION") return;
    await settleEvent(tx, row.id, { state: "APPLIED", reason: null, obstacle: null }, database.clock.now());
  });
  return applied as AppliedChange;
}

/** The provider's reads can be behind: that it does not find the transaction (yet) settles nothing. */
async function lookUpAgain(parts: EventApplierParts, change: Change) {
  try {
    return await adopt(parts, change, false);
  } catch (error) {
    if (error instanceof NotAdopted) return undefined;
    throw error;
  }
}

function adopt({ adopter }: EventApplierParts, change: Change, isNew: boolean) {
  if (change.kind === "customer") return adopter.adoptCustomer(change.id, "WEBHOOK", change.status);
  const payout = change as PayoutChange;
  return adopter.adoptPayout(keyOf(payout), "WEBHOOK", isNew ? payout.status : undefined);
}

function keyOf({ transactionId, merchantReference, details }: PayoutChange): string {
  return transactionId ?? merchantReference ?? details.reference ?? "";
}

function nameOf(change: Change): string {
  return change.kind === "payout" ? `transaction ${shown(keyOf(change))}` : `${change.kind} ${shown(change.id)}`;
}
