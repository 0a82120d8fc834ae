// Subscribers on two nodes of one database and one Redis: whichever node a change comes to, all are told at once.

import { openEventStream } from "./support/event-stream-client.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";
import { describeWithRedis, startRedisLine } from "./support/test-redis.js";

const withRedis = await describeWithRedis();
const changes = "subscription ($after: Cursor) { statusChanged(after: $after) { cursor } }";
const rounds = 30;
// The slow look at the log would find them too.
const pollMs = 5_000;

withRedis("two nodes with one Redis", () => {
  forEachDatabase((_name, _open, newUrl) => {
    test("tell every subscriber every change once, in order and without a slow look", async () => {
      const [databaseUrl, line] = [await newUrl(), await startRedisLine()];
      const start = () => startTestGateway({ config: { databaseUrl, redisUrl: line.url } });
      const nodes = [await start(), await start()];
      const [first] = nodes as [(typeof nodes)[0]];
      const { statusCursor: after } = await first.client.run("{ statusCursor }");
      const takers: (() => Promise<string>)[] = [];
      for (const { gateway } of nodes) {
        for (const variables of [{ after }, {}]) {
          const socket = await (await openSocket(gateway.url)).init();
          socket.subscribe("1", changes, variables);
          socket.subscribe("ready", "{ __typename }");
          while ((await socket.take()).type !== "complete");
          takers.push(async () => (await socket.take()).payload.data.statusChanged.cursor);
        }
        const stream = await openEventStream(gateway.url, { query: changes, variables: { after } });
        takers.push(async () => (await stream.take()).id as string);
      }
      const log: string[] = [];
      const seen: string[][] = takers.map(() => []);
      let slowestMs = 0;
      for (let round = 0; round < rounds; round += 1) {
        const startedAt = performance.now();
        const made = await Promise.all(nodes.map(({ client }) => client.createCustomer()));
        for (let count = 0; count < made.length; count += 1) {
          for (const [index, take] of takers.entries()) seen[index]?.push(await take());
        }
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        log.push(...made.map(({ customer }) => customer.cursor));
      }
      expect([...(seen[0] as string[])].sort()).toEqual(log.sort());
      for (const cursors of seen) expect(cursors).toEqual(seen[0]);
      expect(slowestMs).toBeLessThan(pollMs - 1_000);
    }, 60_000);
  }, sharedKinds);
});
