import { buildGateway } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { callProvider, createCustomerAtProvider, moveCustomer } from "./support/provider-calls.js";
import { ngnPayout, startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { newSqliteUrl } from "./support/test-databases.js";

afterEach(stopAll);

const list = `query ($first: Int) {
  parkedWebhookEvents(first: $first) { id type subject reason isConflict attempts receivedAt }
}`;
const retry = `mutation ($input: RetryWebhookEventsInput!) {
  retryWebhookEvents(input: $input) { ids userErrors { field code } }
}`;

async function parked({ client }: TestGateway, first?: number) {
  return (await client.run(list, { first })).parkedWebhookEvents;
}

async function outcome({ gateway }: TestGateway, name: string): Promise<number> {
  const { values } = await gateway.metrics.inboxEvents.get();
  return values.find(({ labels }) => labels.outcome === name)?.value ?? 0;
}

function send({ gateway, provider }: TestGateway, event: unknown) {
  return deliver({ gateway, secret: provider.signingSecret }, event);
}

const payoutEvent = (fields: Record<string, unknown>) => ({
  message: "Transaction Processing",
  transaction_id: "t-1",
  transaction_status: "PROCESSING",
  event_id: "e-1",
  type: "payout",
  ...fields,
});

test("what cannot be read is answered 2xx, kept and shown with its reason, never with its content", async () => {
  const gateway = await startTestGateway();
  const events = [
    "not JSON, with the secret 4711",
    { type: "weather.changed", event_id: "e-1" },
    payoutEvent({ transaction_status: "TELEPORTED", note: "secret 4711" }),
    payoutEvent({ event_id: "e-3", transaction_id: null, recipient: "secret 4711" }),
  ];
  for (const event of events) expect((await send(gateway, event)).status).toBe(200);
  await eventually(async () => (await parked(gateway)).length === events.length);
  const shown = await parked(gateway);
  expect(shown.map(({ type, subject }: { type: string; subject: string | null }) => [type, subject])).toEqual([
    ["payout", null],
    ["payout", "t-1"],
    ["weather.changed", null],
    ["", null],
  ]);
  for (const { reason, receivedAt } of shown) {
    expect(reason).toMatch(/\w/);
    expect(new Date(receivedAt).getTime()).toBeGreaterThan(Date.now() - 60_000);
  }
  expect(JSON.stringify(shown)).not.toContain("4711");
  expect(await parked(gateway, 1)).toEqual([shown[0]]);
  expect(await outcome(gateway, "parked")).toBe(events.length);
});

test("a page of parked events has 1 to 100 of them", async () => {
  const { client } = await startTestGateway();
  for (const [first, code] of [
    [0, "BAD_USER_INPUT"],
    [-1, "BAD_USER_INPUT"],
    [101, "LIMIT_EXCEEDED"],
  ] as const) {
    const { errors } = await client.request(list, { first });
    expect(errors).toMatchObject([{ extensions: { code } }]);
  }
});

test("an event of what the provider does not find at first is tried again, and applied", async () => {
  const gateway = await startTestGateway({ sandbox: { payoutStepDelayMs: 60_000 } });
  const { client, provider } = gateway;
  const customerId = await createCustomerAtProvider(provider);
  await moveCustomer(provider, customerId, "VERIFIED");
  const { transaction } = await callProvider<{ transaction: { id: string } }>(
    provider,
    "POST",
    "/payout",
    ngnPayout(customerId, { note: "test-webhook-lost" }),
  );
  const answer = { kind: "answer", status: 404, body: { message: "Transaction not found" } } as const;
  provider.failNext({ route: "GET /transaction/{id}", ...answer, times: 2 });
  await send(gateway, payoutEvent({ transaction_id: transaction.id }));
  await eventually(async () => (await readLog(client)).some(({ to }) => to === "PROCESSING"));
  expect(await outcome(gateway, "retried")).toBe(2);
  expect(await parked(gateway)).toEqual([]);
  expect(faultsOf(await readLog(client))).toEqual([]);
});

test("a parked event can be run again when what it waited for is there", async () => {
  const gateway = await startTestGateway();
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  // It names the payout by its reference, and a transaction that is not its own.
  const event = payoutEvent({ transaction_id: "of-another", merchant_reference: payout.merchantReference });
  await send(gateway, event);
  const [shown] = await eventually(async () => {
    const events = await parked(gateway);
    return events.length > 0 && events;
  });
  expect(shown).toMatchObject({ subject: "of-another", reason: expect.stringContaining("transaction") });

  // Still wrong: parked again, and nothing else happened.
  const { retryWebhookEvents } = await client.run(retry, { input: { ids: [shown.id] } });
  expect(retryWebhookEvents).toEqual({ ids: [shown.id], userErrors: [] });
  await eventually(async () => (await outcome(gateway, "parked")) === 2);
  expect(await parked(gateway)).toMatchObject([{ id: shown.id }]);
  expect(statusesIn(await readLog(client), payout.id)).toEqual(["SUBMITTING", "PENDING"]);
  expect(provider.transactions()).toHaveLength(1);
});

test("only what is parked is run again; unknown ids are refused", async () => {
  const gateway = await startTestGateway();
  const { client } = gateway;
  await send(gateway, "one");
  await send(gateway, "two");
  await eventually(async () => (await parked(gateway)).length === 2);
  const [newest, oldest] = await parked(gateway);
  const run = async (input: object) => (await client.run(retry, { input })).retryWebhookEvents;
  expect(await run({ ids: [] })).toEqual({ ids: [], userErrors: [] });
  expect(await run({ ids: ["999999"] })).toEqual({ ids: [], userErrors: [] });
  expect(await run({ ids: [newest.id, "unknown"] })).toMatchObject({
    ids: [],
    userErrors: [{ field: ["ids", "1"], code: "NOT_FOUND" }],
  });
  expect(await run({ ids: [newest.id, newest.id] })).toMatchObject({ userErrors: [{ field: ["ids", "1"] }] });
  expect(await run({ ids: [oldest.id] })).toEqual({ ids: [oldest.id], userErrors: [] });
  await eventually(async () => (await parked(gateway)).length === 2);
  expect((await run({})).ids.sort()).toEqual([newest.id, oldest.id].sort());
  await eventually(async () => (await parked(gateway)).length === 2);
});

test("a parked event does not hold back the later ones of its subject", async () => {
  const gateway = await startTestGateway({ sandbox: { payoutStepDelayMs: 60_000 } });
  const { client } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  const about = { transaction_id: payout.transactionId, merchant_reference: payout.merchantReference };
  await send(gateway, payoutEvent({ ...about, transaction_status: "TELEPORTED" }));
  await send(gateway, payoutEvent({ ...about, event_id: "e-2", transaction_status: "SUCCESSFUL" }));
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  expect(await parked(gateway)).toMatchObject([{ subject: payout.transactionId }]);
});

test("an event whose look-up does not end delays no other subject's", async () => {
  const gateway = await startTestGateway({
    config: { providerTimeoutMs: 8_000 },
    sandbox: { payoutStepDelayMs: 60_000 },
  });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  provider.failNext({ route: "GET /transaction/{id}", kind: "hang", when: "before" });
  const startedAt = Date.now();
  await send(gateway, payoutEvent({ transaction_id: "never-heard-of" }));
  await eventually(async () => provider.received("GET /transaction/{id}").length === 1);
  const about = { transaction_id: payout.transactionId, merchant_reference: payout.merchantReference };
  await send(gateway, payoutEvent({ ...about, event_id: "e-2" }));
  await client.payoutReaching(payout.id, "PROCESSING");
  expect(Date.now() - startedAt).toBeLessThan(5_000);
});

test("the command shows parked events and puts them back for a running gateway", async () => {
  const build = await buildGateway();
  try {
    const { sandbox: provider } = await startSandboxClient();
    const databaseUrl = await newSqliteUrl();
    const gateway = await startTestGateway({ config: { ...knowing(provider), databaseUrl } });
    await deliver({ gateway: gateway.gateway, secret: provider.signingSecret }, { type: "weather.changed" });
    const [event] = await eventually(async () => {
      const events = await parked(gateway);
      return events.length > 0 && events;
    });
    const run = async (...args: string[]) => {
      const command = build.run("cli.js", { DATABASE_URL: databaseUrl }, ["webhooks", ...args]);
      return { exitCode: await command.exitCode, output: command.output, errors: command.errors };
    };
    const shown = await run("parked");
    expect(shown).toMatchObject({ exitCode: 0, output: expect.stringContaining("weather.changed") });
    expect(shown.output.startsWith(`${event.id}\t`)).toBe(true);
    expect(await run("retry", event.id)).toMatchObject({ exitCode: 0, output: `Put back: ${event.id}\n` });
    await eventually(async () => (await outcome(gateway, "parked")) === 2);
    expect(await run("retry")).toMatchObject({ exitCode: 0, output: `Put back: ${event.id}\n` });
    expect(await run("explode")).toMatchObject({ exitCode: 2, errors: expect.stringContaining("Usage") });
  } finally {
    await build.remove();
  }
});
