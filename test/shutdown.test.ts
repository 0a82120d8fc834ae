// What a stop owes to those who are there at that moment: an answer, or a way to go on from where they were.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { jest } from "@jest/globals";
import SqliteDatabase from "better-sqlite3";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { openEventStream } from "./support/event-stream-client.js";
import { eventually } from "./support/eventually.js";
import { environmentFor } from "./support/provider-and-nodes.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { customerInput, payoutInput, TestClient, toChangeSeen } from "./support/test-client.js";

jest.setTimeout(90_000);

const everyChange = `subscription ($after: Cursor) {
  statusChanged(after: $after) {
    __typename cursor source reason
    ... on CustomerStatusChange { customerFrom: from customerTo: to customer { id } }
  }
}`;

interface KeptAnswer {
  status: number;
  connection: string | undefined;
  body: string;
}

/** A connection that is used again and again, as a balancer's. */
function keptConnection(url: string): (path: string, query?: string) => Promise<KeptAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return async (path, query) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { agent, method: query ? "POST" : "GET", headers: { "content-type": "application/json" } };
      const outgoing = request(`${url}${path}`, options, resolve).on("error", reject);
      outgoing.end(query ? JSON.stringify({ query }) : undefined);
    });
    const { statusCode = 0, headers } = response;
    return { status: statusCode, connection: headers.connection, body: await text(response) };
  };
}

test("a node that is about to end says so at once, and serves on while balancers take note", async () => {
  const { gateway } = await startTestGateway({ config: { shutdownTimeoutMs: 4_000, shutdownNoticeMs: 1_500 } });
  const ask = keptConnection(gateway.url);
  expect(await ask("/readyz")).toMatchObject({ status: 200, connection: "keep-alive" });

  const stopped = gateway.stop();
  const draining = await ask("/readyz");
  expect(draining).toMatchObject({ status: 503, connection: "close" });
  expect(JSON.parse(draining.body)).toMatchObject({ status: "draining" });
  expect(await ask("/livez")).toMatchObject({ status: 200 });
  // Over a new connection, since the last answer ended the one before.
  expect(await ask("/graphql", "{ statusCursor }")).toMatchObject({ status: 200, connection: "close" });
  await stopped;
  await expect(ask("/livez")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a connection that a proxy has open is answered after the port has closed", async () => {
  const { gateway } = await startTestGateway({ config: { shutdownTimeoutMs: 4_000, shutdownNoticeMs: 1_000 } });
  const ask = keptConnection(gateway.url);
  expect(await ask("/graphql", "{ statusCursor }")).toMatchObject({ status: 200, connection: "keep-alive" });
  const stopped = gateway.stop();
  await eventually(async () => {
    const outcome = await keptConnection(gateway.url)("/livez").catch(({ code }) => code);
    return outcome === "ECONNREFUSED";
  });
  expect(await ask("/graphql", "{ statusCursor }")).toMatchObject({ status: 200, connection: "close" });
  await stopped;
});

test("who waits at the port when it closes is answered", async () => {
  const { gateway } = await startTestGateway();
  const asked = Array.from({ length: 100 }, () => keptConnection(gateway.url)("/graphql", "{ statusCursor }"));
  // By then all are connected as far as they know. The node takes one after the other.
  await nextTurn();
  const stopped = gateway.stop();
  for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ status: 200, connection: "close" });
  await stopped;
});

test("a call that is under way is answered before the node ends", async () => {
  const { gateway, client, provider } = await startTestGateway({ config: { shutdownTimeoutMs: 8_000 } });
  provider.failNext({ route: "POST /customer", kind: "delay", delayMs: 600 });
  const creating = client.createCustomer();
  await eventually(async () => provider.received("POST /customer").length === 1);
  await gateway.stop();
  expect(await creating).toMatchObject({ customer: { status: "PENDING" }, userErrors: [] });
});

