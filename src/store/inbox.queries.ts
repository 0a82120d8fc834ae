import { type Insertable, type RawBuilder, type Selectable, sql } from "kysely";
import type { Db, Tx } from "./database.js";
import { keptQuery, writtenRows } from "./kept-query.js";
import type { EventObstacle, InboxState, InboxTable } from "./tables.js";

export type InboxRow = Selectable<InboxTable>;

// As text, not as a value beside it: an index over what is open is of use only where the statement says so itself.
const received = sql.lit<InboxState>("RECEIVED");
const parked = sql.lit<InboxState>("PARKED");
const contradiction = sql.lit<EventObstacle>("CONTRADICTION");

/** Milliseconds, or the database's own reading of them where nodes must agree. */
export type Instant = number | RawBuilder<number>;

// A clock that was ahead and was put right has left times behind that nobody should wait for.
const longestLeaseMs = 60_000;
const longestWaitMs = 900_000;

const isFree = (column: string, now: Instant) => {
  const lease = sql.ref<number>(column);
  return sql<boolean>`(${lease} <= ${now} or ${lease} - ${sql.lit(longestLeaseMs)} > ${now})`;
};

export type NewInboxRow = Omit<Insertable<InboxTable>, "id">;

/**
 * Stores events in their order; answers the contents of those that were not there yet, and their ids. Each content comes
 * once.
 */
export async function insertEvents(db: Db | Tx, rows: readonly NewInboxRow[]): Promise<Map<string, number>> {
  if (rows.length === 0) return new Map();
  const { shape, values } = writtenRows(rows);
  const inserted = await keptQuery(db, `new events ${shape}`, values, () =>
    db
      .insertInto("inbox")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["dedupe_key", "content_hash"]).doNothing())
      .returning(["id", "content_hash"]),
  );
  return new Map(inserted.map(({ id, content_hash }) => [content_hash, id]));
}

/** Of the subjects, those with an event that later ones wait for. An open contradiction can take a day: nothing waits for it. */
export async function openSubjects(tx: Tx, subjects: readonly string[]): Promise<Set<string>> {
  if (subjects.length === 0) return new Set();
  const open = await keptQuery(tx, `open subjects ${subjects.length}`, subjects, () =>
    tx
      .selectFrom("inbox")
      .where("state", "=", received)
      .where("subject", "in", subjects)
      .where(({ eb, or }) => or([eb("obstacle", "is", null), eb("obstacle", "<>", contradiction)]))
      .select("subject"),
  );
  return new Set(open.map(({ subject }) => subject as string));
}

/** Whether an event with this key was stored before, whatever its content. */
export async function hasEventKey(db: Db | Tx, dedupeKey: string): Promise<boolean> {
  const row = await db.selectFrom("inbox").where("dedupe_key", "=", dedupeKey).select("id").limit(1).executeTakeFirst();
  return row !== undefined;
}

/** What is stored under the keys: the contents of each. */
export async function contentsByKey(db: Db | Tx, keys: readonly string[]): Promise<Map<string, Set<string>>> {
  const contents = new Map<string, Set<string>>(keys.map((key) => [key, new Set()]));
  const sought = [...contents.keys()];
  const rows = await keptQuery(db, `contents by key ${sought.length}`, sought, () =>
    db.selectFrom("inbox").where("dedupe_key", "in", sought).select(["dedupe_key", "content_hash"]),
  );
  for (const { dedupe_key, content_hash } of rows) contents.get(dedupe_key)?.add(content_hash);
  return contents;
}

/** The events that are due and free, those first that have been due the longest. */
export function dueEvents(db: Db, now: number, limit: number): Promise<InboxRow[]> {
  return (
    db
      .selectFrom("inbox as event")
      .where("state", "=", received)
      .where("next_attempt_at", "<=", now)
      .where(isFree("lease_until", now))
      // An event waits while an earlier one of its subject is not settled.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("inbox as earlier")
              .whereRef("earlier.subject", "=", "event.subject")
              .where("earlier.state", "=", received)
              .whereRef("earlier.id", "<", "event.id")
              .where(({ eb, or }) =>
                or([eb("earlier.obstacle", "is", null), eb("earlier.obstacle", "<>", contradiction)]),
              )
              .select("earlier.id"),
          ),
        ),
      )
      .selectAll()
      // As the index has it: however many wait, no more are looked at than are due.
      .orderBy("next_attempt_at")
      .orderBy("id")
      .limit(limit)
      .execute()
  );
}

/** Of the events, the ids of those that nobody has taken or settled. */
export async function freeEvents(tx: Tx, ids: readonly number[], now: Instant): Promise<Set<number>> {
  const free = await tx
    .selectFrom("inbox")
    .where("id", "in", ids)
    .where("state", "=", "RECEIVED")
    .where(isFree("lease_until", now))
    .select("id")
    .execute();
  return new Set(free.map(({ id }) => id));
}

/** Takes due events for one worker; answers the ids of those that nobody else had taken or settled. */
export async function claimEvents(
  db: Db | Tx,
  ids: readonly number[],
  now: Instant,
  leaseMs: number,
): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const claimed = await db
    .updateTable("inbox")
    .set({ lease_until: sql<number>`cast(${now} as bigint) + ${sql.lit(leaseMs)}` })
    .where("id", "in", ids)
    .where("state", "=", "RECEIVED")
    .where(isFree("lease_until", now))
    .returning("id")
    .execute();
  return new Set(claimed.map(({ id }) => id));
}

/**
 * When something may be due that is not yet; null where nothing waits. It may be too early for an event that waits for
 * another one of its subject, never too late.
 */
