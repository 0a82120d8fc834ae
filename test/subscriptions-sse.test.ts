import { type EventStream, openEventStream } from "./support/event-stream-client.js";
import { moveCustomer } from "./support/move-customer.js";
import { openSubscriptions } from "./support/open-subscriptions.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { statusChangeFields } from "./support/test-client.js";

const everyChange = `subscription ($after: Cursor, $customerId: ID, $payoutId: ID) {
  statusChanged(after: $after, customerId: $customerId, payoutId: $payoutId) { ${statusChangeFields} }
}`;

// Far enough apart that the answer to the mutation comes before the first webhook.
const readableSteps = { sandbox: { payoutStepDelayMs: 300 } };

async function take(stream: EventStream, count: number) {
  const events = [];
  while (events.length < count) events.push(await stream.take());
  return events;
}

test("every change is sent as it happens, and its cursor is the event's id", async () => {
  const { gateway, client } = await startTestGateway();
  const stream = await openEventStream(gateway.url, { query: everyChange });
  expect(stream.status).toBe(200);
  expect(stream.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
  });
  const { customer } = await client.createCustomer();
  const { id, event, data } = await stream.take();
  expect({ id, event }).toEqual({ id: customer.cursor, event: "next" });
  expect(data.data.statusChanged).toMatchObject({ cursor: customer.cursor, customer: { id: customer.id } });
  stream.close();
});

test("an event's id is the cursor also where the query does not ask for it, or calls it by another name", async () => {
  const { gateway, client } = await startTestGateway();
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const { customer } = await client.createCustomer();
  for (const fields of ["source", "cursor: source"]) {
    const query = `subscription ($after: Cursor) { anything: statusChanged(after: $after) { ${fields} } }`;
    const stream = await openEventStream(gateway.url, { query, variables: { after } });
    const { id, data } = await stream.take();
    expect({ id, change: Object.values(data.data.anything) }).toEqual({ id: customer.cursor, change: ["MUTATION"] });
    stream.close();
  }
});

test("a browser's EventSource, which can only GET, is served", async () => {
  const { gateway, client } = await startTestGateway();
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const { customer } = await client.createCustomer();
  const stream = await openEventStream(gateway.url, { query: everyChange, variables: { after }, isGet: true });
  expect((await stream.take()).id).toBe(customer.cursor);
  stream.close();
});

test("Last-Event-ID goes on after that event, whatever after says", async () => {
  const { gateway, client } = await startTestGateway();
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const cursors = [];
  for (let index = 0; index < 4; index += 1) cursors.push((await client.createCustomer()).customer.cursor);
  const headers = { "last-event-id": cursors[1] };
  for (const variables of [{ after }, {}, { after: cursors[3] }, { after: "of another log" }]) {
    const stream = await openEventStream(gateway.url, { query: everyChange, variables, headers });
    expect((await take(stream, 2)).map(({ id }) => id)).toEqual(cursors.slice(2));
    stream.close();
  }
});

test("a stream that breaks off and is taken up again with its last event id has every change once", async () => {
  const { gateway, client } = await startTestGateway();
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const made = Array.from({ length: 10 }, () => client.createCustomer());
  const seen: (string | null)[] = [];
  let lastEventId = after as string;
  while (seen.length < 10) {
    const headers = { "last-event-id": lastEventId };
    const stream = await openEventStream(gateway.url, { query: everyChange, headers });
    const { id } = await stream.take();
    seen.push(id);
    lastEventId = id as string;
    stream.close();
  }
  const cursors = (await Promise.all(made)).map(({ customer }) => customer.cursor);
  expect([...seen].sort()).toEqual(cursors.sort());
});

