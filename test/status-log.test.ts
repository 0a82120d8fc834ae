import { pino } from "pino";
import type { CustomerChange, PayoutChange } from "../src/datasources/changes.js";
import { Adopter } from "../src/mirror/adopt.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import type { AnyStatusChange } from "../src/mirror/entities.js";
import { Mirror } from "../src/mirror/mirror.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import type { Database } from "../src/store/database.js";
import type { LogFilter } from "../src/store/status-log.queries.js";
import { everything, type Visibility } from "../src/store/visibility.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { forEachDatabase } from "./support/test-databases.js";

interface Node {
  door: ChangeDoor;
  mirror: Mirror;
  /** How many follow the log at this moment. */
  followers(): number;
}

async function startNode(database: Database): Promise<Node> {
  let followers = 0;
  const emitter = new InProcessWakeUps();
  const wakeUps = {
    announce: (position: number) => emitter.announce(position),
    listen: (listener: (position: number) => void) => {
      followers += 1;
      const stop = emitter.listen(listener);
      return () => {
        followers -= 1;
        stop();
      };
    },
  };
  const door = new ChangeDoor({ database, wakeUps, metrics: new Metrics(), logger: pino({ level: "silent" }) });
  const nobody = { customer: async () => null, transaction: async () => null };
  const mirror = await Mirror.open(database, wakeUps, new Adopter(database, door, nobody));
  return { door, mirror, followers: () => followers };
}

const statuses = ["PENDING", "PROCESSING"] as const;

/** Each turn is one entry of the log. */
function customerTurn(id: string, turn: number): CustomerChange {
  return {
    kind: "customer",
    id,
    status: statuses[turn % 2]!,
    occurredAt: new Date(1000 + turn),
    details: { type: "INDIVIDUAL", email: `${id}@example.com`, country: "NG" },
  };
}

async function turn(node: Node, id: string, count: number, tenant?: string): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await node.door.apply([customerTurn(id, index)], { source: "WEBHOOK", ...(tenant ? { tenant } : {}) });
  }
}

