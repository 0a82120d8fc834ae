// Subscribers who ask for the same and may see the same are told by one execution; nobody is told by anybody else's.

import type { Scope } from "../src/access/scopes.js";
import type { Metrics } from "../src/telemetry/metrics.js";
import { everyPartnerScope, startKeyedGateway } from "./support/credentials.js";
import { type EventStream, openEventStream } from "./support/event-stream-client.js";
import { openSocket, type RawSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";

const changes = `subscription ($after: Cursor, $customerId: ID, $isLong: Boolean = false) {
  statusChanged(after: $after, customerId: $customerId) {
    cursor source @include(if: $isLong)
    ... on CustomerStatusChange { to customer { id status } }
    ... on PayoutStatusChange { payoutTo: to payout { recipient { accountNumber } } }
  }
}`;

async function counted({ eventExecutions, eventDeliveries }: Metrics) {
  const [executions, deliveries] = await Promise.all([eventExecutions.get(), eventDeliveries.get()]);
  return { executions: executions.values[0]?.value ?? 0, deliveries: deliveries.values[0]?.value ?? 0 };
}

/** What was counted during the work. */
async function countedIn(metrics: Metrics, work: () => Promise<unknown>) {
  const before = await counted(metrics);
  await work();
  const after = await counted(metrics);
  return {
    executions: after.executions - before.executions,
    deliveries: after.deliveries - before.deliveries,
  };
}

async function follower(url: string, variables: Record<string, unknown> = {}, credential?: string, id = "1") {
  const socket = await (await openSocket(url)).init(credential);
  socket.subscribe(id, changes, variables);
  socket.subscribe("ready", "{ __typename }");
  const early = [];
  for (let message = await socket.take(); message.type !== "complete"; message = await socket.take()) {
    expect(message.type).toBe("next");
    if (message.id === id) early.push(message);
  }
  return Object.assign(socket, { early });
}

const takeAll = (sockets: readonly RawSocket[]) => Promise.all(sockets.map(async (socket) => socket.take()));

test("an event is answered once for all who asked for the same, over sockets and streams, from wherever they came", async () => {
  const { gateway, client } = await startTestGateway();
  const first = (await client.run("{ statusCursor }")).statusCursor;
  const second = (await client.createCustomer()).customer.cursor;
  const sockets: RawSocket[] = [];
  for (const [index, after] of [null, second, first, null, second].entries()) {
    const socket = await follower(gateway.url, { after }, undefined, `my "${index}"`);
    if (after === first && socket.early.length === 0) await socket.take();
    sockets.push(socket);
  }
  const streams: EventStream[] = [];
  for (const after of [second, first]) {
    const stream = await openEventStream(gateway.url, { query: changes, variables: { after } });
    if (after === first) await stream.take();
    streams.push(stream);
  }
  const { customer } = await client.createCustomer();
  const messages = [...(await takeAll(sockets)), ...(await Promise.all(streams.map((stream) => stream.take())))];
  const payload = {
    data: {
      statusChanged: { cursor: customer.cursor, to: "PENDING", customer: { id: customer.id, status: "PENDING" } },
    },
  };
  expect(messages).toEqual([
    ...sockets.map((_socket, index) => ({ id: `my "${index}"`, type: "next", payload })),
    ...streams.map(() => ({ id: customer.cursor, event: "next", data: payload })),
  ]);
  const more = await countedIn(gateway.metrics, async () => {
    await client.createCustomer();
    await takeAll(sockets);
    await Promise.all(streams.map((stream) => stream.take()));
  });
  expect(more).toEqual({ executions: 1, deliveries: 7 });
  for (const stream of streams) stream.close();
});

test("an event is answered for nobody whom it does not concern", async () => {
  const { gateway, client } = await startTestGateway();
  const { customer: mine } = await client.createCustomer();
  const others = [];
  for (let index = 0; index < 5; index += 1) {
    const { customer } = await client.createCustomer();
    others.push(await follower(gateway.url, { customerId: customer.id, after: customer.cursor }));
  }
  const socket = await follower(gateway.url, { customerId: mine.id, after: mine.cursor });
  const told = await countedIn(gateway.metrics, async () => {
    await client.run(
      `mutation ($input: RequestDocumentUploadInput!) { requestDocumentUpload(input: $input) { userErrors { code } } }`,
      { input: { customerId: mine.id, category: "IDENTITY", fileName: "a.png", contentType: "image/png" } },
    );
    await socket.take();
  });
  expect(told).toEqual({ executions: 1, deliveries: 1 });
});

test("other variables are another question", async () => {
  const { gateway, client } = await startTestGateway();
  const sockets = [await follower(gateway.url, { isLong: true }), await follower(gateway.url, { isLong: false })];
  const told = await countedIn(gateway.metrics, async () => {
    await client.createCustomer();
    const [long, short] = (await takeAll(sockets)).map(({ payload }) => Object.keys(payload.data.statusChanged));
    expect(long).toContain("source");
    expect(short).not.toContain("source");
  });
  expect(told).toEqual({ executions: 2, deliveries: 2 });
});

test("callers of one tenant share an answer as far as they may see the same, and nobody shares another tenant's", async () => {
  const { gateway, clientOf } = await startKeyedGateway();
  const masked: readonly Scope[] = everyPartnerScope.filter((scope) => scope !== "pii:read");
  const keys = [
    await clientOf("a"),
    await clientOf("a"),
    await clientOf("a", masked),
    await clientOf("a", [...masked].reverse()),
    await clientOf("b"),
    await clientOf("operator", ["operator"]),
  ] as const;
  const [a] = keys;
  const verified = await a.verifiedCustomer();
  const { statusCursor: after } = await a.run("{ statusCursor }");
  const sockets: RawSocket[] = [];
  for (const { key } of keys) sockets.push(await follower(gateway.url, { after }, key));
  const [b] = sockets.splice(4, 1) as [RawSocket];
  const seen: (string | null)[][] = sockets.map(() => []);
  const told = await countedIn(gateway.metrics, async () => {
    await a.createPayout({ customerId: verified.id });
    for (let last = ""; last !== "SUCCESSFUL"; ) {
      for (const [index, { payload }] of (await takeAll(sockets)).entries()) {
        last = payload.data.statusChanged.payoutTo;
        seen[index]?.push(payload.data.statusChanged.payout.recipient?.accountNumber ?? null);
      }
    }
  });
  const [full, again, hidden, alike, everything] = seen as [string[], string[], string[], string[], string[]];
  expect(full.at(-1)).toMatch(/^\d+$/);
  expect(hidden.at(-1)).toMatch(/^\D+\d{4}$/);
  expect([again, everything, alike]).toEqual([full, full, hidden]);
  // In full, masked, and the operator's.
  expect(told).toEqual({ executions: 3 * full.length, deliveries: 5 * full.length });
  b.subscribe("after", "{ __typename }");
  expect(await b.take()).toMatchObject({ id: "after" });
});