test("filters by customer and by payout leave out everything else", async () => {
  const { gateway, client } = await startTestGateway(readableSteps);
  const { statusCursor: after } = await client.run("{ statusCursor }");
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  await client.createCustomer();
  const ofCustomer = await openEventStream(gateway.url, { query: everyChange, variables: { after, customerId } });
  const changes = (await take(ofCustomer, 10)).map(({ data }) => data.data.statusChanged);
  expect(changes.map(({ customerTo, documentTo, payoutTo }) => customerTo ?? documentTo ?? payoutTo)).toEqual(
    ["PENDING", "REQUESTED", "UPLOADED", "ATTACHED", "PROCESSING", "VERIFIED"].concat([
      "SUBMITTING",
      "PENDING",
      "PROCESSING",
      "SUCCESSFUL",
    ]),
  );
  const ofPayout = await openEventStream(gateway.url, {
    query: everyChange,
    variables: { after, payoutId: payout.id },
  });
  const payoutChanges = (await take(ofPayout, 4)).map(({ data }) => data.data.statusChanged);
  expect(payoutChanges).toEqual(changes.slice(6));
  ofCustomer.close();
  ofPayout.close();
});

test("each event tells the customer as it is at that event", async () => {
  const { gateway, client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const query = "subscription ($id: ID!) { customerStatusChanged(customerId: $id) { to customer { status } } }";
  const stream = await openEventStream(gateway.url, { query, variables: { id: customer.id } });
  for (const status of ["PROCESSING", "REJECTED", "VERIFIED"]) {
    await moveCustomer(provider.url, customer.id, status);
    const { data } = await stream.take();
    expect(data).toEqual({ data: { customerStatusChanged: { to: status, customer: { status } } } });
  }
  stream.close();
});

test.each([
  ["a query", "{ statusCursor }", undefined],
  ["a field that does not exist", "subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
  ["what is no GraphQL", "subscription {", "GRAPHQL_PARSE_FAILED"],
])("%s is refused with 400 instead of a stream", async (_what, query, code) => {
  const { gateway } = await startTestGateway();
  for (const isGet of [false, true]) {
    const stream = await openEventStream(gateway.url, { query, isGet });
    expect(stream.status).toBe(400);
    const { errors } = JSON.parse(await stream.body());
    expect(errors.map(({ extensions }: { extensions?: { code: string } }) => extensions?.code)).toEqual([
      code ?? "BAD_USER_INPUT",
    ]);
  }
});

test("a request that is no subscription request is refused with an error shaped as GraphQL's", async () => {
  const { gateway } = await startTestGateway();
  const url = `${gateway.url}/graphql/stream`;
  const answers = await Promise.all([
    fetch(url),
    fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
    fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "[1]" }),
    fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{" }),
    fetch(`${url}?query=subscription&variables=1{`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
  for (const answer of answers) {
    expect(await answer.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  }
});

test("what the subscription itself refuses is told in one event, and the stream ends", async () => {
  const { gateway } = await startTestGateway();
  const variables = { customerId: "a", payoutId: "b" };
  const stream = await openEventStream(gateway.url, { query: everyChange, variables });
  const events = await stream.ended();
  expect(events.map(({ event, id }) => ({ event, id }))).toEqual([
    { event: "next", id: null },
    { event: "complete", id: null },
  ]);
  expect(events[0]?.data.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});

test("two hundred streams that their clients closed leave nothing behind", async () => {
  const { gateway, client } = await startTestGateway();
  await client.createCustomer();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  for (let round = 0; round < 10; round += 1) {
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => openEventStream(gateway.url, { query: everyChange })),
    );
    if (round % 2 === 0) {
      await client.createCustomer();
      await Promise.all(streams.map((stream) => stream.take()));
    }
    expect(await openSubscriptions(gateway.metrics)).toBeGreaterThanOrEqual(20);
    for (const stream of streams) stream.close();
  }
  while ((await openSubscriptions(gateway.metrics)) > 0) await new Promise((resolve) => setImmediate(resolve));
  while (timers() > before + 10) await new Promise((resolve) => setImmediate(resolve));
  expect((await client.createCustomer()).customer.status).toBe("PENDING");
});

test("a gateway that stops ends its streams, within a second", async () => {
  const { gateway, client, stop } = await startTestGateway();
  const stream = await openEventStream(gateway.url, { query: everyChange });
  const { customer } = await client.createCustomer();
  expect((await stream.take()).id).toBe(customer.cursor);
  const startedAt = performance.now();
  await stop();
  expect(await stream.ended()).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