export async function nextEventAt(db: Db, now: number): Promise<number | null> {
  const waiting = db.selectFrom("inbox").where("state", "=", received);
  const [due, free] = await Promise.all([
    waiting
      .where("next_attempt_at", ">", now)
      .select((eb) => eb.fn.min("next_attempt_at").as("at"))
      .executeTakeFirst(),
    waiting
      .where("next_attempt_at", "<=", now)
      .where("lease_until", ">", now)
      .select((eb) => eb.fn.min("lease_until").as("at"))
      .executeTakeFirst(),
  ]);
  const times = [due?.at, free?.at].filter((at) => at !== null && at !== undefined).map(Number);
  return times.length > 0 ? Math.min(...times) : null;
}

/** Makes due what waits for longer than anything should. */
export async function endImplausibleWaits(db: Db, now: number): Promise<void> {
  await db
    .updateTable("inbox")
    .set({ next_attempt_at: now })
    .where("state", "=", received)
    .where("next_attempt_at", ">", now + longestWaitMs)
    .execute();
}

export interface EventOutcome {
  state: InboxState;
  reason: string | null;
  attempts?: number;
  failures?: number;
  obstacle?: EventObstacle | null;
  obstacle_since?: number | null;
  next_attempt_at?: number;
}

export async function settleEvent(db: Db | Tx, id: number, outcome: EventOutcome, now: number): Promise<void> {
  const isSettled = outcome.state !== "RECEIVED";
  await db
    .updateTable("inbox")
    .set({ ...outcome, lease_until: 0, settled_at: isSettled ? now : null })
    .where("id", "=", id)
    .execute();
}

/** Settles events of one batch that have the same end. */
export async function settleEvents(
  tx: Tx,
  ids: readonly number[],
  state: "APPLIED" | "IGNORED",
  now: number,
): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable("inbox")
    .set({ state, reason: null, lease_until: 0, settled_at: now })
    .where("id", "in", ids)
    .execute();
}

export async function countEvents(db: Db, state: InboxState): Promise<number> {
  const { total } = await db
    .selectFrom("inbox")
    .where("state", "=", sql.lit(state))
    .select((eb) => eb.fn.countAll().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Parked events, the newest first. */
export function parkedEvents(db: Db, limit: number): Promise<InboxRow[]> {
  return db.selectFrom("inbox").where("state", "=", parked).selectAll().orderBy("id", "desc").limit(limit).execute();
}

/** Events that report another end of a payout than its look-up, the newest first. */
export function contradictingEvents(db: Db, limit: number): Promise<InboxRow[]> {
  return db
    .selectFrom("inbox")
    .where("state", "=", received)
    .where("obstacle", "=", contradiction)
    .selectAll()
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

/** Puts parked events back to be applied from the start; answers the ids of those that were parked. */
export async function unparkEvents(db: Db, ids: readonly number[] | null, now: number): Promise<number[]> {
  let query = unparking(db, now);
  if (ids) query = query.where("id", "in", ids);
  const rows = await query.returning("id").execute();
  return rows.map(({ id }) => id);
}

/** The same for those whose subject the provider did not know, and which has been found since; answers how many. */
export async function unparkFoundEvents(db: Db, now: number): Promise<number> {
  const { numUpdatedRows } = await unparking(db, now)
    .where("obstacle", "=", sql.lit<EventObstacle>("ABSENT"))
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(selectFrom("payouts").whereRef("payouts.transaction_id", "=", "inbox.subject").select("payouts.id")),
        exists(selectFrom("payouts").whereRef("payouts.merchant_reference", "=", "inbox.subject").select("payouts.id")),
        exists(selectFrom("customers").whereRef("customers.id", "=", "inbox.subject").select("customers.id")),
      ]),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

function unparking(db: Db, now: number) {
  return db
    .updateTable("inbox")
    .set({
      state: "RECEIVED",
      attempts: 0,
      failures: 0,
      obstacle: null,
      obstacle_since: null,
      next_attempt_at: now,
      lease_until: 0,
      reason: null,
      settled_at: null,
    })
    .where("state", "=", parked);
}

/** When the oldest event came; null where there is none. */
export async function oldestEvent(db: Db): Promise<number | null> {
  const row = await db.selectFrom("inbox").orderBy("id").select("received_at").limit(1).executeTakeFirst();
  return row?.received_at ?? null;
}

export interface AgedEvents {
  /** Those that are finished since before the instant. */
  ids: number[];
  /** The last one that was looked at; null where all that came before the instant were. */
  last: number | null;
}

/** Looks at some of the events after the id, up to the first that came at the instant or later. */
export async function agedEvents(db: Db, id: number, before: number, limit: number): Promise<AgedEvents> {
  const rows = await db
    .selectFrom("inbox")
    .where("id", ">", id)
    .select(["id", "state", "received_at", "settled_at"])
    .orderBy("id")
    .limit(limit)
    .execute();
  const kept = rows.findIndex(({ received_at }) => received_at >= before);
  const aged = kept === -1 ? rows : rows.slice(0, kept);
  const isFinished = ({ state, settled_at }: Pick<InboxRow, "state" | "settled_at">) =>
    (state === "APPLIED" || state === "IGNORED") && settled_at !== null && settled_at < before;
  return {
    ids: aged.filter(isFinished).map((row) => row.id),
    last: aged.length === limit ? (aged.at(-1)?.id ?? null) : null,
  };
}

/** Answers how many of them were there, and still finished. */
export async function removeEvents(db: Db, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await db
    .deleteFrom("inbox")
    .where("id", "in", ids)
    .where("state", "in", ["APPLIED", "IGNORED"])
    .executeTakeFirst();
  return Number(numDeletedRows);
}
