// Two nodes behind a reverse proxy are replaced one after the other while everything that clients do goes on.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { openEventStream } from "./support/event-stream-client.js";
import { freePort } from "./support/free-port.js";
import { isLongRun } from "./support/long-tests.js";
import { environmentFor } from "./support/provider-and-nodes.js";
import { ResumingSubscriber } from "./support/resuming-subscriber.js";
import { nginxIsMissing, startBalancer, startNginx } from "./support/reverse-proxies.js";
import { faultsOf, readLog } from "./support/status-log.js";
import { payoutInput, pngFile, TestClient, unique } from "./support/test-client.js";
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

beforeAll(async () => {
  build = await buildGateway();
});
beforeEach(async () => {
  provider = await startSandbox({
    port: 0,
    stateFile: join(build.directory, `${unique("sandbox")}.db`),
    reviewDelayMs: 20,
    payoutStepDelayMs: 100,
    retryScheduleMs: Array.from({ length: 100 }, () => 200),
    rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
  });
});
afterEach(() => provider.stop());
afterAll(() => build?.remove());

async function startNode(databaseUrl: string, port: number): Promise<RunningProcess> {
  const process = build.run("index.js", {
    ...environmentFor(provider),
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RECONCILE_SECONDS: "2",
    SHUTDOWN_NOTICE_MS: "1500",
    LIMIT_SOCKETS: "2000",
    LIMIT_SUBSCRIPTIONS: "2000",
    LIMIT_CONNECTIONS_PER_ADDRESS: "5000",
    LIMIT_REQUESTS_PER_MINUTE: "1000000",
    LOG_LEVEL: "error",
  });
  await process.printed(/GraphQL API/);
  return process;
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

const missing = nginxIsMissing();
if (missing) process.stderr.write(`Skipped: no rolling restart behind nginx (${missing}); install it or set NGINX.\n`);
const proxies = [
  { name: "a balancer that asks for readiness", start: startBalancer, run: test },
  { name: "nginx as ops/ sets it", start: startNginx, run: missing ? test.skip : test },
];

withRedis("with Redis", () => {
  forEachDatabase(
    (_name, _open, newUrl) => {
      for (const { name, start, run } of proxies) {
        run(
          `two nodes behind ${name} are replaced under ${subscriberCount} subscribers, queries, payouts and webhooks: no call fails, no change is lost or repeated, nothing is paid twice`,
          async () => {
            await replaceBothNodes(await newUrl(), start);
          },
        );
      }
      (missing ? test.skip : test)(
        "what goes in parts goes through nginx as it comes, and metrics do not",
        async () => {
          const port = await freePort();
          const node = await startNode(await newUrl(), port);
          const proxy = await startNginx([port, port]);
          closeAfterTest(() => proxy.stop());
          provider.setWebhookUrl(`${proxy.url}/webhooks`);
          const client = new TestClient(proxy.url);
          const { statusCursor: after } = await client.run("{ statusCursor }");
          const query = "subscription ($after: Cursor) { statusChanged(after: $after) { __typename cursor } }";
          const stream = await openEventStream(proxy.url, { query, variables: { after } });
          const { customer } = await client.createCustomer();
          const { data } = await client.upload(
            `mutation ($input: SubmitDocumentsInput!) {
            submitDocuments(input: $input) { customer { status } userErrors { message } }
          }`,
            { input: { customerId: customer.id, documents: [{ category: "IDENTITY", file: null }] } },
            { "variables.input.documents.0.file": pngFile(5_000_000) },
          );
          expect(data.submitDocuments).toMatchObject({ customer: { status: expect.any(String) }, userErrors: [] });
          // It is open still when the first ones come.
          for (let count = 0; count < 2; count += 1) {
            expect((await stream.take()).data.data.statusChanged.cursor).toEqual(expect.any(String));
          }
          stream.close();
          expect((await fetch(`${proxy.url}/metrics`)).status).toBe(404);
          expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
          expect((await node.stop()).exitCode).toBe(0);
        },
      );
    },
    ["PostgreSQL"],
  );
});

async function replaceBothNodes(databaseUrl: string, start: typeof startBalancer): Promise<void> {
  const ports = [await freePort(), await freePort()];
  const nodes = [await startNode(databaseUrl, ports[0]!), await startNode(databaseUrl, ports[1]!)];
  const { url, untilAllReady, stop } = await start(ports);
  closeAfterTest(stop);
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
      const before = answered;
      await until(() => answered > before + 20, 30_000);
      // Who takes a node away before the other one is taken in has none left.
      await untilAllReady();
      exits.push((await nodes[place]!.stop()).exitCode);
      nodes[place] = await startNode(databaseUrl, ports[place]!);
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

  await stopSubscribers();
  await client.stop();
  for (const node of nodes) expect((await node.stop()).exitCode).toBe(0);
}
