// Events that are stored and applied by one transaction. One that takes more than the mirror is stored as it came, to be
// applied afterwards, and so are those of its subject that come behind it.

import type { ApplyNext, ChangeDoor } from "../mirror/apply-change.js";
import type { Database, Tx } from "../store/database.js";
import { contentsByKey, insertEvents, type NewInboxRow, openSubjects } from "../store/inbox.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import { settlementOf } from "./apply-batch.js";
import { type Reading, readEvent, type Settlement } from "./apply-event.js";
import type { WebhookEvent } from "./classify-event.js";

export interface ArrivedEvent {
  event: WebhookEvent;
  row: NewInboxRow;
}

export interface ArrivalOutcome {
  /** The contents of those that were not there yet, and their ids. */
  inserted: Map<string, number>;
  settled: [NewInboxRow, Settlement][];
}

export async function applyArrivals(
  { door, database: { clock } }: { door: ChangeDoor; database: Database },
  arrivals: readonly ArrivedEvent[],
): Promise<ArrivalOutcome> {
  const readings = new Map(arrivals.map(({ event, row }) => [row, readArrival(event)]));
  const changes = [...readings.values()].flatMap((reading) => (reading?.state === "CHANGES" ? reading.changes : []));
  const work = async (tx: Tx, applyNext: ApplyNext): Promise<ArrivalOutcome> => {
    const fresh = await freshOf(tx, arrivals);
    const waiting = await openSubjects(
      tx,
      fresh.flatMap(({ subject }) => subject ?? []),
    );
    reachPoint("webhook-storing");
    const rows: NewInboxRow[] = [];
    const settled: ArrivalOutcome["settled"] = [];
    for (const row of fresh) {
      const { subject } = row;
      const reading = subject && waiting.has(subject) ? null : readings.get(row);
      const settlement = reading ? await settlementOf(reading, applyNext) : null;
      if (settlement) {
        settled.push([row, settlement]);
        rows.push({ ...row, ...settlement, settled_at: clock.now() });
      } else {
        if (subject) waiting.add(subject);
        rows.push(row);
      }
    }
    return { inserted: await insertEvents(tx, rows), settled };
  };
  const outcome = await door.open({ source: "WEBHOOK" }, work, changes);
  reachPoint("webhook-settled");
  return outcome;
}

/** Rows of those that are not stored yet, each content once. */
export async function freshOf(tx: Tx, arrivals: readonly ArrivedEvent[]): Promise<NewInboxRow[]> {
  const rows = arrivals.map(({ row }) => row);
  const contents = await contentsByKey(
    tx,
    rows.map(({ dedupe_key }) => dedupe_key),
  );
  return rows.filter((row) => {
    const known = contents.get(row.dedupe_key);
    if (!known || known.has(row.content_hash)) return false;
    row.is_conflict = known.size > 0 ? 1 : 0;
    known.add(row.content_hash);
    return true;
  });
}

/** Null where it has to be found out alone what is wrong with it. */
function readArrival(event: WebhookEvent): Reading | null {
  try {
    return readEvent(event);
  } catch {
    return null;
  }
}
