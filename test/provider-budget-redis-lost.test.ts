import type { Redis } from "ioredis";
import { parseRateLimit } from "../src/datasources/budget/rate-windows.js";
import { RedisBudget } from "../src/datasources/budget/redis-budget.js";
import { openDatabase } from "../src/store/database.js";
import { loneNodesOf } from "../src/store/lone-node.queries.js";
import { call, mostInOneWindow, take, takeAll } from "./support/provider-budget-contract.js";
import { failureOf } from "./support/stub-provider.js";
import {
  closeAfterTest,
  describeWithRedis,
  keyPrefix,
  openRedis,
  startRedisLine,
  until,
} from "./support/test-redis.js";

const withRedis = await describeWithRedis();
const longestCallMs = 3_000;

// Where the nodes know each other without Redis. Each test has an account of its own, named by its prefix.
const database = await openDatabase("sqlite::memory:");
afterAll(() => database.close());

function openNode(redis: Redis, rateLimit: string, prefix: string, nodeId: string, heartbeatMs = 200): RedisBudget {
  const windows = parseRateLimit(rateLimit);
  const loneNodes = loneNodesOf(database, prefix);
  const budget = new RedisBudget({ redis, windows, keyPrefix: prefix, longestCallMs, loneNodes, nodeId, heartbeatMs });
  closeAfterTest(() => budget.close());
  return budget;
}

/** Until nothing of the others, unheard, counts in the shortest window any more. */
const untilQuiet = (...nodes: RedisBudget[]) =>
  Promise.all(nodes.map((node) => until(async () => (await node.snapshot()).windows[0]?.used === 0)));

/** Two nodes that know of each other, over a line that can be cut. */
async function openPair(rateLimit: string) {
  const line = await startRedisLine();
  const prefix = keyPrefix();
  const [a, b] = ["a", "b"].map((nodeId) => openNode(openRedis(line.url), rateLimit, prefix, nodeId));
  const pair = [a, b] as [RedisBudget, RedisBudget];
  const everyNode = (isSo: (budget: RedisBudget) => Promise<boolean>) =>
    until(async () => (await Promise.all(pair.map(isSo))).every(Boolean));
  const areShared = () => everyNode(async (node) => (await node.snapshot()).isShared);
  const areAlone = () => everyNode(async (node) => !(await node.snapshot()).isShared);
  await everyNode(async (node) => (await node.snapshot()).nodes === 2);
  return { line, prefix, pair, areShared, areAlone };
}

