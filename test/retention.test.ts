// What is older than it is to be kept goes, and nothing else.

import { pino } from "pino";
import { AuditTrail } from "../src/access/audit-trail.js";
import { batchSize } from "../src/retention/aged-rows.js";
import { Retention } from "../src/retention/retention.js";
import { insertCustomer } from "../src/store/customer.queries.js";
import type { Database } from "../src/store/database.js";
import { insertIntent } from "../src/store/intent.queries.js";
import { holdLease } from "../src/store/lease.queries.js";
import { insertPayout } from "../src/store/payout.queries.js";
import { payoutsByDuration } from "../src/store/payout-statistics.queries.js";
import { logHead } from "../src/store/status-log.queries.js";
import type { InboxState } from "../src/store/tables.js";
import { everything } from "../src/store/visibility.js";
import { ageLog, append, emptyLog, forEver, removeAged } from "./support/aged-rows.js";
import { eventually } from "./support/eventually.js";
import { sampleOf, scrape } from "./support/scrape.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { customerRow, eventRow, intentRow, payoutRow } from "./support/stored-rows.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";

const dayMs = 86_400_000;
const daysAgo = (days: number) => Date.now() - days * dayMs;

function appendMany(database: Database, count: number, recordedAt: number): Promise<number[]> {
  return append(
    database,
    Array.from({ length: count }, () => ({ recorded_at: recordedAt })),
  );
}

async function positionsOf({ db }: Database): Promise<number[]> {
  const rows = await db.selectFrom("status_log").select("position").orderBy("position").execute();
  return rows.map(({ position }) => position);
}

async function store({ db }: Database, states: [state: InboxState, receivedAt: number, settledAt: number | null][]) {
  for (const [state, received_at, settled_at] of states) {
    await db.insertInto("inbox").values(eventRow({ state, received_at, settled_at })).execute();
  }
}

forEachDatabase((_name, open) => {
  test("status changes older than they are kept are removed, batch by batch, up to the first that is younger", async () => {
    const database = await open();
    const old = 2 * batchSize + 10;
    await appendMany(database, old, daysAgo(91));
    await appendMany(database, 1, daysAgo(89));
    await appendMany(database, 1, daysAgo(95));
    await appendMany(database, 1, Date.now());
    expect(await removeAged(database, { status_log: 90 })).toEqual({ status_log: old });
    expect(await positionsOf(database)).toEqual([old + 1, old + 2, old + 3]);
    expect(await logHead(database.db)).toMatchObject({ position: old + 3, pruned_to: old });
    expect(await removeAged(database, { status_log: 90 })).toEqual({ status_log: 0 });
  });

  test("the position goes on from where it was when the log is empty", async () => {
    const database = await open();
    await appendMany(database, 3, Date.now());
    await emptyLog(database);
    expect(await positionsOf(database)).toEqual([]);
    expect(await logHead(database.db)).toMatchObject({ position: 3, pruned_to: 3 });
    await appendMany(database, 1, Date.now());
    expect(await positionsOf(database)).toEqual([4]);
  });

  test("finished webhook events are removed; what waits, is parked or was finished lately stays, however old", async () => {
    const database = await open();
    await store(database, [
      ["APPLIED", daysAgo(120), daysAgo(120)],
      ["PARKED", daysAgo(120), daysAgo(120)],
      ["IGNORED", daysAgo(119), daysAgo(119)],
      ["RECEIVED", daysAgo(118), null],
      ["APPLIED", daysAgo(117), daysAgo(1)],
      ["APPLIED", daysAgo(99), daysAgo(99)],
    ]);
    expect(await removeAged(database, { inbox: 100 })).toEqual({ inbox: 2 });
    const rows = await database.db.selectFrom("inbox").select("state").orderBy("id").execute();
    expect(rows.map(({ state }) => state)).toEqual(["PARKED", "RECEIVED", "APPLIED", "APPLIED"]);
  });

  test("many events that stay are no end to those that can go", async () => {
    const database = await open();
    const rows = Array.from({ length: batchSize + 5 }, () =>
      eventRow({ state: "PARKED", received_at: daysAgo(150), settled_at: daysAgo(150) }),
    );
    await database.db.insertInto("inbox").values(rows).execute();
    await store(database, [["APPLIED", daysAgo(149), daysAgo(149)]]);
    expect(await removeAged(database, { inbox: 100 })).toEqual({ inbox: 1 });
  });

  test("a dry run counts what would go, and removes nothing", async () => {
    const database = await open();
    await appendMany(database, batchSize + 1, daysAgo(91));
    await store(database, [
      ["APPLIED", daysAgo(120), daysAgo(120)],
      ["PARKED", daysAgo(120), daysAgo(120)],
    ]);
    const audit = new AuditTrail(database, pino({ level: "silent" }));
    const act = { principal: { id: "key:1", tenant: "acme" }, action: "x" };
    await Promise.all(Array.from({ length: batchSize + 1 }, () => audit.append(act, "DONE")));
    const counted = { status_log: batchSize + 1, inbox: 1, audit: batchSize + 1 };
    const kept = { status_log: 90, inbox: 100, audit: -1 };
    expect(await removeAged(database, kept, { isDryRun: true })).toEqual(counted);
    expect(await removeAged(database, kept, { isDryRun: true })).toEqual(counted);
    expect(await removeAged(database, kept)).toEqual({ ...counted, audit: expect.any(Number) });
    expect(await positionsOf(database)).toEqual([]);
  });

  test("what is kept for ever is not touched, and no intent ever", async () => {
    const database = await open();
    await appendMany(database, 1, daysAgo(10_000));
    await store(database, [["APPLIED", daysAgo(10_000), daysAgo(10_000)]]);
    await database.transaction((tx) => insertIntent(tx, intentRow({ state: "DONE", created_at: daysAgo(10_000) })));
    expect(await removeAged(database, {})).toEqual({});
    expect(await positionsOf(database)).toEqual([1]);
    await removeAged(database, { status_log: 7, inbox: 95, audit: 90 });
    const { db } = database;
    expect(await db.selectFrom("inbox").selectAll().execute()).toEqual([]);
    expect(await db.selectFrom("intents").selectAll().execute()).toHaveLength(1);
  });

  test("how long payouts took is counted all the same when their changes are no longer in the log", async () => {
    const database = await open();
    const createdAt = daysAgo(100);
    const took = { "p-1": 3, "p-2": 70 };
    const entries = Object.entries(took).map(([id, seconds]) => ({
      entity: "PAYOUT" as const,
      entity_id: id,
      customer_id: "c-1",
      to_status: "SUCCESSFUL" as const,
      occurred_at: createdAt + seconds * 1000,
      recorded_at: createdAt,
    }));
    const positions = await append(database, entries);
    await database.transaction(async (tx) => {
      await insertCustomer(tx, customerRow({ id: "c-1" }));
      for (const [index, position] of positions.entries()) {
        const row = { id: Object.keys(took)[index] as string, customer_id: "c-1", position, created_at: createdAt };
        await insertPayout(tx, payoutRow({ ...row, status: "SUCCESSFUL" }));
      }
    });
    const durations = () =>
      payoutsByDuration(database.db, { from: 0, to: Date.now() }, [0, 1000, 60_000], everything).then((rows) =>
        rows.sort((one, other) => one.range - other.range),
      );
    const before = await durations();
    expect(before).toEqual([
      { range: 1, count: 1 },
      { range: 2, count: 1 },
    ]);
    await removeAged(database, { status_log: 90 });
    expect(await positionsOf(database)).toEqual([]);
    expect(await durations()).toEqual(before);
  });
});