test("a socket is closed with 1001 and a stream without its last event, and both are taken up by cursor", async () => {
  const folder = await mkdtemp(join(tmpdir(), "payout-gateway-shutdown-"));
  try {
    const start = () =>
      startTestGateway({
        config: { databaseUrl: `sqlite:${join(folder, "gateway.db")}` },
        sandbox: { stateFile: join(folder, "sandbox.db") },
      });
    const before = await start();
    const { statusCursor } = await before.client.run("{ statusCursor }");
    const socket = await (await openSocket(before.gateway.url)).init();
    socket.subscribe("1", everyChange, { after: statusCursor });
    const stream = await openEventStream(before.gateway.url, {
      query: everyChange,
      variables: { after: statusCursor },
    });
    const { customer: first } = await before.client.createCustomer();
    const { payload } = await socket.take();
    const seen = toChangeSeen(payload.data.statusChanged);
    expect(seen).toMatchObject({ id: first.id, to: "PENDING" });
    const event = await stream.take();
    expect(event).toMatchObject({ event: "next", id: seen.cursor });

    const rest = stream.ended();
    await before.stop();
    expect(await socket.closed).toBe(1001);
    // A "complete" would tell the client that there is nothing to come back for.
    expect(await rest).toEqual([]);

    const { client, gateway } = await start();
    const { customer: second } = await client.createCustomer();
    const resumed = await openEventStream(gateway.url, {
      query: everyChange,
      variables: { after: statusCursor },
      headers: { "last-event-id": event.id as string },
    });
    expect(toChangeSeen((await resumed.take()).data.data.statusChanged).id).toBe(second.id);
    resumed.close();
    const [next] = await client.follow({ after: seen.cursor }).until(() => true);
    expect(next?.id).toBe(second.id);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe("SIGTERM", () => {
  const tenSecondsMs = 10_000;
  let build: Build;
  let provider: Sandbox;
  let databaseFile: string;
  let places = 0;

  beforeAll(async () => {
    build = await buildGateway();
  });
  afterAll(() => build?.remove());
  beforeEach(async () => {
    places += 1;
    const folder = join(build.directory, `place-${places}`);
    await mkdir(folder);
    databaseFile = join(folder, "gateway.db");
    provider = await startSandbox({
      port: 0,
      stateFile: join(folder, "sandbox.db"),
      reviewDelayMs: 20,
      payoutStepDelayMs: 20,
      retryScheduleMs: Array.from({ length: 100 }, () => 200),
      rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
    });
  });
  afterEach(() => provider.stop());

  async function start(environment: Record<string, string> = {}) {
    const process = build.run("index.js", {
      ...environmentFor(provider),
      PORT: "0",
      DATABASE_URL: `sqlite:${databaseFile}`,
      RECONCILE_SECONDS: "0",
      ...environment,
    });
    const client = new TestClient(await process.printed(/GraphQL API\s+(http\S+)\/graphql/));
    provider.setWebhookUrl(`${client.url}/webhooks`);
    return { process, client };
  }

  async function ends(process: RunningProcess, client: TestClient) {
    const end = await process.stop();
    await client.stop();
    expect(end.exitCode).toBe(0);
    expect(end.tookMs).toBeLessThan(tenSecondsMs);
  }

  test.each(["before", "after"] as const)(
    "while the provider holds a payout %s it accepts it: the caller is answered, the process exits with 0, and the next one finds out",
    async (when) => {
      const first = await start();
      const { id: customerId } = await first.client.verifiedCustomer();
      const earlier = await first.client.createPayout({ customerId });
      await first.client.payoutReaching(earlier.payout.id, "SUCCESSFUL");
      const input = payoutInput({ customerId });
      provider.failNext({ route: "POST /payout", kind: "hang", when });
      const paying = first.client.createPayout(input);
      await eventually(async () => provider.received("POST /payout").length === 2);
      provider.setWebhookUrl("http://127.0.0.1:9/webhooks");
      await ends(first.process, first.client);
      const { payout } = await paying;
      expect(payout.status).toBe("UNCONFIRMED");

      const { client, process } = await start();
      await client.payoutReaching(payout.id, "SUCCESSFUL");
      expect(await client.createPayout(input)).toMatchObject({ payout: { id: payout.id }, replayed: true });
      expect(provider.transactions()).toHaveLength(2);
      const log = await readLog(client);
      expect(faultsOf(log)).toEqual([]);
      expect(statusesIn(log, payout.id).slice(0, 2)).toEqual(["SUBMITTING", "UNCONFIRMED"]);
      await ends(process, client);
    },
  );

  test("while the provider holds a customer: the next process finds out by the key", async () => {
    const first = await start({ SHUTDOWN_TIMEOUT_MS: "3000" });
    const input = customerInput({ idempotencyKey: "held" });
    provider.failNext({ route: "POST /customer", kind: "hang", when: "after" });
    const creating = first.client.createCustomer(input).catch(() => null);
    await eventually(async () => provider.received("POST /customer").length === 1);
    await ends(first.process, first.client);
    expect(await creating).toBeNull();

    const { client, process } = await start();
    const { customer } = await eventually(() => client.createCustomer(input).catch(() => null));
    expect(customer.status).toBe("PENDING");
    expect(provider.received("POST /customer")).toHaveLength(1);
    await ends(process, client);
  });

  test("leaves no lease behind", async () => {
    const { client, process } = await start({ RECONCILE_SECONDS: "1" });
    const leases = () => {
      const database = new SqliteDatabase(databaseFile, { readonly: true });
      const names = database.prepare("select name from leases").pluck().all();
      database.close();
      return names;
    };
    await eventually(async () => leases().includes("reconciliation"));
    await ends(process, client);
    expect(leases()).toEqual([]);
  });
});
