// Cursors of what is no longer kept: whoever comes back with one is told so, and how to go on without losing anything.

import { pino } from "pino";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { LiveLog } from "../src/mirror/live-log.js";
import { StatusFeed } from "../src/mirror/status-feed.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import type { Database } from "../src/store/database.js";
import { logHead } from "../src/store/status-log.queries.js";
import { everything } from "../src/store/visibility.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { append, emptyLog, removeAged } from "./support/aged-rows.js";
import { startAuditedGateway } from "./support/audited-gateway.js";
import { openEventStream } from "./support/event-stream-client.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { TestClient } from "./support/test-client.js";
import { forEachDatabase, openTestDatabase, sharedKinds } from "./support/test-databases.js";

const missed = "query ($after: Cursor) { statusChanges(after: $after) { cursor } }";
const everyChange = "subscription ($after: Cursor) { statusChanged(after: $after) { cursor } }";

interface ToldError {
  message: string;
  extensions: { code: string; cursor?: string };
}

/** What each reader of the log answers to the cursor. */
async function errorsOf(url: string, client: TestClient, after: string): Promise<ToldError[][]> {
  const socket = await (await openSocket(url)).init();
  socket.subscribe("1", everyChange, { after });
  const stream = await openEventStream(url, { query: everyChange, variables: { after } });
  const resumed = await openEventStream(url, { query: everyChange, headers: { "last-event-id": after } });
  const answers = [
    (await client.request(missed, { after })).errors as unknown as ToldError[],
    (await socket.take()).payload.errors,
    (await stream.take()).data.errors,
    (await resumed.take()).data.errors,
  ];
  stream.close();
  resumed.close();
  return answers;
}

async function startAndLook(databaseUrl: string) {
  const started = await startTestGateway({ config: { databaseUrl } });
  return { ...started, database: await openTestDatabase(databaseUrl) };
}

const statusCursor = async (client: TestClient): Promise<string> => (await client.run("{ statusCursor }")).statusCursor;

forEachDatabase((_name, _open, newUrl) => {
  test("every reader of the log answers a cursor that is too old with CURSOR_EXPIRED and the cursor to go on from", async () => {
    const { gateway, client, database } = await startAndLook(await newUrl());
    const start = await statusCursor(client);
    await client.createCustomer();
    await emptyLog(database);
    await client.createCustomer();
    const cursor = await statusCursor(client);
    const told = await errorsOf(gateway.url, client, start);
    expect(told).toHaveLength(4);
    for (const errors of told) {
      expect(errors).toMatchObject([{ extensions: { code: "CURSOR_EXPIRED", cursor } }]);
      expect(errors[0]?.message).toContain("Read anew what you show");
    }
  });

  test("who reads anew and then goes on after the cursor of the error misses nothing", async () => {
    const { client, database } = await startAndLook(await newUrl());
    const start = await statusCursor(client);
    await client.createCustomer();
    await emptyLog(database);
    const { errors } = await client.request(missed, { after: start });
    const after = errors?.[0]?.extensions?.cursor as string;
    // While it reads anew, something changes.
    const { customer: second } = await client.createCustomer();
    const { customers } = await client.run("{ customers { nodes { id } } }");
    expect(customers.nodes).toHaveLength(2);
    const following = client.follow({ after });
    const { customer: third } = await client.createCustomer();
    const seen = await following.until(({ id }) => id === third.id);
    expect(seen.map(({ id }) => id)).toEqual([second.id, third.id]);
    await following.stop();
  });

  test("the last cursor of an emptied log is good, and so is the one before the oldest entry that is kept", async () => {
    const { client, database } = await startAndLook(await newUrl());
    await client.createCustomer();
    const last = await statusCursor(client);
    await emptyLog(database);
    expect(await statusCursor(client)).toBe(last);
    expect(await client.run(missed, { after: last })).toEqual({ statusChanges: [] });
    const following = client.follow({ after: last });
    const { customer } = await client.createCustomer();
    const [first] = await following.until(() => true);
    expect(first).toMatchObject({ id: customer.id, cursor: customer.cursor });
    expect(await client.run(missed, { after: last })).toEqual({ statusChanges: [{ cursor: customer.cursor }] });
    // Without a cursor it is all that is kept.
    expect(await client.run("{ statusChanges { cursor } }")).toEqual({ statusChanges: [{ cursor: customer.cursor }] });
    await following.stop();
  });

  test("what is no cursor of this log is CURSOR_INVALID as before, also one from the future", async () => {
    const { gateway, client, database } = await startAndLook(await newUrl());
    const start = await statusCursor(client);
    await client.createCustomer();
    await emptyLog(database);
    const { log_id, position } = await logHead(database.db);
    const of = (id: string, digits: string) => Buffer.from(`${id}.${digits}`).toString("base64url");
    const cursors = [
      "nonsense",
      `${start}x`,
      of("another", "0"),
      of(log_id, (position + 1).toString(36)),
      of(log_id, "00"),
    ];
    for (const cursor of cursors) {
      for (const errors of await errorsOf(gateway.url, client, cursor)) {
        expect(errors).toMatchObject([{ extensions: { code: "CURSOR_INVALID" } }]);
        expect(errors[0]?.extensions).not.toHaveProperty("cursor");
      }
    }
  });

  test("an answer that was kept is not given again when what it shows is no longer kept", async () => {
    const { client, database } = await startAndLook(await newUrl());
    const { customer } = await client.createCustomer();
    // The last position is another's, and nothing is written between the answer and the removal.
    await client.createCustomer();
    const query = "query ($id: ID!) { customer(id: $id) { cursor statusChanges { cursor } } }";
    const ask = async () => (await client.run(query, { id: customer.id })).customer;
    for (let asked = 0; asked < 4; asked += 1) {
      expect(await ask()).toEqual({ cursor: customer.cursor, statusChanges: [{ cursor: customer.cursor }] });
    }
    await emptyLog(database);
    expect(await ask()).toEqual({ cursor: await statusCursor(client), statusChanges: [] });
  });

  test("a customer or payout that has not moved since tells a cursor that can be followed", async () => {
    const { client, database } = await startAndLook(await newUrl());
    const { id } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId: id });
    await client.payoutReaching(payout.id, "SUCCESSFUL");
    const query = `query ($id: ID!) {
      payout(id: $id) { status cursor statusChanges { cursor } customer { status cursor statusChanges { cursor } } }
    }`;
    const ask = async () => (await client.run(query, { id: payout.id })).payout;
    const before = await ask();
    expect(before.statusChanges).toHaveLength(4);
    await client.createCustomer();
    await emptyLog(database);
    const cursor = await statusCursor(client);
    expect(await ask()).toEqual({
      status: "SUCCESSFUL",
      cursor,
      statusChanges: [],
      customer: { status: "VERIFIED", cursor, statusChanges: [] },
    });
    const history = "query ($id: ID!, $after: Cursor) { payout(id: $id) { statusChanges(after: $after) { cursor } } }";
    const { data, errors } = await client.request(history, { id: payout.id, after: before.customer.cursor });
    expect(data).toEqual({ payout: null });
    expect(errors).toMatchObject([
      { path: ["payout", "statusChanges"], extensions: { code: "CURSOR_EXPIRED", cursor } },
    ]);
    expect((await client.request(history, { id: payout.id, after: cursor })).errors).toBeUndefined();
  });
}, sharedKinds);

