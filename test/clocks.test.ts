// A node whose wall clock is wrong, beside a PostgreSQL whose clock is right, changes nothing that a client sees.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.js";
import { OffsetEstimate } from "../src/store/clock.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { freePort } from "./support/free-port.js";
import { environmentFor } from "./support/provider-and-nodes.js";
import { payoutInput, TestClient, unique } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";
import { startTokenIssuer, type TokenIssuer } from "./support/token-issuer.js";

const hourMs = 3_600_000;
const minuteMs = 60_000;
const preload = pathToFileURL(join(process.cwd(), "test/support/shifted-clock.js")).href;
const scope = "customers:read customers:write payouts:read payouts:write operator";

let build: Build;
let provider: Sandbox;
let issuer: TokenIssuer;

beforeAll(async () => {
  build = await buildGateway();
}, 120_000);
beforeEach(async () => {
  issuer = await startTokenIssuer();
  provider = await startSandbox({
    port: 0,
    stateFile: join(build.directory, `${unique("sandbox")}.db`),
    reviewDelayMs: 50,
    payoutStepDelayMs: 50,
    retryScheduleMs: [200, 200, 200],
    rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
  });
});
const nodesOfTest: RunningProcess[] = [];
afterEach(async () => {
  for (const node of nodesOfTest.splice(0)) await node.kill();
  await provider.stop();
});
afterAll(() => build.remove());

interface ShiftedNode {
  url: string;
  process: RunningProcess;
  step(offsetMs: number): Promise<void>;
}

async function startNode(databaseUrl: string, offsetMs: number): Promise<ShiftedNode> {
  const port = await freePort();
  const offsetFile = join(build.directory, unique("offset"));
  const { jwksUrl, issuer: name, audience } = issuer.config;
  const running = build.run("index.js", {
    ...environmentFor(provider),
    NODE_OPTIONS: `--import ${preload}`,
    TEST_CLOCK_OFFSET_MS: String(offsetMs),
    TEST_CLOCK_OFFSET_FILE: offsetFile,
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    AUTH_DISABLED: "false",
    AUTH_JWKS_URL: jwksUrl,
    AUTH_ISSUER: name,
    AUTH_AUDIENCE: audience,
  });
  nodesOfTest.push(running);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200);
  return {
    url,
    process: running,
    step: async (offset) => {
      await writeFile(offsetFile, String(offset));
      process.kill(running.pid as number, "SIGUSR2");
    },
  };
}

const seconds = (offsetMs: number) => Math.floor((Date.now() + offsetMs) / 1000);

async function codeOf({ url }: ShiftedNode, token: string): Promise<unknown> {
  const { errors } = await new TestClient(url, token).request("{ customers { totalCount } }");
  return errors?.[0]?.extensions?.code ?? "answered";
}

async function playMainJob(node: ShiftedNode): Promise<string[]> {
  provider.setWebhookUrl(`${node.url}/webhooks`);
  const client = new TestClient(node.url, await issuer.token({ tenant: "a", scope }));
  try {
    const { id: customerId } = await client.verifiedCustomer();
    const input = payoutInput({ customerId, idempotencyKey: unique("k") });
    const { payout } = await client.createPayout(input);
    const paid = await client.payoutReaching(
      payout.id,
      "SUCCESSFUL",
      "createdAt statusChanges { occurredAt recordedAt source }",
    );
    return [paid.createdAt, ...paid.statusChanges.flatMap((change: object) => Object.values(change))].filter(
      (text) => !Number.isNaN(Date.parse(text)),
    );
  } finally {
    await client.stop();
  }
}

function expectNow(times: string[]): void {
  expect(times.filter((text) => Math.abs(Date.parse(text) - Date.now()) > minuteMs)).toEqual([]);
  expect(times.length).toBeGreaterThan(3);
}

forEachDatabase(
  (_name, open, newUrl) => {
    test.each([
      ["an hour ahead", hourMs],
      ["an hour behind", -hourMs],
    ])(
      "a node whose clock is %s takes the same tokens and webhooks, and records the right times",
      async (_how, offsetMs) => {
        const databaseUrl = await newUrl();
        const node = await startNode(databaseUrl, offsetMs);
        const tenant = { tenant: "a", scope };
        expect(await codeOf(node, await issuer.token({ ...tenant, exp: seconds(5 * minuteMs) }))).toBe("answered");
        expect(await codeOf(node, await issuer.token({ ...tenant, exp: seconds(-5 * minuteMs) }))).toBe(
          "UNAUTHENTICATED",
        );
        expect(
          await codeOf(node, await issuer.token({ ...tenant, nbf: seconds(5 * minuteMs), exp: seconds(hourMs) })),
        ).toBe("UNAUTHENTICATED");
        expectNow(await playMainJob(node));
        // The clock is put right, or goes wrong the other way, while the node runs.
        await node.step(-offsetMs);
        expectNow(await playMainJob(node));
        const { db } = await open(databaseUrl);
        const rows = await db.selectFrom("audit_log").select("at").execute();
        expect(rows.filter(({ at }) => Math.abs(at - Date.now()) > minuteMs)).toEqual([]);
        expect(provider.received("POST /payout")).toHaveLength(2);
        expect((await fetch(`${node.url}/readyz`).then((response) => response.json())) as object).toEqual({
          status: "ok",
        });
      },
      60_000,
    );

    test("two nodes whose clocks are two hours apart hold one lease between them", async () => {
      const databaseUrl = await newUrl();
      const nodes = [await startNode(databaseUrl, hourMs), await startNode(databaseUrl, -hourMs)];
      const { db, clock } = await open(databaseUrl);
      const owners = new Set<string>();
      for (let look = 0; look < 20; look += 1) {
        const [lease] = await db.selectFrom("leases").where("name", "=", "reconciliation").selectAll().execute();
        expect(Math.abs((lease?.lease_until ?? 0) - clock.now())).toBeLessThan(minuteMs);
        owners.add(lease?.owner ?? "");
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      expect(owners.size).toBe(1);
      for (const node of nodes) expectNow(await playMainJob(node));
    }, 60_000);
  },
  ["PostgreSQL"],
);

describe("the estimate of the server's clock", () => {
  test("a slow answer does not spoil it", () => {
    const estimate = new OffsetEstimate();
    estimate.take(1_000_001, 0, 2);
    estimate.take(1_010_000, 8_000, 10_000);
    expect(Math.abs(estimate.offsetMs - 1_000_000)).toBeLessThan(2);
  });

  test("a server whose clock was set is followed, also through a slow answer", () => {
    const estimate = new OffsetEstimate();
    estimate.take(1_000_001, 0, 2);
    estimate.take(5_009_000, 8_000, 10_000);
    expect(estimate.offsetMs).toBe(5_000_000);
  });

  test("it never settles for an old reading", () => {
    const estimate = new OffsetEstimate();
    estimate.take(1_000_001, 0, 2);
    estimate.take(1_600_040, 600_000, 600_040);
    expect(estimate.offsetMs).toBe(1_000_020);
  });
});