forEachDatabase((_name, open, newUrl) => {
  test("of two who would remove at the same time one does, and the other is told", async () => {
    const url = await newUrl();
    const [first, second] = [await open(url), await open(url)];
    await appendMany(first, 3 * batchSize, daysAgo(91));
    const counts: number[] = [];
    const retention = new Retention({
      database: first,
      keptDays: { ...forEver, status_log: 90 },
      principalId: "retention",
      onRemoved: (_kind, count) => counts.push(count),
    });
    const running = retention.run();
    await eventually(async () => counts.length > 0);
    expect(await removeAged(second, { status_log: 90 })).toBeNull();
    expect(await running).toEqual({ status_log: 3 * batchSize });
    expect(counts).toEqual([batchSize, batchSize, batchSize]);
    // It was given back.
    expect(await removeAged(second, { status_log: 90 })).toEqual({ status_log: 0 });
  });

  test("one that was told to stop leaves the rest for the next time", async () => {
    const url = await newUrl();
    const database = await open(url);
    await appendMany(database, 2 * batchSize, daysAgo(91));
    let asked = 0;
    const isStopped = () => {
      asked += 1;
      return asked > 1;
    };
    expect(await removeAged(database, { status_log: 90 }, { isStopped })).toEqual({ status_log: batchSize });
    expect(await removeAged(database, { status_log: 90 })).toEqual({ status_log: batchSize });
  });

  test("of two nodes one removes what is too old, says how much, and both tell how old the oldest is", async () => {
    const databaseUrl = await newUrl();
    const database = await open(databaseUrl);
    await appendMany(database, 40, daysAgo(91));
    await appendMany(database, 1, daysAgo(50));
    await store(database, [
      ["APPLIED", daysAgo(120), daysAgo(120)],
      ["PARKED", daysAgo(120), daysAgo(120)],
    ]);
    const retention = { statusLogDays: 90, inboxDays: 100, auditDays: null };
    const config = { databaseUrl, retention };
    const nodes = [await startTestGateway({ config }), await startTestGateway({ config })];
    await eventually(async () => (await positionsOf(database)).length === 1);
    await eventually(async () => (await database.db.selectFrom("inbox").select("id").execute()).length === 1);
    const samples = (await Promise.all(nodes.map(({ gateway }) => scrape(gateway.metricsUrl)))).flat();
    const sum = (name: string, kind: string) => sampleOf(samples, `payout_gateway_${name}`, { kind }) ?? 0;
    expect(sum("retention_removed_total", "status_log")).toBe(40);
    expect(sum("retention_removed_total", "inbox")).toBe(1);
    expect(Math.round((sum("oldest_kept_seconds", "status_log") * 1000) / 2 / dayMs)).toBe(50);
  });

  test("a node does not remove while another has it in hand, and nothing where nothing is to go", async () => {
    const databaseUrl = await newUrl();
    const database = await open(databaseUrl);
    await appendMany(database, 1, daysAgo(91));
    await holdLease(database, "retention", "another node", 60_000);
    expect(await removeAged(database, { status_log: 90 })).toBeNull();
    expect(await positionsOf(database)).toEqual([1]);
    await ageLog(database, 1_000);
    const { stop } = await startTestGateway({ config: { databaseUrl } });
    await stop();
    expect(await positionsOf(database)).toEqual([1]);
  });
}, sharedKinds);
