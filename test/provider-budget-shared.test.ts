import { randomUUID } from "node:crypto";
import type { LoneNodes } from "../src/datasources/budget/lone-nodes.js";
import type { ProviderBudget } from "../src/datasources/budget/provider-budget.js";
import { parseRateLimit } from "../src/datasources/budget/rate-windows.js";
import { RedisBudget } from "../src/datasources/budget/redis-budget.js";
import { call, keepsThePromise, take, takeAll } from "./support/provider-budget-contract.js";
import { closeAfterTest, describeWithRedis, keyPrefix, openRedis } from "./support/test-redis.js";

const withRedis = await describeWithRedis();
const longestCallMs = 3_000;
// No node is ever alone here.
const noLoneNodes: LoneNodes = {
  declare: async () => {},
  withdraw: async () => {},
  weightsOfOthers: async () => [],
};

function openRedisBudgets(rateLimit: string): ProviderBudget[] {
  const prefix = keyPrefix();
  return ["a", "b"].map((nodeId) => {
    const redis = openRedis();
    const windows = parseRateLimit(rateLimit);
    const budget = new RedisBudget({
      redis,
      windows,
      keyPrefix: prefix,
      longestCallMs,
      loneNodes: noLoneNodes,
      nodeId,
    });
    closeAfterTest(() => budget.close());
    return budget;
  });
}

withRedis("the budget that nodes share in Redis", () => {
  keepsThePromise(openRedisBudgets);

  test("a node that comes later finds what the others have used", async () => {
    const prefix = keyPrefix();
    const open = () => {
      const windows = parseRateLimit("10/1m");
      const budget = new RedisBudget({
        redis: openRedis(),
        windows,
        keyPrefix: prefix,
        longestCallMs,
        loneNodes: noLoneNodes,
        nodeId: randomUUID(),
      });
      closeAfterTest(() => budget.close());
      return budget;
    };
    const first = open();
    await take(first, "payout", 7);
    const second = open();
    expect(await takeAll(second, "payout")).toBe(3);
    expect(await takeAll(first, "payout")).toBe(0);
    expect(await second.snapshot()).toMatchObject({ nodes: 2, isShared: true });
    await first.close();
    expect(await second.snapshot()).toMatchObject({ nodes: 1 });
  });

  test("what a node had under way when it died counts for as long as a call can take, and then for its window", async () => {
    const [dying, other] = openRedisBudgets("10/1s") as [ProviderBudget, ProviderBudget];
    const startedAtMs = performance.now();
    await Promise.all(Array.from({ length: 10 }, () => dying.acquire("payout", 0)));
    await dying.close();
    await call(other, "payout", 10_000);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(longestCallMs + 1_000);
    expect(performance.now() - startedAtMs).toBeLessThan(longestCallMs + 3_000);
  });

  test("the keys in Redis end with the windows", async () => {
    const prefix = keyPrefix();
    const redis = openRedis();
    const budget = new RedisBudget({
      redis,
      windows: parseRateLimit("10/1s"),
      keyPrefix: prefix,
      longestCallMs,
      loneNodes: noLoneNodes,
      nodeId: "a",
    });
    closeAfterTest(() => budget.close());
    await take(budget, "payout", 1);
    const keys = await redis.keys(`*${prefix}*`);
    expect(keys).toHaveLength(3);
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });
});
