import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { pino } from "pino";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { LiveLog } from "../src/mirror/live-log.js";
import { StatusFeed } from "../src/mirror/status-feed.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import { openDatabase } from "../src/store/database.js";
import { everything } from "../src/store/visibility.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { openEventStream } from "./support/event-stream-client.js";
import { openSocket, type SocketMessage } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { statusChangeFields, type TestClient } from "./support/test-client.js";

const everyChange = `subscription ($after: Cursor) { statusChanged(after: $after) { ${statusChangeFields} } }`;

interface Follower {
  name: string;
  after: string | null;
  /** The cursors that came, up to and with the last one. */
  cursorsUntil(last: string): Promise<string[]>;
}

async function followOverSocket(url: string, after: string | null): Promise<Follower> {
  const socket = await (await openSocket(url)).init();
  socket.subscribe("1", everyChange, { after });
  // The answer to a later message says that the subscription has begun; events may come before it.
  socket.subscribe("ready", "{ statusCursor }");
  const early: SocketMessage[] = [];
  for (let message = await socket.take(); message.type !== "complete"; message = await socket.take()) {
    if (message.id === "1") early.push(message);
  }
  return {
    name: `WebSocket, ${after ? "after a cursor" : "from now on"}`,
    after,
    async cursorsUntil(last) {
      const cursors: string[] = [];
      while (cursors.at(-1) !== last) {
        const { payload } = early.shift() ?? (await socket.take());
        cursors.push(payload.data.statusChanged.cursor);
      }
      return cursors;
    },
  };
}

async function followOverSse(url: string, after: string | null): Promise<Follower> {
  const stream = await openEventStream(url, { query: everyChange, variables: { after } });
  return {
    name: `SSE, ${after ? "after a cursor" : "from now on"}`,
    after,
    async cursorsUntil(last) {
      const cursors: string[] = [];
      while (cursors.at(-1) !== last) cursors.push((await stream.take()).data.data.statusChanged.cursor);
      stream.close();
      return cursors;
    },
  };
}

async function wholeLog(client: TestClient): Promise<string[]> {
  const cursors: string[] = [];
  for (;;) {
    const query = "query ($after: Cursor) { statusChanges(after: $after) { cursor } }";
    const { statusChanges } = await client.run(query, { after: cursors.at(-1) ?? null });
    if (statusChanges.length === 0) return cursors;
    cursors.push(...statusChanges.map(({ cursor }: { cursor: string }) => cursor));
  }
}

test("whoever subscribes while changes are being made sees the log from there on, without a gap or a repeat", async () => {
  const { gateway, client } = await startTestGateway();
  for (let index = 0; index < 5; index += 1) await client.createCustomer();
  const start = (await client.run("{ statusCursor }")).statusCursor;

  const making = Promise.all(Array.from({ length: 20 }, () => client.createCustomer()));
  const following: Promise<Follower>[] = [];
  for (let index = 0; index < 5; index += 1) {
    following.push(followOverSocket(gateway.url, start), followOverSse(gateway.url, start));
    following.push(followOverSocket(gateway.url, null), followOverSse(gateway.url, null));
    // Each of them begins at another moment of the twenty.
    await client.run("{ statusCursor }");
  }
  await making;
  const followers = await Promise.all(following);
  // Every subscription has begun: all of them see the last change.
  const followed = (await client.createCustomer()).customer.cursor;
  const seen = await Promise.all(
    followers.map(async ({ name, after, cursorsUntil }) => ({ name, after, cursors: await cursorsUntil(followed) })),
  );

  const log = await wholeLog(client);
  expect(log.at(-1)).toBe(followed);
  expect(new Set(log).size).toBe(26);
  for (const { name, after, cursors } of seen) {
    const expected = after ? log.slice(log.indexOf(after) + 1) : log.slice(-cursors.length);
    expect({ name, cursors }).toEqual({ name, cursors: expected });
  }
});

test("a log of several hundred changes is told to its end and goes over into live", async () => {
  const { gateway, client } = await startTestGateway();
  const start = (await client.run("{ statusCursor }")).statusCursor;
  for (let made = 0; made < 260; made += 20) {
    await Promise.all(Array.from({ length: 20 }, () => client.createCustomer()));
  }
  const followers = await Promise.all([followOverSocket(gateway.url, start), followOverSse(gateway.url, start)]);
  const last = (await client.createCustomer()).customer.cursor;
  const log = await wholeLog(client);
  expect(log).toHaveLength(261);
  for (const { cursorsUntil } of followers) expect(await cursorsUntil(last)).toEqual(log);
});

test("a subscription that begins after the log's end has the next change first", async () => {
  const { gateway, client } = await startTestGateway();
  await client.createCustomer();
  const { statusCursor } = await client.run("{ statusCursor }");
  const followers = await Promise.all([
    followOverSocket(gateway.url, statusCursor),
    followOverSse(gateway.url, statusCursor),
  ]);
  const next = (await client.createCustomer()).customer.cursor;
  for (const { cursorsUntil } of followers) expect(await cursorsUntil(next)).toEqual([next]);
});

