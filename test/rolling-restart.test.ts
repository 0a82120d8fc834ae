// Two nodes behind a balancer are replaced one after the other while everything that clients do goes on.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.js";
import { Balancer } from "./support/balancer.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { isLongRun } from "./support/long-tests.js";
import { environmentFor } from "./support/provider-and-nodes.js";
import { ResumingSubscriber } from "./support/resuming-subscriber.js";
import { faultsOf, readLog } from "./support/status-log.js";
import { payoutInput, TestClient } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";
import { closeAfterTest, describeWithRedis, until } from "./support/test-redis.js";

jest.setTimeout(isLongRun ? 600_000 : 180_000);

const subscriberCount = 500;
const rounds = isLongRun ? 3 : 1;
const readers = 3;
const payers = 2;
const redisUrl = process.env.REDIS_TEST_URL || "redis://127.0.0.1:6379";
const withRedis = await describeWithRedis();

let build: Build;
let provider: Sandbox;
let balancer: Balancer;
let url: string;

beforeAll(async () => {
  build = await buildGateway();
  provider = await startSandbox({
    port: 0,
    stateFile: join(build.directory, "sandbox.db"),
    reviewDelayMs: 20,
    payoutStepDelayMs: 100,
    retryScheduleMs: Array.from({ length: 100 }, () => 200),
    rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
  });
  ({ balancer, url } = await Balancer.start());
});
afterAll(async () => {
  await balancer?.stop();
  await build?.remove();
  await provider?.stop();
});

async function startNode(databaseUrl: string): Promise<{ process: RunningProcess; url: string }> {
  const process = build.run("index.js", {
    ...environmentFor(provider),
    PORT: "0",
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RECONCILE_SECONDS: "2",
    SHUTDOWN_NOTICE_MS: "500",
    LIMIT_SOCKETS: "2000",
    LIMIT_SUBSCRIPTIONS: "2000",
    LIMIT_CONNECTIONS_PER_ADDRESS: "5000",
    LIMIT_REQUESTS_PER_MINUTE: "1000000",
    LOG_LEVEL: "error",
  });
  const nodeUrl = await process.printed(/GraphQL API\s+(http\S+)\/graphql/);
  await balancer.add(nodeUrl);
  return { process, url: nodeUrl };
}

/** Repeats the call, one after the other, until told to end; what it throws is kept. */
function keepDoing(call: () => Promise<unknown>, failures: unknown[]): () => Promise<void> {
  let isOver = false;
  const doing = (async () => {
    while (!isOver) {
      await call().catch((error) => failures.push(String(error)));
      await sleep(20);
    }
  })();
  return async () => {
    isOver = true;
    await doing;
  };
}

withRedis("with Redis", () => {
  forEachDatabase(
    (_name, _open, newUrl) => {
      test(`two nodes are replaced under ${subscriberCount} subscribers, queries, payouts and webhooks: no call fails, no change is lost or repeated, nothing is paid twice`, async () => {
        const databaseUrl = await newUrl();
        const nodes = [await startNode(databaseUrl), await startNode(databaseUrl)];
        provider.setWebhookUrl(`${url}/webhooks`);
        const client = new TestClient(url);
        const { id: customerId } = await client.verifiedCustomer();
        const { statusCursor } = await client.run("{ statusCursor }");
        const subscribers = Array.from({ length: subscriberCount }, () => new ResumingSubscriber(url, statusCursor));
        const stopSubscribers = () => Promise.all(subscribers.map((subscriber) => subscriber.stop()));
        closeAfterTest(stopSubscribers);

        const failures: unknown[] = [];
        const paid = new Set<string>();
        let answered = 0;
        const read = async () => {
          await client.run("{ payouts(first: 5) { nodes { id status customer { name } } } statusCursor }");
          answered += 1;
        };
        const pay = async () => {
          const { payout, userErrors } = await client.createPayout(payoutInput({ customerId }));
          if (!payout) throw new Error(JSON.stringify(userErrors));
          paid.add(payout.id);
        };
        const ends = [
          ...Array.from({ length: readers }, () => keepDoing(read, failures)),
          ...Array.from({ length: payers }, () => keepDoing(pay, failures)),
        ];
        closeAfterTest(() => Promise.all(ends.map((end) => end())));

        const exits: unknown[] = [];
        for (let round = 0; round < rounds; round += 1) {
          for (let place = 0; place < nodes.length; place += 1) {
            const { process, url: oldUrl } = nodes[place]!;
            const before = answered;
            await until(() => answered > before + 20, 30_000);
            exits.push((await process.stop()).exitCode);
            await balancer.remove(oldUrl);
            nodes[place] = await startNode(databaseUrl);
          }
        }
        for (const end of ends) await end();
        expect(failures).toEqual([]);
        expect(exits).toEqual(Array.from({ length: 2 * rounds }, () => 0));

        for (const id of paid) await client.payoutReaching(id, "SUCCESSFUL");
        expect(provider.transactions()).toHaveLength(paid.size);
        const log = await readLog(client);
        expect(faultsOf(log)).toEqual([]);
        const expected = log.map(({ cursor }) => cursor);
        const after = expected.slice(expected.indexOf(statusCursor) + 1);
        await until(() => subscribers.every(({ cursors }) => cursors.length >= after.length), 30_000);
        for (const { cursors, errors } of subscribers) {
          expect(errors).toEqual([]);
          expect(cursors).toEqual(after);
        }
        // Everybody was sent away in order, by nothing else, and came back.
        const codes = subscribers.flatMap(({ closeCodes }) => closeCodes);
        expect(new Set(codes)).toEqual(new Set([1001]));
        expect(codes.length).toBeGreaterThanOrEqual(subscriberCount);
        expect(await balancer.retried()).toBeLessThan(answered);

        await stopSubscribers();
        await client.stop();
        for (const { process } of nodes) expect((await process.stop()).exitCode).toBe(0);
      });
    },
    ["PostgreSQL"],
  );
});
