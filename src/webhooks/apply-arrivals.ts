// Events that are stored and applied by one transaction. One that takes more than the mirror is stored as it came, to be
// applied afterwards, and so are those of its subject that come behind it.

import type { ApplyNext, ChangeDoor } from "../mirror/apply-change.js";
import type { Tx } from "../store/database.js";
import { insertEvents, type NewInboxRow, openSubjects } from "../store/inbox.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import { settlementOf } from "./apply-batch.js";
import { type Reading, readEvent, type Settlement } from "./apply-event.js";
import type { WebhookEvent } from "./classify-event.js";

export interface ArrivedEvent {
  event: WebhookEvent;
  row: NewInboxRow;
}

export interface ArrivalOutcome<T> {
  /** The contents of those that were not there yet, and their ids. */
  inserted: Map<string, number>;
  settled: [T, Settlement][];
}

export async function applyArrivals<T extends ArrivedEvent>(
  door: ChangeDoor,
  arrivals: readonly T[],
  freshOf: (tx: Tx, arrivals: readonly T[]) => Promise<T[]>,
): Promise<ArrivalOutcome<T>> {
  const readings = new Map(arrivals.map((arrival) => [arrival, readArrival(arrival)]));
  const changes = [...readings.values()].flatMap((reading) => (reading?.state === "CHANGES" ? reading.changes : []));
  const work = async (tx: Tx, applyNext: ApplyNext) => {
    const fresh = await freshOf(tx, arrivals);
    const subjects = fresh.flatMap(({ row }) => row.subject ?? []);
    const waiting = await openSubjects(tx, subjects);
    reachPoint("webhook-storing");
    const rows: NewInboxRow[] = [];
    const settled: ArrivalOutcome<T>["settled"] = [];
    for (const arrival of fresh) {
      const { row } = arrival;
      const reading = readings.get(arrival);
      const mayBeNext = row.subject === null || row.subject === undefined || !waiting.has(row.subject);
      const settlement = reading && mayBeNext ? await settlementOf(reading, applyNext) : null;
      if (settlement) {
        settled.push([arrival, settlement]);
        rows.push({ ...row, reason: null, ...settlement, settled_at: Date.now() });
      } else {
        if (row.subject) waiting.add(row.subject);
        rows.push(row);
      }
    }
    return { inserted: await insertEvents(tx, rows), settled };
  };
  const outcome = await door.open({ source: "WEBHOOK" }, work, changes);
  reachPoint("webhook-settled");
  return outcome;
}

/** Null where it has to be found out alone what is wrong with it. */
function readArrival({ event }: ArrivedEvent): Reading | null {
  try {
    return readEvent(event);
  } catch {
    return null;
  }
}