describe("a cursor is refused as CURSOR_INVALID by every reader of the log", () => {
  async function codesOf(url: string, client: TestClient, after: string) {
    const socket = await (await openSocket(url)).init();
    socket.subscribe("1", everyChange, { after });
    const stream = await openEventStream(url, { query: everyChange, variables: { after } });
    const resumed = await openEventStream(url, { query: everyChange, headers: { "last-event-id": after } });
    const answers = [
      (await socket.take()).payload,
      (await stream.take()).data,
      (await resumed.take()).data,
      await client.request("query ($after: Cursor) { statusChanges(after: $after) { cursor } }", { after }),
    ];
    stream.close();
    resumed.close();
    return answers.map(({ errors }) =>
      errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code),
    );
  }
  const refusedByAll = Array(4).fill(["CURSOR_INVALID"]);

  test("when it is none at all", async () => {
    const { gateway, client } = await startTestGateway();
    const { statusCursor } = await client.run("{ statusCursor }");
    for (const cursor of ["nonsense", "MTIz", `${statusCursor}x`, `${statusCursor}=`]) {
      expect(await codesOf(gateway.url, client, cursor)).toEqual(refusedByAll);
    }
  });

  test("when it is another gateway's", async () => {
    const { gateway, client } = await startTestGateway();
    const other = await startTestGateway();
    const { customer } = await other.client.createCustomer();
    await client.createCustomer();
    expect(await codesOf(gateway.url, client, customer.cursor)).toEqual(refusedByAll);
  });

  test("when it is from the future", async () => {
    const { gateway, client } = await startTestGateway();
    const { statusCursor } = await client.run("{ statusCursor }");
    const [logId] = Buffer.from(statusCursor, "base64url").toString().split(".");
    const future = Buffer.from(`${logId}.1`).toString("base64url");
    expect(await codesOf(gateway.url, client, future)).toEqual(refusedByAll);
    // The next change makes it a cursor of this log.
    const { customer } = await client.createCustomer();
    expect(customer.cursor).toBe(future);
  });
});

describe("with a log on disk", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "resume-test-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("clients are told that it cannot be read, without a word of the database's, and can come back", async () => {
    const path = join(folder, "gateway.db");
    const { gateway, client } = await startTestGateway({ config: { databaseUrl: `sqlite:${path}` } });
    const { statusCursor: after } = await client.run("{ statusCursor }");
    const { customer } = await client.createCustomer();
    const database = new SqliteDatabase(path);
    database.exec("ALTER TABLE status_log RENAME TO lost");

    const socket = await (await openSocket(gateway.url)).init();
    socket.subscribe("1", everyChange, { after });
    const message = { message: "Something went wrong here.", extensions: { code: "INTERNAL_SERVER_ERROR" } };
    expect(await socket.take()).toMatchObject({ id: "1", type: "error", payload: [message] });
    const stream = await openEventStream(gateway.url, { query: everyChange, variables: { after } });
    // A broken connection makes a client of this kind come back by itself.
    expect(await stream.ended()).toEqual([]);

    database.exec("ALTER TABLE lost RENAME TO status_log");
    database.close();
    socket.subscribe("2", everyChange, { after });
    expect((await socket.take()).payload.data.statusChanged.cursor).toBe(customer.cursor);
  });

  test.each([
    ["head", 1],
    ["entries", 2],
  ])(
    "a change that is written while the log's %s are being read is told at once, and not only by the next slow look",
    async (_what, nth) => {
      const url = `sqlite:${join(folder, "gateway.db")}`;
      const [database, other] = [await openDatabase(url), await openDatabase(url)];
      const wakeUps = new InProcessWakeUps();
      const door = new ChangeDoor({
        database: other,
        wakeUps,
        metrics: new Metrics(),
        logger: pino({ level: "silent" }),
      });
      const details = {
        type: "INDIVIDUAL" as const,
        firstName: "Ada",
        lastName: "Obi",
        email: "a@example.com",
        country: "NG",
      };
      const change = { kind: "customer" as const, id: "c1", status: "PENDING" as const, occurredAt: null, details };
      let reads = 0;
      // Stands between the database's answer and its reader, where another node's change can fall.
      const db = database.db.withPlugin({
        transformQuery: ({ node }) => node,
        transformResult: async ({ result }) => {
          reads += 1;
          if (reads === nth) await door.apply([change], { source: "WEBHOOK" });
          return result;
        },
      });
      const live = new LiveLog({ ...database, db }, wakeUps);
      const feed = new StatusFeed({ live, logId: "log", after: 0, filter: {}, visibility: everything });
      const changes = feed[Symbol.asyncIterator]();
      const startedAt = performance.now();
      const next = changes.next();
      // The second read is of the entries: something wakes it.
      if (nth === 2) {
        while (reads === 0) await new Promise(setImmediate);
        wakeUps.announce(0);
      }
      expect(await next).toMatchObject({ value: { entityId: "c1" }, done: false });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      await changes.return?.();
      await database.close();
      await other.close();
    },
  );
});
