// What one caller may do at once and in a minute, and one address.

import { once } from "node:events";
import { connect } from "node:net";
import { type AuthenticatedGateway, startAuthenticatedGateway } from "./support/authenticated-gateway.js";
import { openEventStream } from "./support/event-stream-client.js";
import { eventually } from "./support/eventually.js";
import { untilSpooled } from "./support/gateway-spool.js";
import { multipartBody } from "./support/multipart-body.js";
import { openSocket, type RawSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { openConnection, sendUpload } from "./support/stream-upload.js";

interface Told {
  status: number;
  retryAfter: string | null;
  errors: { message: string; extensions: Record<string, unknown> }[] | undefined;
}

async function ask({ client }: AuthenticatedGateway, headers: Record<string, string>, query: string): Promise<Told> {
  const response = await client.post({ query }, headers);
  const { errors } = (await response.json()) as Pick<Told, "errors">;
  return { status: response.status, retryAfter: response.headers.get("retry-after"), errors };
}

async function socketOf({ client }: AuthenticatedGateway, payload: object): Promise<RawSocket> {
  const socket = await openSocket(client.url);
  socket.send({ type: "connection_init", payload });
  return socket;
}

const subscription = "subscription { statusChanged { cursor } }";

test("a caller's requests of a minute are counted, over HTTP and WebSocket together, and nobody else's", async () => {
  const gateway = await startAuthenticatedGateway({ limits: { requestsPerMinute: 4 } });
  const [own, other] = [await gateway.keyOf("a"), await gateway.keyOf("b")];
  for (let request = 0; request < 3; request += 1)
    expect((await ask(gateway, own, "{ statusCursor }")).status).toBe(200);
  const socket = await socketOf(gateway, own);
  await socket.take();
  socket.subscribe("1", "{ statusCursor }");
  expect(await socket.take()).toMatchObject({ type: "next" });
  expect(await socket.take()).toMatchObject({ type: "complete" });
  socket.subscribe("2", "{ statusCursor }");
  expect(await socket.take()).toMatchObject({ type: "error", payload: [{ extensions: { code: "RATE_LIMITED" } }] });

  const { status, retryAfter, errors } = await ask(gateway, own, "{ statusCursor }");
  expect(status).toBe(429);
  expect(Number(retryAfter)).toBeGreaterThan(0);
  expect(Number(retryAfter)).toBeLessThanOrEqual(60);
  expect(errors).toMatchObject([{ extensions: { code: "RATE_LIMITED", retryAfterSeconds: Number(retryAfter) } }]);
  expect((await ask(gateway, other, "{ statusCursor }")).status).toBe(200);
});

test("a caller has so many operations under way and no more", async () => {
  const gateway = await startAuthenticatedGateway({
    limits: { operationsInFlight: 2 },
    config: { providerTimeoutMs: 1_000 },
  });
  const [own, other] = [await gateway.keyOf("a"), await gateway.keyOf("b")];
  gateway.provider.failNext({ route: "GET /wallet", times: 10, kind: "hang", when: "before" });
  const slow = [ask(gateway, own, "{ wallets { id } }"), ask(gateway, own, "{ wallets { id } }")];
  await eventually(async () => gateway.provider.received("GET /wallet").length > 0);
  const refused = await eventually(async () => {
    const told = await ask(gateway, own, "{ statusCursor }");
    return told.status === 429 ? told : null;
  });
  expect(refused.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit: "operationsInFlight" } }]);
  expect(refused.retryAfter).toBe("1");
  expect((await ask(gateway, other, "{ statusCursor }")).status).toBe(200);
  await Promise.all(slow);
  await eventually(async () => (await ask(gateway, own, "{ statusCursor }")).status === 200);
});

