import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buildSchema } from "graphql";
import { pino } from "pino";
import WebSocket from "ws";
import { ApiKeys } from "../src/access/api-keys.js";
import { AuditTrail } from "../src/access/audit-trail.js";
import { Authenticator } from "../src/access/authenticator.js";
import { Refusals } from "../src/access/refusals.js";
import { readConfig } from "../src/config.js";
import { Admission } from "../src/http/admission/admission.js";
import { CallerLimits } from "../src/http/caller-limits.js";
import { CredentialGuard } from "../src/http/credential-guard.js";
import { OperationTimes } from "../src/http/operation-times.js";
import { Sessions } from "../src/http/sessions.js";
import { createSubscriber } from "../src/http/subscribe.js";
import { serveWebSocket } from "../src/http/websocket.js";
import { openDatabase } from "../src/store/database.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { noTracing } from "../src/telemetry/tracing.js";
import { moveCustomer } from "./support/move-customer.js";
import { openSubscriptions } from "./support/open-subscriptions.js";
import { openSocket, type RawSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { statusChangeFields, type TestClient } from "./support/test-client.js";

const everyChange = `subscription { statusChanged { ${statusChangeFields} } }`;

// Far enough apart that the answer to the mutation comes before the first webhook.
const readableSteps = { sandbox: { payoutStepDelayMs: 300 } };

async function isAnswering(client: TestClient): Promise<boolean> {
  return typeof (await client.run("{ statusCursor }")).statusCursor === "string";
}

function errorCodes({ payload }: { payload?: { errors?: { extensions: { code: string } }[] } }): string[] {
  return (payload?.errors ?? []).map(({ extensions }) => extensions.code);
}

/** A socket that follows everything: what was sent before it answered is not seen by it, all later is. */
async function follower(url: string, query = everyChange, variables: Record<string, unknown> = {}): Promise<RawSocket> {
  const socket = await (await openSocket(url)).init();
  socket.subscribe("1", query, variables);
  await isListening(socket);
  return socket;
}

/** Messages of one socket are worked on in their order: once a query is answered, so is the subscription before it. */
async function isListening(socket: RawSocket): Promise<void> {
  socket.subscribe("ready", "{ statusCursor }");
  expect(await socket.take()).toMatchObject({ id: "ready", type: "next" });
  expect(await socket.take()).toMatchObject({ id: "ready", type: "complete" });
}

test("every change is pushed as it happens", async () => {
  const { gateway, client } = await startTestGateway();
  const socket = await follower(gateway.url);
  const { customer } = await client.createCustomer();
  expect(await socket.take()).toMatchObject({
    id: "1",
    type: "next",
    payload: {
      data: { statusChanged: { cursor: customer.cursor, customerTo: "PENDING", customer: { id: customer.id } } },
    },
  });
});

test("a subscription to one customer has its own changes and those of its documents and payouts, and no others", async () => {
  const { client } = await startTestGateway(readableSteps);
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const [customer] = await Promise.all([client.verifiedCustomer(), client.verifiedCustomer()]);
  const seen = client.follow({ after, customerId: customer.id });
  await client.createPayout({ customerId: customer.id });
  const changes = await seen.until(({ to }) => to === "SUCCESSFUL");
  expect(changes.map(({ __typename, to }) => `${__typename.replace("StatusChange", "")} ${to}`)).toEqual([
    "Customer PENDING",
    "Document REQUESTED",
    "Document UPLOADED",
    "Document ATTACHED",
    "Customer PROCESSING",
    "Customer VERIFIED",
    "Payout SUBMITTING",
    "Payout PENDING",
    "Payout PROCESSING",
    "Payout SUCCESSFUL",
  ]);
});

test("a subscription to one payout has no change of another payout of the same customer", async () => {
  const { client } = await startTestGateway(readableSteps);
  const { id: customerId } = await client.verifiedCustomer();
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const [first, second] = await Promise.all([client.createPayout({ customerId }), client.createPayout({ customerId })]);
  await client.follow({ after, payoutId: first.payout.id }).until(({ to }) => to === "SUCCESSFUL");
  const changes = await client.follow({ after, payoutId: second.payout.id }).until(({ to }) => to === "SUCCESSFUL");
  expect(changes.map(({ id, to }) => ({ id, to }))).toEqual(
    ["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL"].map((to) => ({ id: second.payout.id, to })),
  );
});

test("customerStatusChanged and payoutStatusChanged have the changes of the one that they name", async () => {
  const { gateway, client } = await startTestGateway(readableSteps);
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  const socket = await (await openSocket(gateway.url)).init();

  const ofCustomer =
    "subscription ($id: ID!, $after: Cursor) { c: customerStatusChanged(customerId: $id, after: $after) { from to } }";
  socket.subscribe("1", ofCustomer, { id: customerId, after });
  const customerChanges = [await socket.take(), await socket.take(), await socket.take()].map(
    ({ payload }) => payload.data.c,
  );
  expect(customerChanges.map(({ from, to }) => [from, to])).toEqual([
    [null, "PENDING"],
    ["PENDING", "PROCESSING"],
    ["PROCESSING", "VERIFIED"],
  ]);

  const ofPayout =
    "subscription ($id: ID!, $after: Cursor) { p: payoutStatusChanged(payoutId: $id, after: $after) { from to } }";
  socket.subscribe("2", ofPayout, { id: payout.id, after });
  const payoutChanges = [];
  while (payoutChanges.at(-1)?.to !== "SUCCESSFUL") payoutChanges.push((await socket.take()).payload.data.p);
  expect(payoutChanges.map(({ from, to }) => [from, to])).toEqual([
    [null, "SUBMITTING"],
    ["SUBMITTING", "PENDING"],
    ["PENDING", "PROCESSING"],
    ["PROCESSING", "SUCCESSFUL"],
  ]);
});

test("each event tells the customer as it is at that event", async () => {
  const { gateway, client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const query = "subscription ($id: ID!) { customerStatusChanged(customerId: $id) { to customer { status } } }";
  const socket = await follower(gateway.url, query, { id: customer.id });
  for (const status of ["PROCESSING", "REJECTED", "VERIFIED"]) {
    await moveCustomer(provider.url, customer.id, status);
    const { payload } = await socket.take();
    expect(payload).toEqual({ data: { customerStatusChanged: { to: status, customer: { status } } } });
  }
});

test("queries and mutations are answered over the socket too", async () => {
  const { gateway, client } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const socket = await (await openSocket(gateway.url)).init();
  socket.subscribe("q", "query ($id: ID!) { customer(id: $id) { id status } }", { id: customer.id });
  const data = { customer: { id: customer.id, status: "PENDING" } };
  expect(await socket.take()).toEqual({ id: "q", type: "next", payload: { data } });
  expect(await socket.take()).toEqual({ id: "q", type: "complete" });
});

test.each([
  ["subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
  ["subscription { statusChanged { ", "GRAPHQL_PARSE_FAILED"],
])("%s is refused with an error message of code %s", async (query, code) => {
  const { gateway } = await startTestGateway();
  const socket = await (await openSocket(gateway.url)).init();
  socket.subscribe("1", query);
  const { type, payload } = await socket.take();
  expect({ type, codes: payload.map((error: { extensions: { code: string } }) => error.extensions.code) }).toEqual({
    type: "error",
    codes: [code],
  });
});

test("customerId together with payoutId is refused, and the socket stays", async () => {
  const { gateway } = await startTestGateway();
  const socket = await (await openSocket(gateway.url)).init();
  socket.subscribe("1", `subscription { statusChanged(customerId: "a", payoutId: "b") { cursor } }`);
  expect(errorCodes(await socket.take())).toEqual(["BAD_USER_INPUT"]);
  expect(await socket.take()).toEqual({ id: "1", type: "complete" });
  await isListening(socket);
});

test("a client that completes its subscription gets no more of it, and keeps its others", async () => {
  const { gateway, client } = await startTestGateway();
  const socket = await follower(gateway.url);
  socket.subscribe("2", everyChange);
  socket.send({ id: "1", type: "complete" });
  await isListening(socket);
  await client.createCustomer();
  expect(await socket.take()).toMatchObject({ id: "2", type: "next" });
  await isListening(socket);
});

test("two hundred subscriptions that were ended leave nothing behind", async () => {
  const { gateway, client } = await startTestGateway();
  const socket = await (await openSocket(gateway.url)).init();
  await isListening(socket);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const open = () => openSubscriptions(gateway.metrics);
  const before = timers();
  for (let index = 0; index < 200; index += 1) socket.subscribe(`s${index}`, everyChange);
  await isListening(socket);
  await client.createCustomer();
  for (let index = 0; index < 200; index += 1) await socket.take();
  expect(await open()).toBe(200);
  for (let index = 0; index < 100; index += 1) socket.send({ id: `s${index}`, type: "complete" });
  await isListening(socket);
  expect(await open()).toBe(100);
  // The other half has no chance to say so.
  socket.socket.terminate();
  while ((await open()) > 0) await new Promise((resolve) => setImmediate(resolve));
  while (timers() > before) await new Promise((resolve) => setImmediate(resolve));
  expect(await isAnswering(client)).toBe(true);
});

test("a gateway that stops closes its sockets with 1001, within a second", async () => {
  const { gateway, stop } = await startTestGateway();
  const socket = await follower(gateway.url);
  const startedAt = performance.now();
  await stop();
  expect(await socket.closed).toBe(1001);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test.each([
  ["what is not JSON", 4400, ["{"]],
  ["a message of an unknown type", 4400, [`{"type":"hello"}`]],
  ["a message that is text within text", 4400, [JSON.stringify(`{"type":"connection_init"}`)]],
  [
    "a subscription before connection_init",
    4401,
    [`{"type":"subscribe","id":"1","payload":{"query":"{ statusCursor }"}}`],
  ],
  ["a second connection_init", 4429, [`{"type":"connection_init"}`, `{"type":"connection_init"}`]],
])("%s closes the socket with %d", async (_what, code, messages) => {
  const { gateway } = await startTestGateway();
  const socket = await openSocket(gateway.url);
  for (const message of messages) socket.send(message);
  expect(await socket.closed).toBe(code);
});

test("a second subscription of the same id closes the socket with 4409", async () => {
  const { gateway } = await startTestGateway();
  const socket = await follower(gateway.url);
  socket.subscribe("1", everyChange);
  expect(await socket.closed).toBe(4409);
});

test("a message over 100 kB closes the socket, and the gateway goes on", async () => {
  const { gateway, client } = await startTestGateway();
  const socket = await openSocket(gateway.url);
  socket.send("x".repeat(100_001));
  expect(await socket.closed).toBe(1009);
  expect(await isAnswering(client)).toBe(true);
});

test("a socket that says nothing is closed with 4408 after the time it is given", async () => {
  const server = createServer();
  const logger = pino({ level: "silent" });
  const database = await openDatabase("sqlite::memory:");
  const keys = new ApiKeys(database);
  const audit = new AuditTrail(database, logger);
  const refusals = new Refusals(audit);
  const authenticator = new Authenticator({ database, keys, tokens: null, isDisabled: true, refusals });
  const sessions = new Sessions(authenticator, logger);
  const schema = buildSchema("type Query { a: Int }");
  const { limits } = readConfig({});
  const createContext = () => {
    throw new Error("Nothing was asked for.");
  };
  const metrics = new Metrics();
  const stop = serveWebSocket({
    logger,
    server,
    credentials: new CredentialGuard(authenticator, limits.failedCredentialsPerMinute),
    admission: new Admission({ schema, limits, introspection: "everyone", trustedDocuments: null, audit, logger }),
    callers: new CallerLimits({ limits, sessions, redis: null, keyPrefix: "", isDisabled: true }),
    sessions,
    audit,
    corsOrigins: [],
    onRefused: () => undefined,
    schema,
    subscriber: createSubscriber({
      schema,
      createContext,
      metrics,
      times: new OperationTimes(metrics),
      tracing: noTracing,
      logger,
      answerWithinMs: 15_000,
      now: Date.now,
    }),
    createContext,
    maxMessageBytes: 1000,
    initTimeoutMs: 30,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = await openSocket(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await socket.closed).toBe(4408);
  sessions.stop();
  await database.close();
  await stop();
  await new Promise((resolve) => server.close(resolve));
});

test("an upgrade on any other path is answered 404", async () => {
  const { gateway } = await startTestGateway();
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "x",
  };
  const outgoing = request(`${gateway.url}/graphql/stream`, { headers, agent: false }).end();
  const [response] = await once(outgoing, "response");
  expect(response.statusCode).toBe(404);
  response.resume();
});

test("a client that breaks off while its upgrade is refused does no harm", async () => {
  const { gateway, client, stop } = await startTestGateway();
  const { port } = new URL(gateway.url);
  for (let index = 0; index < 50; index += 1) {
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    const head = "GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    await new Promise((resolve) => socket.write(head, resolve));
    socket.resetAndDestroy();
  }
  expect(await isAnswering(client)).toBe(true);
  await stop();
});

test("a client that holds its side open after a refused upgrade does not hold up the gateway's stop", async () => {
  const { gateway, stop } = await startTestGateway();
  const socket = connect({ port: Number(new URL(gateway.url).port), host: "127.0.0.1", allowHalfOpen: true });
  socket.write("GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await once(socket, "data");
  const startedAt = performance.now();
  await stop();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  socket.destroy();
});

test("a socket that does not speak the GraphQL protocol is closed", async () => {
  const { gateway } = await startTestGateway();
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`);
  const [code] = await once(socket, "close");
  expect(code).toBe(4406);
});

test.each([
  ["another site", "https://evil.example", "403 Forbidden"],
  ["no site that can be named", "null", "403 Forbidden"],
])("a page of %s cannot open a socket", async (_name, origin, refusal) => {
  const { gateway } = await startTestGateway();
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { origin });
  const [error] = (await once(socket, "error")) as [Error];
  expect(error.message).toContain(refusal.slice(0, 3));
});

test("a page of the gateway's own can open a socket", async () => {
  const { gateway } = await startTestGateway();
  const url = `${gateway.url.replace("http", "ws")}/graphql`;
  const socket = new WebSocket(url, "graphql-transport-ws", { origin: gateway.url });
  await once(socket, "open");
  socket.close();
  await once(socket, "close");
});
