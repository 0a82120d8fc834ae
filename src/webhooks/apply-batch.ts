// Many stored events in one transaction: what the disk takes for one it takes for all of them. Only those that the mirror
// alone can answer are applied here; the others are left to be applied one by one.

import type { ApplyNext, ChangeDoor } from "../mirror/apply-change.js";
import { UnknownSubject } from "../mirror/apply-context.js";
import { MismatchedPayout } from "../mirror/apply-payout-change.js";
import type { Database, Tx } from "../store/database.js";
import { claimEvents, freeEvents, type InboxRow, settleEvent, settleEvents } from "../store/inbox.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import { type Reading, readStored, reasonOf, type Settlement } from "./apply-event.js";

export interface BatchOutcome {
  settled: [InboxRow, Settlement][];
  /** Claimed, and still to be applied: they take a look-up, or had failed before. */
  left: InboxRow[];
}

/**
 * Applies and settles the events that are free, and claims those that are left, or does nothing at all. No two nodes apply
 * one event: whoever changes anything holds the log until it has committed, and then the event is not free any more.
 */
export async function applyBatch(
  { door, database: { clock } }: { door: ChangeDoor; database: Database },
  rows: readonly InboxRow[],
  leaseMs: number,
): Promise<BatchOutcome> {
  const readings = new Map(rows.map((row) => [row, readRow(row)]));
  const changes = [...readings.values()].flatMap((reading) => (reading?.state === "CHANGES" ? reading.changes : []));
  const work = async (tx: Tx, applyNext: ApplyNext) => {
    const free = await freeEvents(
      tx,
      rows.map(({ id }) => id),
      clock.sqlNow(),
    );
    reachPoint("webhook-claimed");
    const settled: BatchOutcome["settled"] = [];
    const left: InboxRow[] = [];
    for (const [row, reading] of readings) {
      if (!free.has(row.id)) continue;
      const settlement = reading && (await settlementOf(reading, applyNext));
      if (settlement) settled.push([row, settlement]);
      else left.push(row);
    }
    const idsOf = (state: Settlement["state"]) =>
      settled.filter(([, settlement]) => settlement.state === state).map(([{ id }]) => id);
    await settleEvents(tx, idsOf("APPLIED"), "APPLIED", clock.now());
    await settleEvents(tx, idsOf("IGNORED"), "IGNORED", clock.now());
    for (const [{ id }, settlement] of settled) {
      if (settlement.state === "PARKED") await settleEvent(tx, id, settlement, clock.now());
    }
    await claimEvents(
      tx,
      left.map(({ id }) => id),
      clock.sqlNow(),
      leaseMs,
    );
    return { settled, left };
  };
  const outcome = await door.open({ source: "WEBHOOK" }, work, changes);
  reachPoint("webhook-settled");
  return outcome;
}

/** Null where it has to be done alone: what failed once must not spoil a whole batch again and again. */
function readRow(row: InboxRow): Reading | null {
  if (row.attempts > 0) return null;
  try {
    return readStored(row);
  } catch {
    return null;
  }
}

/** Null where only the provider can tell. Nothing was written for it then. */
export async function settlementOf(reading: Reading, applyNext: ApplyNext): Promise<Settlement | null> {
  if (reading.state !== "CHANGES") return reading;
  // An event brings one change. Of several, the first could be written when the second is refused.
  const [change, ...more] = reading.changes;
  if (!change || more.length > 0) return null;
  try {
    const { verdict } = await applyNext(change);
    return verdict === "CONTRADICTION" ? null : { state: "APPLIED" };
  } catch (error) {
    if (error instanceof UnknownSubject) return null;
    if (error instanceof MismatchedPayout) return { state: "PARKED", reason: reasonOf(error, change) };
    throw error;
  }
}