forEachDatabase((_name, open, newUrl) => {
  const follow = (database: Database, after: number) => {
    const live = new LiveLog(database, new InProcessWakeUps());
    const feed = new StatusFeed({ live, logId: "log", after, filter: {}, visibility: everything });
    return feed[Symbol.asyncIterator]();
  };
  const appendMany = (database: Database, count: number) =>
    append(
      database,
      Array.from({ length: count }, () => ({ recorded_at: 0 })),
    );

  test("a reader that is overtaken between two of its reads is told, and jumps over nothing", async () => {
    const database = await open();
    await appendMany(database, 250);
    const changes = follow(database, 0);
    const seen: number[] = [];
    for (let taken = 0; taken < 50; taken += 1) seen.push((await changes.next()).value?.position as number);
    await removeAged(database, { status_log: 90 });
    const end = await (async () => {
      for (;;) seen.push((await changes.next()).value?.position as number);
    })().catch((error) => error);
    expect(end).toMatchObject({ name: "CursorExpired" });
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  test("a reader whose entries go in the moment in which it reads them is told", async () => {
    const url = await newUrl();
    const [database, other] = [await open(url), await open(url)];
    await appendMany(database, 10);
    let isRemoved = false;
    // Stands between the database's answer and its reader, where another node's removal can fall.
    const db = database.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (!isRemoved) {
          isRemoved = true;
          await removeAged(other, { status_log: 90 });
        }
        return result;
      },
    });
    const changes = follow({ ...database, db }, 0);
    await expect(changes.next()).rejects.toMatchObject({ name: "CursorExpired" });
  });

  test("those who follow live are told when their node stood still while what they follow was written and removed", async () => {
    const database = await open();
    await appendMany(database, 1);
    const wakeUps = new InProcessWakeUps();
    const live = new LiveLog(database, wakeUps);
    const changes = new StatusFeed({ live, logId: "log", after: 1, filter: {}, visibility: everything });
    const iterator = changes[Symbol.asyncIterator]();
    const next = iterator.next().catch((error) => error);
    await (await live.open()).refresh();
    // No wake-up reaches it for so long.
    await appendMany(database, 5);
    await removeAged(database, { status_log: 90 });
    wakeUps.announce(0);
    expect(await next).toMatchObject({ name: "CursorExpired" });
    const { log_id, position } = await logHead(database.db);
    expect(await next).toMatchObject({ cursor: Buffer.from(`${log_id}.${position}`).toString("base64url") });
  });
}, sharedKinds);

