// The gateway as a process of its own is killed at a named instruction, or in the middle of a call, and started again. The
// provider lives on in this process. All cases run beside each other, since most of their time is waiting.

import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { environmentFor } from "./support/provider-and-nodes.js";
import { callProvider } from "./support/provider-calls.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { customerInput, payoutInput, TestClient, unique } from "./support/test-client.js";

jest.setTimeout(120_000);

const atOnce = 8;
// A lease that runs out, two look-ups apart, and the steps after them.
const withinMs = 25_000;
const nowhere = "http://127.0.0.1:9/webhooks";

interface StartOptions {
  crashAt?: string;
  /** The provider's webhooks go nowhere: what is applied was there before. */
  isDeaf?: boolean;
}

interface Place {
  provider: Sandbox;
  /** Starts the gateway, to be killed at the point where one is given. */
  start(options?: StartOptions): Promise<{ client: TestClient; process: RunningProcess }>;
}

let build: Build;
let customerId: string;
const stops: (() => Promise<void>)[] = [];
const outcomes = new Map<string, Promise<void>>();

/** A folder with the state of provider and gateway in it. */
async function openPlace(name: string, payoutStepDelayMs: number): Promise<Place> {
  const folder = join(build.directory, name);
  await mkdir(folder, { recursive: true });
  const provider = await startSandbox({
    port: 0,
    stateFile: join(folder, "sandbox.db"),
    reviewDelayMs: 20,
    payoutStepDelayMs,
    retryScheduleMs: Array.from({ length: 100 }, () => 200),
    rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
  });
  stops.push(() => provider.stop());
  const start = async ({ crashAt, isDeaf = false }: StartOptions = {}) => {
    if (isDeaf) provider.setWebhookUrl(nowhere);
    const process = build.run("index.js", {
      ...environmentFor(provider),
      PORT: "0",
      DATABASE_URL: `sqlite:${join(folder, "gateway.db")}`,
      // What a look-up of its own would find must not hide what the journal and the inbox leave undone.
      RECONCILE_SECONDS: "0",
      ...(crashAt ? { TEST_CRASH_AT: crashAt } : {}),
    });
    const url = await process.printed(/GraphQL API\s+(http\S+)\/graphql/);
    const client = new TestClient(url);
    stops.push(() => client.stop());
    if (!isDeaf) provider.setWebhookUrl(`${url}/webhooks`);
    return { client, process };
  };
  return { provider, start };
}

/** An account with a verified customer, at which one payout has shown that references come back. */
async function prepare(): Promise<void> {
  const { provider, start } = await openPlace("prepared", 1_000);
  const { client, process } = await start();
  customerId = (await client.verifiedCustomer()).id;
  const { payout } = await client.createPayout({ customerId });
  // Its first look-up has found it while it was not final: from now on "not found" proves absence.
  await eventually(async () => provider.received("GET /transaction/{id}").length > 0);
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  await client.stop();
  await process.stop();
  await provider.stop();
}

async function copyPlace(name: string): Promise<Place> {
  await mkdir(join(build.directory, name));
  for (const file of ["sandbox.db", "gateway.db"]) {
    await copyFile(join(build.directory, "prepared", file), join(build.directory, name, file));
  }
  return openPlace(name, 150);
}

/** The call that is cut off by the end of its process. */
async function isCutOff(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toThrow();
}

const payoutPoints: [point: string, note: string][] = [
  ["payout-recorded", "plain"],
  ["payout-claimed", "plain"],
  ["payout-answered", "plain"],
  ["payout-settled", "plain"],
  ["payout-looked-up", "test-answer-lost"],
  ["payout-absent", "test-request-lost"],
];

async function crashWhilePaying(place: Place, point: string, note: string): Promise<void> {
  const input = payoutInput({ customerId, note });
  // A webhook would settle what the look-up is for.
  const first = await place.start({ crashAt: point, isDeaf: true });
  const paying = first.client.createPayout(input).catch(() => null);
  expect(await first.process.exitCode).toBeNull();
  await paying;
  await endsPaidOnce(place, input);
}