async function take(changes: AsyncIterator<AnyStatusChange>, count: number): Promise<AnyStatusChange[]> {
  const taken = [];
  while (taken.length < count) {
    const { value, done } = await changes.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

const positionsOf = (changes: readonly AnyStatusChange[]) => changes.map(({ position }) => position);
const oneTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

forEachDatabase((name, open, newUrl) => {
  async function start(): Promise<Node> {
    return startNode(await open());
  }

  const follow = async (node: Node, after: string | null, filter: LogFilter = {}, visibility = everything) =>
    (await node.mirror.followStatusChanges(after, filter, visibility))[Symbol.asyncIterator]();

  test("a reader gets what was, then what comes, without a gap or a repeat, while many write", async () => {
    const node = await start();
    await turn(node, "c0", 150);
    const beginning = node.mirror.cursorAt(0);
    const readers = await Promise.all([follow(node, beginning), follow(node, beginning), follow(node, null)]);
    const writing = Promise.all(oneTo(5).map((index) => turn(node, `c${index}`, 20)));
    const [all, again, live] = await Promise.all([
      take(readers[0]!, 250),
      take(readers[1]!, 250),
      take(readers[2]!, 100),
    ]);
    await writing;
    expect(positionsOf(all)).toEqual(oneTo(250));
    expect(again).toEqual(all);
    expect(positionsOf(live)).toEqual(oneTo(250, 151));
    for (const reader of readers) await reader.return?.();
  });

  test("a reader that comes back with any cursor goes on right behind it", async () => {
    const node = await start();
    await turn(node, "c1", 12);
    const first = await follow(node, node.mirror.cursorAt(0));
    const seen = await take(first, 12);
    await first.return?.();
    for (const index of [0, 4, 11]) {
      const again = await follow(node, seen[index]!.cursor);
      await turn(node, `other${index}`, 1);
      const rest = await take(again, 12 - index);
      expect(positionsOf(rest)).toEqual(oneTo(13, index + 2));
      await again.return?.();
    }
  });

  test("a slow reader misses nothing and holds up nobody", async () => {
    const node = await start();
    const slow = await follow(node, node.mirror.cursorAt(0));
    const quick = await follow(node, node.mirror.cursorAt(0));
    await turn(node, "c1", 1);
    expect(positionsOf(await take(slow, 1))).toEqual([1]);
    await turn(node, "c2", 250);
    expect(positionsOf(await take(quick, 251))).toEqual(oneTo(251));
    expect(positionsOf(await take(slow, 250))).toEqual(oneTo(251, 2));
    await slow.return?.();
    await quick.return?.();
  });

  test("a reader that leaves while it waits is let go at once", async () => {
    const node = await start();
    const reader = await follow(node, null);
    const waiting = reader.next();
    while (node.followers() === 0) await new Promise(setImmediate);
    await reader.return?.();
    expect(await waiting).toMatchObject({ done: true });
    expect(node.followers()).toBe(0);
    // Whoever never began has nothing to leave.
    const idle = await follow(node, null);
    await idle.return?.();
    expect(await idle.next()).toMatchObject({ done: true });
    expect(node.followers()).toBe(0);
  });

  test("each reader sees what it asked for, of what it may see", async () => {
    const node = await start();
    await turn(node, "mine", 2, "acme");
    await turn(node, "theirs", 2, "other");
    const payout: PayoutChange = {
      kind: "payout",
      payoutId: "p1",
      status: "SUBMITTING",
      details: { customerId: "mine" },
    };
    await node.door.apply([payout], { source: "MUTATION", tenant: "acme" });
    await node.door.apply([{ ...payout, status: "PENDING" }], { source: "MUTATION" });
    const read = async (filter: LogFilter, visibility: Visibility, count: number) => {
      const live = await follow(node, node.mirror.cursorAt(0), filter, visibility);
      const followed = positionsOf(await take(live, count));
      await live.return?.();
      expect(positionsOf(await node.mirror.statusChanges(null, 100, filter, visibility))).toEqual(followed);
      return followed;
    };
    expect(await read({}, everything, 6)).toEqual(oneTo(6));
    expect(await read({}, { ...everything, tenant: "acme" }, 4)).toEqual([1, 2, 5, 6]);
    expect(await read({}, { ...everything, tenant: "other" }, 2)).toEqual([3, 4]);
    expect(await read({ customerId: "mine" }, everything, 4)).toEqual([1, 2, 5, 6]);
    expect(await read({ entity: { kind: "PAYOUT", id: "p1" } }, everything, 2)).toEqual([5, 6]);
    expect(await read({ entity: { kind: "CUSTOMER", id: "mine" } }, { ...everything, tenant: "acme" }, 2)).toEqual([
      1, 2,
    ]);
    expect(await read({ customerId: "theirs" }, { ...everything, tenant: "acme" }, 0)).toEqual([]);
    // What a look-up or a webhook changes stays with whoever made it.
    const [last] = (await node.mirror.statusChanges(null, 100, {}, { ...everything, tenant: "acme" })).slice(-1);
    expect(last).toMatchObject({ entity: "PAYOUT", entityId: "p1", from: "SUBMITTING", to: "PENDING" });
  });

  // What is in memory is one node's own.
  if (name === "SQLite in memory") return;

  test("what another node wrote is found without any wake-up", async () => {
    const url = await newUrl();
    const [here, there] = [await startNode(await open(url)), await startNode(await open(url))];
    const reader = await follow(here, null);
    const waiting = reader.next();
    while (here.followers() === 0) await new Promise(setImmediate);
    await turn(there, "c1", 1);
    expect((await waiting).value).toMatchObject({ position: 1, entityId: "c1" });
    await reader.return?.();
  });
});
