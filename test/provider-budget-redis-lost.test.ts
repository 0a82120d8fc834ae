import type { Redis } from "ioredis";
import { parseRateLimit } from "../src/datasources/budget/rate-windows.js";
import { RedisBudget } from "../src/datasources/budget/redis-budget.js";
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

function openNode(redis: Redis, rateLimit: string, prefix: string, nodeId: string, heartbeatMs = 200): RedisBudget {
  const windows = parseRateLimit(rateLimit);
  const budget = new RedisBudget({ redis, windows, keyPrefix: prefix, longestCallMs, nodeId, heartbeatMs });
  closeAfterTest(() => budget.close());
  return budget;
}

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
    const { line, pair, areAlone } = await openPair("40/1m");
    const [a, b] = pair;
    await take(a, "payout", 15);
    await take(b, "payout", 5);
    // Each hears of the other's calls by the next heartbeat.
    await Promise.all(pair.map((node) => until(async () => (await node.snapshot()).windows[0]?.used === 20)));
    line.cut();
    await areAlone();
    expect(await takeAll(a, "payout")).toBe(10);
    expect(await takeAll(b, "payout")).toBe(10);
  });

  test("keeps the reserve within its part", async () => {
    const { line, pair, areAlone } = await openPair("40/1m");
    line.cut();
    await areAlone();
    expect(await takeAll(pair[0], "read")).toBe(16);
    expect(await takeAll(pair[0], "payout")).toBe(4);
  });

  test("answers as quickly as ever when Redis is connected but silent", async () => {
    const { line, pair } = await openPair("40/1m");
    line.hold();
    const startedAtMs = performance.now();
    await take(pair[0], "payout", 20);
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
    expect(await takeAll(pair[0], "payout")).toBe(0);
    expect(await pair[0].snapshot()).toMatchObject({ isShared: false, nodes: 2 });
  });

  test("takes half of the budget where it never learnt how many nodes there are", async () => {
    const line = await startRedisLine();
    line.cut();
    const node = openNode(openRedis(line.url), "40/1m", keyPrefix(), "alone");
    await call(node, "payout", 1_000);
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
    const { line, prefix, pair, areAlone, areShared } = await openPair("40/1m");
    await take(pair[0], "payout", 4);
    line.cut();
    await areAlone();
    await take(pair[0], "payout", 7);
    await take(pair[1], "payout", 9);
    line.mend();
    await areShared();
    const newcomer = openNode(openRedis(), "40/1m", prefix, "c");
    expect(await takeAll(newcomer, "payout")).toBe(20);
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
    const node = openNode(redis, "40/1m", prefix, "a", 1_000);
    const other = openNode(openRedis(), "40/1m", prefix, "b");
    await until(async () => (await node.snapshot()).nodes + (await other.snapshot()).nodes === 4);
    line.cut();
    await until(async () => !(await node.snapshot()).isShared);
    line.mend();
    await until(() => redis.status === "ready");
    expect(await node.snapshot()).toMatchObject({ isShared: false });
    expect(await takeAll(node, "payout")).toBe(20);
    await until(async () => (await node.snapshot()).isShared);
    expect(await takeAll(other, "payout")).toBe(20);
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