withRedis("a node that has lost Redis", () => {
  test("keeps to its part of the budget, also of what the other node had left", async () => {
    const { line, pair, areAlone } = await openPair("40/2s,80/1h");
    const [a, b] = pair;
    await take(a, "payout", 15);
    await take(b, "payout", 5);
    // Each hears of the other's calls by the next heartbeat.
    await Promise.all(pair.map((node) => until(async () => (await node.snapshot()).windows[1]?.used === 20)));
    line.cut();
    await areAlone();
    await untilQuiet(a, b);
    // Of the hour's eighty, twenty are known, and forty could have been sent unheard.
    expect(await takeAll(a, "payout")).toBe(10);
    expect(await takeAll(b, "payout")).toBe(10);
  });

  test("keeps the reserve within its part", async () => {
    const { line, pair, areAlone } = await openPair("40/3s");
    line.cut();
    await areAlone();
    await untilQuiet(pair[0]);
    expect(await takeAll(pair[0], "read")).toBe(16);
    expect(await takeAll(pair[0], "payout")).toBe(4);
  });

  test("sends nothing while the others may not know, and then goes on, when Redis is connected but silent", async () => {
    const { line, pair } = await openPair("40/2s");
    line.hold();
    const startedAtMs = performance.now();
    expect(await failureOf(call(pair[0], "payout", 0))).toMatchObject({ kind: "RATE_LIMITED", outcome: "NOT_DONE" });
    await call(pair[0], "payout", 10_000);
    expect(performance.now() - startedAtMs).toBeGreaterThan(2_000);
    expect(performance.now() - startedAtMs).toBeLessThan(6_000);
    expect(await takeAll(pair[0], "payout")).toBe(19);
    expect(await pair[0].snapshot()).toMatchObject({ isShared: false, nodes: 2 });
  });

  test("takes half of the budget where it never learnt how many nodes there are", async () => {
    const line = await startRedisLine();
    line.cut();
    const node = openNode(openRedis(line.url), "40/3s", keyPrefix(), "alone");
    await call(node, "payout", 15_000);
    expect(await takeAll(node, "payout")).toBe(19);
  });

  test("obeys a 429, and the others hear of it when Redis is back", async () => {
    const { line, prefix, pair, areAlone, areShared } = await openPair("40/1m");
    line.cut();
    await areAlone();
    pair[0].noteAnswer({ status: 429, retryAfterSeconds: 30 });
    expect(await failureOf(call(pair[0], "payout", 1_000))).toMatchObject({ kind: "RATE_LIMITED" });
    line.mend();
    await areShared();
    const newcomer = openNode(openRedis(), "40/1m", prefix, "c");
    expect(await failureOf(call(newcomer, "payout", 1_000))).toMatchObject({ kind: "RATE_LIMITED" });
  });

  test("tells the shared log what it did meanwhile", async () => {
    const { line, prefix, pair, areAlone, areShared } = await openPair("40/2s,200/1h");
    await take(pair[0], "payout", 4);
    line.cut();
    await areAlone();
    await untilQuiet(...pair);
    await take(pair[0], "payout", 7);
    await take(pair[1], "payout", 9);
    line.mend();
    await areShared();
    const newcomer = openNode(openRedis(), "40/2s,200/1h", prefix, "c");
    await until(async () => (await newcomer.snapshot()).isShared);
    expect((await newcomer.snapshot()).windows[1]?.used).toBe(20);
  });

  test("sends nothing where its part of a window is less than one call", async () => {
    const { line, pair, areAlone } = await openPair("1/1m");
    line.cut();
    await areAlone();
    expect(await failureOf(call(pair[0], "payout", 10_000))).toMatchObject({ kind: "RATE_LIMITED" });
  });

  test("finds it again and keeps to its part until the others have had time to tell what they did", async () => {
    const line = await startRedisLine();
    const redis = openRedis(line.url);
    const prefix = keyPrefix();
    const node = openNode(redis, "40/2s,200/1h", prefix, "a", 1_000);
    const other = openNode(openRedis(), "40/2s,200/1h", prefix, "b");
    await until(async () => (await node.snapshot()).nodes + (await other.snapshot()).nodes === 4);
    line.cut();
    await until(async () => !(await node.snapshot()).isShared);
    await untilQuiet(node);
    line.mend();
    await until(() => redis.status === "ready");
    expect(await node.snapshot()).toMatchObject({ isShared: false });
    expect(await takeAll(node, "payout")).toBe(20);
    await until(async () => (await node.snapshot()).isShared);
    expect((await other.snapshot()).windows[1]?.used).toBe(20);
  });

  test("together with the others it never exceeds a window, whenever Redis goes and comes", async () => {
    const { line, pair } = await openPair("20/1s,60/4s");
    const grantedAtMs: number[] = [];
    const endsAtMs = performance.now() + 5_000;
    const callers = pair.flatMap((node) =>
      Array.from({ length: 4 }, async () => {
        while (performance.now() < endsAtMs) {
          await call(node, "payout", 500).then(
            () => grantedAtMs.push(performance.now()),
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          );
        }
      }),
    );
    for (const [index, pauseMs] of [700, 900, 1_200, 600].entries()) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (index % 2 === 0) line.cut();
      else line.mend();
    }
    await Promise.all(callers);
    expect(grantedAtMs.length).toBeGreaterThan(60);
    expect(mostInOneWindow(grantedAtMs, 1_000)).toBeLessThanOrEqual(20);
    expect(mostInOneWindow(grantedAtMs, 4_000)).toBeLessThanOrEqual(60);
  });
});

withRedis("one node alone that has lost Redis", () => {
  test("and the others, who have it, never exceed a window together", async () => {
    const line = await startRedisLine();
    const prefix = keyPrefix();
    const rateLimit = "20/1s,60/4s";
    const lone = openNode(openRedis(line.url), rateLimit, prefix, "a");
    const other = openNode(openRedis(), rateLimit, prefix, "b");
    await until(async () => (await lone.snapshot()).nodes + (await other.snapshot()).nodes === 4);
    const grantedAtMs: number[] = [];
    const byLoneMs: number[] = [];
    const endsAtMs = performance.now() + 9_000;
    const callers = [lone, other].flatMap((node) =>
      Array.from({ length: 4 }, async () => {
        while (performance.now() < endsAtMs) {
          await call(node, "payout", 500).then(
            async () => {
              grantedAtMs.push(performance.now());
              if (node === lone && !(await node.snapshot()).isShared) byLoneMs.push(performance.now());
            },
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          );
        }
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 700));
    line.cut();
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    line.mend();
    await Promise.all(callers);
    expect(byLoneMs.length).toBeGreaterThan(5);
    expect(mostInOneWindow(grantedAtMs, 1_000)).toBeLessThanOrEqual(20);
    expect(mostInOneWindow(grantedAtMs, 4_000)).toBeLessThanOrEqual(60);
    // Nobody keeps a part for it any more.
    await until(async () => (await takeAll(other, "payout")) > 10);
  });
});

withRedis("a Redis that lost its data", () => {
  test("is told again what still counts", async () => {
    const { prefix, pair, areShared } = await openPair("40/1m");
    await take(pair[0], "payout", 12);
    await take(pair[1], "payout", 8);
    const redis = openRedis();
    await redis.del(...(await redis.keys(`*${prefix}*`)));
    const isToldAgain = async () => Number(await redis.zcard(`{${prefix}}:provider-budget:log`)) === 20;
    await until(isToldAgain);
    await areShared();
    expect((await takeAll(pair[0], "payout")) + (await takeAll(pair[1], "payout"))).toBe(20);
  });
});