/** After the restart: the key answers, nothing was paid twice, and the log is sound. */
async function endsPaidOnce({ provider, start }: Place, input: ReturnType<typeof payoutInput>): Promise<void> {
  const { client, process } = await start();
  const startedAt = Date.now();
  const { payoutByIdempotencyKey: known } = await client.run(
    "query ($key: ID!) { payoutByIdempotencyKey(idempotencyKey: $key) { id merchantReference } }",
    { key: input.idempotencyKey },
  );
  expect(await client.createPayout(input)).toMatchObject({ payout: { id: known.id }, replayed: true, userErrors: [] });
  await client.payoutReaching(known.id, "SUCCESSFUL");
  expect(Date.now() - startedAt).toBeLessThan(withinMs);

  const booked = provider
    .transactions()
    .filter(({ merchantReference }) => merchantReference === known.merchantReference);
  expect(booked).toHaveLength(1);
  // And the one from before: nothing else was paid under any other name.
  expect(provider.transactions()).toHaveLength(2);
  const log = await readLog(client);
  expect(faultsOf(log)).toEqual([]);
  const statuses = statusesIn(log, known.id);
  expect([statuses[0], ...statuses.slice(-1)]).toEqual(["SUBMITTING", "SUCCESSFUL"]);
  expect((await process.stop()).exitCode).toBe(0);
}

const customerPoints: [point: string, tag: string][] = [
  ["customer-recorded", "plain"],
  ["customer-claimed", "plain"],
  ["customer-answered", "plain"],
  ["customer-settled", "plain"],
];

async function crashWhileCreating({ provider, start }: Place, point: string): Promise<void> {
  const input = customerInput({ idempotencyKey: unique("k") });
  const first = await start({ crashAt: point });
  const creating = isCutOff(first.client.createCustomer(input));
  expect(await first.process.exitCode).toBeNull();
  await creating;

  const { client, process } = await start();
  const startedAt = Date.now();
  const found = await untilKnown(client, input.email);
  expect(Date.now() - startedAt).toBeLessThan(withinMs);
  expect(await client.createCustomer(input)).toMatchObject({ customer: { id: found }, replayed: true, userErrors: [] });
  const path = `/customer?email=${encodeURIComponent(input.email)}`;
  expect(await callProvider(provider, "GET", path)).toMatchObject({ data: [{ id: found }] });
  const log = await readLog(client);
  expect(statusesIn(log, found)).toEqual(["PENDING"]);
  expect(faultsOf(log)).toEqual([]);
  expect((await process.stop()).exitCode).toBe(0);
}

async function untilKnown(client: TestClient, email: string): Promise<string> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const query = "query ($search: String) { customers(filter: { search: $search }) { nodes { id } } }";
    const { customers } = await client.run(query, { search: email });
    if (customers.nodes.length > 0) {
      expect(customers.nodes).toHaveLength(1);
      return customers.nodes[0].id;
    }
    if (Date.now() > deadline) throw new Error("The customer was not taken up.");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const webhookPoints = ["webhook-storing", "webhook-stored", "webhook-settled"];

/** What was not stored was not answered either. It may come again after what the provider said later. */
async function isDeliveredAgain({ client, process }: Awaited<ReturnType<Place["start"]>>, id: string): Promise<void> {
  await client.payoutReaching(id, "SUCCESSFUL");
  const log = await readLog(client);
  const statuses = statusesIn(log, id).filter((status) => status !== "PROCESSING");
  expect(statuses).toEqual(["SUBMITTING", "PENDING", "SUCCESSFUL"]);
  expect(faultsOf(log)).toEqual([]);
  expect((await process.stop()).exitCode).toBe(0);
}

async function crashWhileReceiving({ provider, start }: Place, point: string): Promise<void> {
  const first = await start({ crashAt: point });
  const { payout } = await first.client.createPayout({ customerId });
  expect(await first.process.exitCode).toBeNull();
  if (point === "webhook-storing") return isDeliveredAgain(await start(), payout.id);
  // What is on disk is applied without another delivery.
  const { client, process } = await start({ isDeaf: true });
  await client.payoutReaching(payout.id, "PROCESSING");
  provider.setWebhookUrl(`${client.url}/webhooks`);
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const log = await readLog(client);
  expect(statusesIn(log, payout.id)).toEqual(["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL"]);
  expect(faultsOf(log)).toEqual([]);
  expect((await process.stop()).exitCode).toBe(0);
}

/** A payout of which the gateway hears by its webhooks alone. Answers the transaction's id. */
async function payElsewhere(provider: Place["provider"]): Promise<string> {
  const { transaction } = await callProvider<{ transaction: { id: string } }>(provider, "POST", "/payout", {
    wallet_id: payoutInput({}).walletId,
    customer_id: customerId,
    method: "bank_transfer",
    from_currency_id: "NGN",
    to_currency_id: "NGN",
    from_amount: 612.88,
    bank_id: "1",
    account_number: "0222500691",
  });
  return transaction.id;
}