test("a subscription that was told of nothing for longer than is kept goes on when its credential is renewed", async () => {
  const { gateway, client, database, keyFor } = await startAuditedGateway();
  const { key } = await keyFor("quiet", ["customers:read", "customers:write"]);
  const { key: busy } = await keyFor("busy", ["customers:read", "customers:write"]);
  const other = new TestClient(client.url, busy);
  const quiet = new TestClient(client.url, key);
  const socket = await (await openSocket(gateway.url)).init(key);
  socket.subscribe("1", everyChange);
  socket.subscribe("ready", "{ statusCursor }");
  while ((await socket.take()).type !== "complete");
  const { customer: first } = await quiet.createCustomer();
  expect((await socket.take()).payload.data.statusChanged.cursor).toBe(first.cursor);
  // More than a node remembers without asking its database.
  await append(
    database,
    Array.from({ length: 600 }, () => ({ tenant: "busy" })),
  );
  await other.createCustomer();
  // Once one of its node's subscribers was told of them, the node has read them.
  const beside = await (await openSocket(gateway.url)).init(busy);
  beside.subscribe("1", everyChange, { after: first.cursor });
  for (let told = 0; told < 601; told += 1) await beside.take();
  await emptyLog(database);
  socket.send({ type: "ping", payload: { authorization: `Bearer ${key}` } });
  expect(await socket.take()).toMatchObject({ type: "pong", payload: { accepted: true } });
  const { customer: second } = await quiet.createCustomer();
  expect((await socket.take()).payload).toEqual({ data: { statusChanged: { cursor: second.cursor } } });
});

describe("over the wire", () => {
  const aliases = Array.from({ length: 72 }, (_, index) => `c${index}: customer { firstName lastName }`);
  const large = `subscription ($after: Cursor) {
    statusChanged(after: $after) { cursor ... on CustomerStatusChange { ${aliases.join(" ")} } }
  }`;

  forEachDatabase((_name, _open, newUrl) => {
    test("a subscriber that read too slowly for what is kept has what it read, and then CURSOR_EXPIRED instead of a gap", async () => {
      const databaseUrl = await newUrl();
      const started = await startTestGateway({ config: { databaseUrl }, limits: { aliases: aliases.length } });
      const { gateway, client } = started;
      const database = await openTestDatabase(databaseUrl);
      const name = "N".repeat(250);
      const { customer } = await client.createCustomer({ firstName: name, lastName: name });
      const variables = { after: customer.cursor };
      const slow = await (await openSocket(gateway.url)).init();
      slow.subscribe("1", large, variables);
      slow.socket.pause();
      const stream = await openEventStream(gateway.url, { query: large, variables });

      const door = new ChangeDoor({
        database,
        wakeUps: new InProcessWakeUps(),
        metrics: new Metrics(),
        logger: pino({ level: "silent" }),
      });
      let clock = Date.now();
      for (let round = 0; round < 7; round += 1) {
        const changes = Array.from({ length: 90 }, (_, index) => {
          clock += 1;
          const status = index % 2 === 0 ? ("PROCESSING" as const) : ("REJECTED" as const);
          return { kind: "customer" as const, id: customer.id, status, occurredAt: new Date(clock), details: {} };
        });
        await door.apply(changes, { source: "RECONCILIATION" });
      }
      const log = await database.db.selectFrom("status_log").select("position").where("position", ">", 1).execute();
      expect(log).toHaveLength(630);
      // Both wait for their clients by now: one that follows beside them has had everything.
      const quick = client.follow({ after: customer.cursor });
      await quick.until(() => quick.seen.length === log.length);
      await quick.stop();
      await emptyLog(database);
      const cursor = await statusCursor(client);

      slow.socket.resume();
      const cursors: string[] = [];
      let message = await slow.take();
      for (; message.type === "next"; message = await slow.take())
        cursors.push(message.payload.data.statusChanged.cursor);
      expect(message).toMatchObject({ type: "error", payload: [{ extensions: { code: "CURSOR_EXPIRED", cursor } }] });

      const events = await stream.ended();
      const words = events.filter(({ event }) => event === "next");
      const last = words.pop();
      expect(last?.data.errors).toMatchObject([{ extensions: { code: "CURSOR_EXPIRED", cursor } }]);
      const { log_id } = await logHead(database.db);
      const whole = log.map(({ position }) => Buffer.from(`${log_id}.${position.toString(36)}`).toString("base64url"));
      const streamed = words.map(({ id }) => id);
      for (const seen of [cursors, streamed]) {
        expect(seen.length).toBeGreaterThan(0);
        expect(seen.length).toBeLessThan(630);
        expect(seen).toEqual(whole.slice(0, seen.length));
      }
    });
  }, sharedKinds);
});
