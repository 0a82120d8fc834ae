// The one reader of the log, on each engine: whom it wakes, and that nobody who follows it misses or repeats anything.

import { pino } from "pino";
import type { CustomerChange } from "../src/datasources/changes.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { LiveLog, type LiveReader } from "../src/mirror/live-log.js";
import { LogFollower } from "../src/mirror/log-follower.js";
import { topicOf } from "../src/mirror/log-topics.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import type { Database } from "../src/store/database.js";
import type { LogFilter } from "../src/store/status-log.queries.js";
import { everything } from "../src/store/visibility.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { forEachDatabase } from "./support/test-databases.js";

const statuses = ["PENDING", "PROCESSING", "REJECTED"] as const;

function startNode(database: Database) {
  const wakeUps = new InProcessWakeUps();
  const door = new ChangeDoor({ database, wakeUps, metrics: new Metrics(), logger: pino({ level: "silent" }) });
  let clock = Date.now();
  /** Each writes one entry, under a tenant of its own name. */
  const write = async (ids: readonly string[], isQuiet = false) => {
    const changes = ids.map((id): CustomerChange => {
      clock += 1;
      const details = { type: "INDIVIDUAL" as const, email: `${id}@example.com`, country: "NG" };
      return { kind: "customer", id, status: statuses[clock % 3] as "PENDING", occurredAt: new Date(clock), details };
    });
    const quiet = new ChangeDoor({
      database,
      wakeUps: new InProcessWakeUps(),
      metrics: new Metrics(),
      logger: pino({ level: "silent" }),
    });
    await (isQuiet ? quiet : door).apply(changes, { source: "WEBHOOK", tenant: ids[0] as string });
  };
  return { live: new LiveLog(database, wakeUps), write };
}

interface Reading {
  after?: number;
  filter?: LogFilter;
  tenant?: string;
}

/** Counts every entry that it is woken by, and takes each as slowly as it is told. */
function follow(reader: LiveReader, { after = reader.position, filter = {}, tenant }: Reading, pause = async () => {}) {
  const positions: number[] = [];
  const visibility = { ...everything, tenant: tenant ?? null };
  const follower = new LogFollower(
    reader,
    { after, filter, visibility },
    {
      take: async ({ position }) => {
        await pause();
        positions.push(position);
      },
      failed: (error) => {
        throw error;
      },
    },
  );
  let woken = 0;
  const hear = () => {
    woken += 1;
  };
  const leave = reader.join(topicOf(filter, visibility), { hear, fail: () => {} });
  follower.start();
  return {
    positions,
    woken: () => woken,
    until: async (position: number) => {
      while ((positions.at(-1) ?? 0) < position) await new Promise(setImmediate);
      return positions;
    },
    stop: () => {
      leave();
      follower.stop();
    },
  };
}

const oneTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

forEachDatabase((_name, open) => {
  test("an entry wakes those whom it concerns and nobody else", async () => {
    const { live, write } = startNode(await open());
    const reader = await live.open();
    const followers = [
      follow(reader, {}),
      follow(reader, { tenant: "c1" }),
      follow(reader, { tenant: "c2" }),
      follow(reader, { filter: { customerId: "c1" } }),
      follow(reader, { filter: { customerId: "c1" }, tenant: "c1" }),
      follow(reader, { filter: { customerId: "c1" }, tenant: "c2" }),
      follow(reader, { filter: { customerId: "c2" } }),
      follow(reader, { filter: { entity: { kind: "CUSTOMER", id: "c1" } } }),
      follow(reader, { filter: { entity: { kind: "PAYOUT", id: "c1" } } }),
    ];
    await write(["c1"]);
    await reader.refresh();
    const expected = [1, 1, 0, 1, 1, 0, 0, 1, 0];
    expect(followers.map(({ woken }) => woken())).toEqual(expected);
    await followers[0]?.until(1);
    expect(followers.map(({ positions }) => positions.length)).toEqual(expected);
    for (const { stop } of followers) stop();
    reader.release();
    expect(reader.isStopped).toBe(true);
  });

  test("whoever joins at any moment while others write has all from there on, once and in order", async () => {
    const { live, write } = startNode(await open());
    const reader = await live.open();
    for (let round = 0; round < 3; round += 1) await write(Array(100).fill("c0"));
    const written = 300;
    const rounds = 40;
    const followers: { after: number; follower: ReturnType<typeof follow> }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const writing = write([`c${round}`, "c0"], round % 3 === 0);
      // Far behind, a little behind, and not at all.
      for (const after of [0, Math.max(0, reader.position - 7), reader.position]) {
        const turns = followers.length % 4;
        const pause = async () => {
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
        };
        followers.push({ after, follower: follow(reader, { after }, pause) });
      }
      await writing;
    }
    await reader.refresh();
    const last = written + 2 * rounds;
    expect(reader.position).toBe(last);
    for (const { after, follower } of followers) {
      expect(await follower.until(last)).toEqual(oneTo(last, after + 1));
      follower.stop();
    }
    reader.release();
  });

  test("whoever joins at any position, kept in memory or not, has all that is later", async () => {
    const { live, write } = startNode(await open());
    const reader = await live.open();
    for (let round = 0; round < 13; round += 1) await write(Array(40).fill("c0"));
    await reader.refresh();
    const afters = [0, ...oneTo(520)];
    const followers = afters.map((after) => follow(reader, { after }));
    await write(["c0"]);
    for (const [after, { until, stop }] of followers.entries()) {
      expect(await until(521)).toEqual(oneTo(521, after + 1));
      stop();
    }
    reader.release();
  });

  test("one that takes nothing for a while delays nobody, and is level again afterwards", async () => {
    const { live, write } = startNode(await open());
    const reader = await live.open();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = follow(reader, {}, () => held);
    const quick = follow(reader, {});
    // More than it is kept for, here and in the reader itself.
    for (let round = 0; round < 8; round += 1) await write(Array(100).fill("c0"));
    expect(await quick.until(800)).toEqual(oneTo(800));
    expect(slow.positions).toEqual([]);
    release();
    expect(await slow.until(800)).toEqual(oneTo(800));
    await write(["c0"]);
    expect((await slow.until(801)).at(-1)).toBe(801);
    slow.stop();
    quick.stop();
    reader.release();
  });
});