/** One that takes a look-up is stored, and then taken by the worker. */
async function crashWhileClaiming({ provider, start }: Place): Promise<void> {
  const first = await start({ crashAt: "webhook-claimed" });
  await payElsewhere(provider);
  expect(await first.process.exitCode).toBeNull();
  const { client, process } = await start({ isDeaf: true });
  const log = await untilLogged(client, "PayoutStatusChange", 5);
  expect(faultsOf(log)).toEqual([]);
  expect((await process.stop()).exitCode).toBe(0);
}

/** The worker waits for a look-up when the process dies; the provider has its 2xx by then and forgets the event. */
async function crashAfterAnswering({ provider, start }: Place): Promise<void> {
  const first = await start();
  provider.failNext({ route: "GET /transaction/{id}", kind: "hang", when: "before" });
  const transactionId = await payElsewhere(provider);
  const told = () =>
    provider
      .sentWebhooks()
      .filter(({ body }) => (body as { transaction_id?: string }).transaction_id === transactionId);
  await eventually(async () => told().some(({ status }) => status === 200));
  await eventually(async () => provider.received("GET /transaction/{id}").length > 0);
  await first.process.kill();
  const { client, process } = await start({ isDeaf: true });
  const log = await untilLogged(client, "PayoutStatusChange", 5);
  expect(log.findLast(({ __typename }) => __typename === "PayoutStatusChange")).toMatchObject({ source: "WEBHOOK" });
  expect(faultsOf(log)).toEqual([]);
  expect((await process.stop()).exitCode).toBe(0);
}

async function untilLogged(client: TestClient, typename: string, count: number) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const log = await readLog(client);
    if (log.filter(({ __typename }) => __typename === typename).length >= count) return log;
    if (Date.now() > deadline) throw new Error(JSON.stringify(log));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The body is out and the provider takes its time; the payout is accepted when nobody is there to hear it. */
async function crashInMidCall(place: Place): Promise<void> {
  const input = payoutInput({ customerId });
  const { client, process } = await place.start();
  place.provider.failNext({ route: "POST /payout", kind: "delay", delayMs: 500 });
  const paying = isCutOff(client.createPayout(input));
  await eventually(async () => place.provider.received("POST /payout").length === 1);
  await process.kill();
  await paying;
  await endsPaidOnce(place, input);
  expect(place.provider.received("POST /payout")).toHaveLength(1);
}

const cases = new Map<string, (place: Place) => Promise<void>>([
  ...payoutPoints.map(([point, note]) => [point, (place: Place) => crashWhilePaying(place, point, note)] as const),
  ...customerPoints.map(([point]) => [point, (place: Place) => crashWhileCreating(place, point)] as const),
  ...webhookPoints.map((point) => [point, (place: Place) => crashWhileReceiving(place, point)] as const),
  ["webhook-claimed", crashWhileClaiming],
  ["mid-call", crashInMidCall],
  ["webhook-answered", crashAfterAnswering],
]);

const waiting: (typeof cases extends Map<infer K, infer V> ? [K, V] : never)[] = [];
let lanes: Promise<void>[] = [];

beforeAll(async () => {
  build = await buildGateway();
  await prepare();
  waiting.push(...cases);
  lanes = Array.from({ length: atOnce }, async () => {
    for (;;) {
      const next = waiting.shift();
      if (!next) return;
      const [name, play] = next;
      const outcome = copyPlace(name).then(play);
      settle.get(name)?.(outcome);
      await outcome.catch(() => {});
    }
  });
});

// Each case's own test waits for it, whenever its turn comes.
const settle = new Map<string, (outcome: Promise<void>) => void>();
for (const name of cases.keys()) {
  const outcome = new Promise<void>((resolve) => settle.set(name, resolve));
  outcome.catch(() => {});
  outcomes.set(name, outcome);
}

afterAll(async () => {
  // Only where a part of the cases was asked for is there anything left.
  waiting.length = 0;
  await Promise.all(lanes);
  for (const stop of stops.reverse()) await stop();
  await build.remove();
});

describe("a gateway that is killed pays once and ends what it began, when killed", () => {
  test.each(payoutPoints)("at %s", async (point) => outcomes.get(point));
  test("while the provider works on the payout", async () => outcomes.get("mid-call"));
});

describe("a gateway that is killed makes one customer of a call, when killed", () => {
  test.each(customerPoints)("at %s", async (point) => outcomes.get(point));
});

describe("a gateway that is killed applies each webhook once, when killed", () => {
  test.each(webhookPoints)("at %s", async (point) => outcomes.get(point));
  test("when an event is taken by the worker", async () => outcomes.get("webhook-claimed"));
  test("after the 2xx and before the event was applied", async () => outcomes.get("webhook-answered"));
});
