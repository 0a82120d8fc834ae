// A caller's requests a minute, counted by nodes that share a Redis.

import { startAuthenticatedGateway } from "./support/authenticated-gateway.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { describeWithRedis, startRedisLine } from "./support/test-redis.js";

const withRedis = await describeWithRedis();

withRedis("two nodes with one Redis", () => {
  const limits = { requestsPerMinute: 20 };

  async function startNodes() {
    const line = await startRedisLine();
    const config = { redisUrl: line.url };
    const first = await startAuthenticatedGateway({ limits, config });
    const second = await startTestGateway({
      limits,
      config: { ...config, databaseUrl: first.databaseUrl, auth: { isDisabled: false, tokens: null } },
    });
    const key = await first.keyOf("a");
    const ask = async (node: { client: typeof first.client }) =>
      (await node.client.post({ query: "{ statusCursor }" }, key)).status;
    return { line, ask, first, second };
  }

  test("count a caller's requests together", async () => {
    const { ask, first, second } = await startNodes();
    let taken = 0;
    const isRefused = [false, false];
    while (isRefused.includes(false)) {
      for (const [index, node] of [first, second].entries()) {
        const status = await ask(node);
        isRefused[index] = status === 429;
        if (status === 200) taken += 1;
      }
    }
    // Not twice as many; what a node asked before it had its line to Redis it has counted alone.
    expect(taken).toBeGreaterThanOrEqual(limits.requestsPerMinute);
    expect(taken).toBeLessThan(1.5 * limits.requestsPerMinute);
  });

  test("go on counting each by itself while Redis is away, and refuse nobody for it", async () => {
    const { line, ask, first } = await startNodes();
    expect(await ask(first)).toBe(200);
    line.cut();
    const told: number[] = [];
    for (let request = 0; request < 40; request += 1) told.push(await ask(first));
    expect(told.slice(0, 15)).toEqual(Array(15).fill(200));
    expect(told.at(-1)).toBe(429);
  });
});
