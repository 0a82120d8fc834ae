// SQLite on a disk that fails: nothing is believed to be written that is not, and everybody hears of it.

import { rename } from "node:fs/promises";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { describeWithFailingDisk, FailingDisk } from "./support/failing-disk.js";
import { freePort } from "./support/free-port.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { payoutInput, TestClient, unique } from "./support/test-client.js";
import { newSqliteUrl } from "./support/test-databases.js";

const createPayout = `mutation ($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id } userErrors { code } }
}`;

async function tryToPay(client: TestClient, input: object) {
  const response = await client.post({ query: createPayout, variables: { input } });
  const { errors } = await response.json();
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    code: errors?.[0].extensions.code,
  };
}

const unavailable = { status: 503, retryAfter: "5", code: "SERVICE_UNAVAILABLE" };
const paid = { status: 200, retryAfter: null, code: undefined };

async function readiness(url: string) {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, reason: (await response.json()).reason };
}

test("a database file that was replaced takes no more writes, and makes the gateway not ready", async () => {
  const databaseUrl = await newSqliteUrl();
  const path = databaseUrl.slice("sqlite:".length);
  const { client, gateway, provider } = await startTestGateway({ config: { databaseUrl } });
  const { id: customerId } = await client.verifiedCustomer();
  const input = payoutInput({ customerId, idempotencyKey: unique("k") });
  await rename(path, `${path}.moved`);
  expect(await tryToPay(client, input)).toEqual(unavailable);
  await eventually(async () => (await readiness(gateway.url)).reason?.includes("replaced or deleted"));
  expect(provider.received("POST /payout")).toHaveLength(0);
  await rename(`${path}.moved`, path);
  expect(await tryToPay(client, input)).toEqual(paid);
  await eventually(async () => (await readiness(gateway.url)).status === 200);
});

test("another process that holds the file costs a clear error in time, and stops nothing else", async () => {
  const databaseUrl = await newSqliteUrl();
  const { client, gateway } = await startTestGateway({ config: { databaseUrl } });
  const { id: customerId } = await client.verifiedCustomer();
  const other = new SqliteDatabase(databaseUrl.slice("sqlite:".length));
  other.exec("begin immediate");
  const startedAt = performance.now();
  const inputs = Array.from({ length: 20 }, () => payoutInput({ customerId, idempotencyKey: unique("k") }));
  const paying = Promise.all(inputs.map((input) => tryToPay(client, input)));
  for (let look = 0; look < 10; look += 1) {
    const askedAt = performance.now();
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
    expect(performance.now() - askedAt).toBeLessThan(1_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(new Set((await paying).map(({ code }) => code))).toEqual(new Set(["SERVICE_UNAVAILABLE"]));
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  other.exec("rollback");
  other.close();
  expect(await tryToPay(client, inputs[0] as object)).toEqual(paid);
}, 60_000);

describeWithFailingDisk()("a disk", () => {
  let build: Build;
  let running: RunningProcess | undefined;
  beforeAll(async () => {
    build = await buildGateway();
  }, 120_000);
  afterEach(() => running?.kill());
  afterAll(() => build.remove());

  async function start() {
    const folder = join(build.directory, unique("disk"));
    const disk = new FailingDisk(folder);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    running = build.run("index.js", {
      ...disk.environment,
      PORT: String(port),
      SANDBOX_PORT: "0",
      SANDBOX_REVIEW_MS: "50",
      DATABASE_URL: `sqlite:${join(folder, "gateway.db")}`,
    });
    await eventually(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200);
    const client = new TestClient(url);
    const { id: customerId } = await client.verifiedCustomer();
    await client.stop();
    return { url, disk, client, input: payoutInput({ customerId, idempotencyKey: unique("k") }), process: running };
  }

  test("that is full gets 503 for mutations and not ready, serves what is there, and goes on once there is space", async () => {
    const { url, disk, client, input } = await start();
    disk.fail("full");
    expect(await tryToPay(client, input)).toEqual(unavailable);
    await eventually(async () => (await readiness(url)).status === 503);
    expect(await client.run("{ customers { totalCount } }")).toEqual({ customers: { totalCount: 1 } });
    disk.recover();
    expect(await tryToPay(client, input)).toEqual(paid);
    await eventually(async () => (await readiness(url)).status === 200);
  }, 60_000);

  test("that fails to sync ends the process, which says why", async () => {
    const { disk, client, input, process } = await start();
    disk.fail("fsync");
    await tryToPay(client, input).catch(() => null);
    expect(await process.exitCode).toBe(1);
    expect(process.output).toContain("the disk failed to store what was committed");
  }, 60_000);
});
