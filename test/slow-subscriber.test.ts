import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pino } from "pino";
import type { CustomerChange } from "../src/datasources/changes.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import { type Database, openDatabase } from "../src/store/database.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { openEventStream } from "./support/event-stream-client.js";
import { isLongRun } from "./support/long-tests.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";

// An event of some 40 kB: what the system's own buffers between two sockets hold would else hide a queue of ours. The long
// form makes up for smaller ones by their number.
const aliases = Array.from({ length: isLongRun ? 9 : 72 }, (_, index) => `c${index}: customer { firstName lastName }`);
const largeEvents = `subscription ($after: Cursor) {
  statusChanged(after: $after) { cursor ... on CustomerStatusChange { ${aliases.join(" ")} } }
}`;
const smallEvents = "subscription ($after: Cursor) { statusChanged(after: $after) { cursor } }";
const name = "N".repeat(250);

const rounds = isLongRun ? 222 : 7;
const changesPerRound = 90;
const leastMs = isLongRun ? 60_000 : 0;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slow-test-"));
  database = await openDatabase(`sqlite:${join(folder, "gateway.db")}`);
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const start = () =>
  startTestGateway({
    config: { databaseUrl: `sqlite:${join(folder, "gateway.db")}` },
    limits: { aliases: aliases.length },
  });

/** Changes written as another process of the same database would write them: many at once, and without a wake-up. */
function writer(customerId: string) {
  const metrics = new Metrics();
  const door = new ChangeDoor({
    database,
    wakeUps: new InProcessWakeUps(),
    metrics,
    logger: pino({ level: "silent" }),
  });
  let clock = Date.now();
  return async (): Promise<void> => {
    const changes = Array.from({ length: changesPerRound }, (_, index): CustomerChange => {
      clock += 1;
      const status = index % 2 === 0 ? "PROCESSING" : "REJECTED";
      return { kind: "customer", id: customerId, status, occurredAt: new Date(clock), details: {} };
    });
    await door.apply(changes, { source: "RECONCILIATION" });
  };
}

test(
  "subscribers that do not read cost no memory and delay nobody, and later get everything in order",
  async () => {
    const { gateway, client } = await start();
    const { customer } = await client.createCustomer({ firstName: name, lastName: name });
    const variables = { after: customer.cursor };
    const write = writer(customer.id);

    const slowSocket = await (await openSocket(gateway.url)).init();
    slowSocket.subscribe("1", largeEvents, variables);
    slowSocket.socket.pause();
    // Read by nobody until it is asked.
    const slowStream = await openEventStream(gateway.url, { query: largeEvents, variables });
    const quick = await (await openSocket(gateway.url)).init();
    quick.subscribe("1", smallEvents, variables);

    const before = heldBytes();
    let mostHeld = 0;
    const log: string[] = [];
    const startedAt = Date.now();
    for (let round = 0; round < rounds; round += 1) {
      await write();
      // Its wake-up tells of the rest too.
      const { cursor } = (await client.createCustomer()).customer;
      while (log.at(-1) !== cursor) log.push((await quick.take()).payload.data.statusChanged.cursor);
      mostHeld = Math.max(mostHeld, heldBytes() - before);
    }
    const eventCount = rounds * (changesPerRound + 1);
    await new Promise((resolve) => setTimeout(resolve, startedAt + leastMs - Date.now()));
    expect(new Set(log).size).toBe(eventCount);
    // Two times 24 MB wait to be read.
    expect(mostHeld).toBeLessThan(8_000_000);

    slowSocket.socket.resume();
    const fromSocket = async () => {
      const cursors: string[] = [];
      let bytes = 0;
      while (cursors.length < eventCount) {
        const { payload } = await slowSocket.take();
        bytes += JSON.stringify(payload).length;
        cursors.push(payload.data.statusChanged.cursor);
      }
      expect(bytes).toBeGreaterThan(24_000_000);
      return cursors;
    };
    const fromStream = async () => {
      const cursors: (string | null)[] = [];
      while (cursors.length < eventCount) cursors.push((await slowStream.take()).id);
      slowStream.close();
      return cursors;
    };
    expect(await Promise.all([fromSocket(), fromStream()])).toEqual([log, log]);
  },
  isLongRun ? 900_000 : 120_000,
);

test("a gateway stops soon, however much its subscribers have not read", async () => {
  const { gateway, client, stop } = await start();
  const { customer } = await client.createCustomer({ firstName: name, lastName: name });
  const variables = { after: customer.cursor };
  const slowSocket = await (await openSocket(gateway.url)).init();
  slowSocket.subscribe("1", largeEvents, variables);
  slowSocket.socket.pause();
  const slowStream = await openEventStream(gateway.url, { query: largeEvents, variables });
  const write = writer(customer.id);
  for (let round = 0; round < 5; round += 1) await write();
  await client.createCustomer();

  const startedAt = performance.now();
  await stop();
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  slowStream.close();
});