test("a caller's next socket beyond the limit is closed with 1013, and taken once another is gone", async () => {
  const gateway = await startAuthenticatedGateway({ limits: { sockets: 2 } });
  const [own, other] = [await gateway.keyOf("a"), await gateway.keyOf("b")];
  const first = await socketOf(gateway, own);
  expect(await first.take()).toMatchObject({ type: "connection_ack" });
  await (await socketOf(gateway, own)).take();
  const third = await socketOf(gateway, own);
  expect(await third.closed).toBe(1013);
  const stream = await fetch(`${gateway.client.url}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json", ...own },
    body: JSON.stringify({ query: subscription }),
  });
  expect(stream.status).toBe(429);
  expect(await stream.json()).toMatchObject({ errors: [{ extensions: { code: "LIMIT_EXCEEDED", limit: "sockets" } }] });
  expect(await (await socketOf(gateway, other)).take()).toMatchObject({ type: "connection_ack" });
  first.socket.close();
  await first.closed;
  await eventually(async () => {
    const next = await socketOf(gateway, own);
    return Promise.race([next.closed.then(() => null), next.take().catch(() => null)]);
  });
});

test("a caller's open streams leave room for operations", async () => {
  const gateway = await startAuthenticatedGateway({ limits: { operationsInFlight: 1 } });
  const own = await gateway.keyOf("a");
  const stream = await openEventStream(gateway.client.url, { query: subscription, headers: own });
  expect((await ask(gateway, own, "{ statusCursor }")).status).toBe(200);
  stream.close();
});

test("a caller's next subscription beyond the limit is refused alone, and the others go on", async () => {
  const gateway = await startAuthenticatedGateway({ limits: { subscriptions: 2 } });
  const own = await gateway.keyOf("a");
  const socket = await socketOf(gateway, own);
  await socket.take();
  socket.subscribe("1", subscription);
  socket.subscribe("2", subscription);
  socket.subscribe("3", subscription);
  expect(await socket.take()).toMatchObject({
    id: "3",
    type: "error",
    payload: [{ extensions: { code: "LIMIT_EXCEEDED", limit: "subscriptions" } }],
  });
  socket.send({ id: "1", type: "complete" });
  socket.subscribe("4", subscription);
  socket.subscribe("5", "{ statusCursor }");
  expect(await socket.take()).toMatchObject({ id: "5", type: "next" });
});

test("an address that sends too many wrong keys is not listened to, but for keys that were right before", async () => {
  const gateway = await startAuthenticatedGateway({ limits: { failedCredentialsPerMinute: 5 } });
  const own = await gateway.keyOf("a");
  expect((await ask(gateway, own, "{ statusCursor }")).status).toBe(200);
  const wrong = (index: number) => ({
    authorization: `Bearer pgk_${String(index).padStart(16, "0")}_${"x".repeat(43)}`,
  });
  const told = await Promise.all(
    Array.from({ length: 20 }, (_, index) => ask(gateway, wrong(index), "{ statusCursor }")),
  );
  expect(told.filter(({ status }) => status === 401)).toHaveLength(5);
  const limited = told.filter(({ status }) => status === 429);
  expect(limited).toHaveLength(15);
  for (const { errors, retryAfter } of limited) {
    expect(errors).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
    expect(Number(retryAfter)).toBeGreaterThan(0);
  }
  const socket = await socketOf(gateway, wrong(1));
  expect(await socket.closed).toBe(1013);
  expect((await ask(gateway, own, "{ statusCursor }")).status).toBe(200);
  expect((await ask(gateway, {}, "{ statusCursor }")).status).toBe(401);
});

test("an address has so many connections, and a new one once another is closed", async () => {
  const { client } = await startTestGateway({ limits: { connectionsPerAddress: 3 } });
  const { port } = new URL(client.url);
  const open = async () => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  const get = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  const kept = [await open(), await open(), await open()];
  for (const socket of kept) {
    socket.write(get);
    await once(socket, "data");
  }
  const beyond = await open();
  await once(beyond, "close");
  kept[0]?.destroy();
  await eventually(async () => {
    const next = await open();
    next.write(get);
    const answer = await Promise.race([once(next, "data"), once(next, "close").then(() => null)]);
    next.destroy();
    return answer !== null;
  });
  for (const socket of kept) socket.destroy();
});

test("an upload beyond those at once is answered 503 with when to come back, and taken after one is gone", async () => {
  const gateway = await startTestGateway({ limits: { uploadsAtOnce: 1 } });
  const { customer } = await gateway.client.createCustomer();
  const query = "mutation ($input: UploadDocumentInput!) { uploadDocument(input: $input) { userErrors { code } } }";
  const variables = { input: { customerId: customer.id, category: "IDENTITY", file: null } };
  const body = multipartBody([
    { name: "operations", value: JSON.stringify({ query, variables }) },
    { name: "map", value: JSON.stringify({ 0: ["variables.input.file"] }) },
    { name: "0", fileName: "a.png", contentType: "image/png", content: Buffer.alloc(200_000) },
  ]);
  const held = await openConnection(gateway.client.url);
  await sendUpload(held, body, 150_000);
  await untilSpooled((count) => count === 1);
  const send = () =>
    fetch(`${gateway.client.url}/graphql`, {
      method: "POST",
      headers: { "content-type": body.contentType, "apollo-require-preflight": "1" },
      body: new Uint8Array(body.bytes),
    });
  const refused = await send();
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: "LIMIT_EXCEEDED", limit: "uploadsAtOnce" } }],
  });
  held.destroy();
  await eventually(async () => (await send()).status !== 503);
});

test("while authentication is off, all callers together have no limit of a caller", async () => {
  const { client } = await startTestGateway({ limits: { requestsPerMinute: 1, operationsInFlight: 1, sockets: 1 } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.request("{ statusCursor }")));
  expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
});
