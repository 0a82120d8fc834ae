import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { payoutRow } from "./support/stored-rows.js";
import { pngFile, unique } from "./support/test-client.js";
import { forEachDatabase, newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

afterEach(stopAll);

const config = { reconcileMs: 200 };

async function foundBy({ gateway }: TestGateway, kind: string, found: string): Promise<number> {
  const { values } = await gateway.metrics.reconciliations.get();
  return values.find(({ labels }) => labels.kind === kind && labels.found === found)?.value ?? 0;
}

/** Hides the provider's log of deliveries, so that only look-ups can find what is missing. */
function hideDeliveries({ provider }: TestGateway): void {
  const times = 100_000;
  provider.failNext({ route: "GET /webhook-logs", kind: "answer", status: 200, body: { data: [], total: 0 }, times });
}

const lookUpsOf = ({ provider }: TestGateway, id: string) =>
  provider.received("GET /transaction/{id}").filter(({ path }) => path.endsWith(id));

test("a payout whose webhooks never came is followed to its end by look-ups", async () => {
  const gateway = await startTestGateway({ config, sandbox: { payoutStepDelayMs: 600 } });
  hideDeliveries(gateway);
  const { client } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const log = await readLog(client);
  expect(log.filter(({ id }) => id === payout.id).map(({ to, source }) => `${to} ${source}`)).toEqual([
    "SUBMITTING MUTATION",
    "PENDING MUTATION",
    "PROCESSING RECONCILIATION",
    "SUCCESSFUL RECONCILIATION",
  ]);
  expect(await foundBy(gateway, "payout", "moved")).toBe(2);
  expect(await foundBy(gateway, "payout", "unmoved")).toBeGreaterThan(0);

  // What has ended is not asked for any more.
  const asked = lookUpsOf(gateway, payout.transactionId).length;
  const { payout: other } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  await client.payoutReaching(other.id, "SUCCESSFUL");
  expect(lookUpsOf(gateway, payout.transactionId)).toHaveLength(asked);
});

test("a customer whose verdict never came is found by look-ups", async () => {
  const gateway = await startTestGateway({ config });
  hideDeliveries(gateway);
  const { client, provider } = gateway;
  const { id } = await client.verifiedCustomer({ email: `${unique("ada")}+webhook-lost@example.com` });
  const log = await readLog(client);
  expect(statusesIn(log, id)).toEqual(["PENDING", "PROCESSING", "VERIFIED"]);
  expect(log.at(-1)?.source).toBe("RECONCILIATION");
  expect(await foundBy(gateway, "customer", "moved")).toBe(1);
  expect(provider.sentWebhooks()).toEqual([]);
});

test("a clock that was an hour ahead and was put right keeps nothing from being looked up", async () => {
  const databaseUrl = await newSqliteUrl();
  const database = await openTestDatabase(databaseUrl);
  const gateway = await startTestGateway({
    config: { reconcileMs: 200, databaseUrl },
    sandbox: { payoutStepDelayMs: 3_600_000 },
  });
  hideDeliveries(gateway);
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  const inAnHour = Date.now() + 3_600_000;
  await database.db.updateTable("payouts").set({ as_of: inAnHour }).execute();
  await database.db.updateTable("customers").set({ as_of: inAnHour, status: "PROCESSING" }).execute();
  const asked = () => [lookUpsOf(gateway, payout.transactionId), provider.received("GET /customer/{id}")];
  await eventually(async () => asked().every(({ length }) => length > 0));
});

test("a payout whose webhooks come is looked up only to learn what a look-up by reference proves", async () => {
  const gateway = await startTestGateway({ config: { reconcileMs: 2_000 }, sandbox: { payoutStepDelayMs: 300 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  expect(provider.received("GET /transaction/{id}")).toHaveLength(1);
  const { payout: second } = await client.createPayout({ customerId });
  await client.payoutReaching(second.id, "SUCCESSFUL");
  expect(provider.received("GET /transaction/{id}")).toHaveLength(1);
});

test("a payout that the provider no longer finds is asked for more and more seldom", async () => {
  const gateway = await startTestGateway({ config, sandbox: { payoutStepDelayMs: 60_000 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  const answer = { kind: "answer", status: 404, body: { message: "Transaction not found" } } as const;
  provider.failNext({ route: "GET /transaction/{id}", ...answer, times: 100_000 });
  await eventually(async () => (await foundBy(gateway, "payout", "missing")) >= 4);
  const asked = lookUpsOf(gateway, payout.transactionId).map(({ at }) => at.getTime());
  const waits = asked.slice(1).map((instant, index) => instant - Number(asked[index]));
  expect(waits[0]).toBeGreaterThanOrEqual(200);
  expect(waits[1]).toBeGreaterThanOrEqual(400);
  expect(waits[2]).toBeGreaterThanOrEqual(800);
  // Nothing is made up of it.
  expect(await client.payoutReaching(payout.id, "PENDING")).toBeTruthy();
});

test("payouts that the provider does not find do not keep others from being found", async () => {
  const databaseUrl = await newSqliteUrl();
  const gateway = await startTestGateway({
    config: { ...config, databaseUrl },
    sandbox: { payoutStepDelayMs: 60_000 },
  });
  hideDeliveries(gateway);
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  // More of them than one round looks up, and unheard of for longer.
  const database = await openTestDatabase(databaseUrl);
  const unknown = Array.from({ length: 40 }, () =>
    payoutRow({ customer_id: customerId, status: "PENDING", transaction_id: unique("gone") }),
  );
  await database.db.insertInto("payouts").values(unknown).execute();
  await eventually(async () => (await foundBy(gateway, "payout", "missing")) > unknown.length);

  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  const moved = await fetch(`${provider.url}/_sandbox/transactions/${payout.transactionId}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status: "SUCCESSFUL" }),
  });
  expect(moved.status).toBe(200);
  await client.payoutReaching(payout.id, "SUCCESSFUL");
});

test("a provider that fails each look-up is not asked again and again in one round", async () => {
  const gateway = await startTestGateway({ config, sandbox: { payoutStepDelayMs: 60_000 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  for (let made = 0; made < 10; made += 1) await client.createPayout({ customerId });
  provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 400, times: 1 });
  provider.failNext({ route: "GET /transaction/{id}", kind: "reset", when: "before", times: 100_000 });
  const before = provider.received("GET /webhook-logs").length;
  await eventually(async () => (await foundBy(gateway, "payout", "failed")) >= 3);
  const rounds = provider.received("GET /webhook-logs").length - before + 1;
  expect(await foundBy(gateway, "payout", "failed")).toBeLessThanOrEqual(rounds + 3);
});

test("a customer that moved on at the provider while its document was attached is found", async () => {
  const gateway = await startTestGateway({ config });
  const { client } = gateway;
  hideDeliveries(gateway);
  const { customer } = await client.createCustomer({ email: `${unique("ada")}+webhook-lost+rejected@example.com` });
  await client.upload(
    `mutation ($input: SubmitDocumentsInput!) { submitDocuments(input: $input) { customer { id } userErrors { code } } }`,
    { input: { customerId: customer.id, documents: [{ category: "IDENTITY", file: null }] } },
    { "variables.input.documents.0.file": pngFile() },
  );
  await eventually(async () => statusesIn(await readLog(client), customer.id).includes("REJECTED"));
});

forEachDatabase(
  (_name, _open, newUrl) => {
    test("of two nodes one looks up, and the other goes on when that one stops", async () => {
      const { sandbox: provider } = await startSandboxClient({ payoutStepDelayMs: 60_000, reviewDelayMs: 50 });
      const shared = { databaseUrl: await newUrl(), ...knowing(provider), ...config };
      const first = await startTestGateway({ config: shared });
      provider.setWebhookUrl(`${first.gateway.url}/webhooks`);
      const { id: customerId } = await first.client.verifiedCustomer();
      const { payout } = await first.client.createPayout({ customerId });
      const second = await startTestGateway({ config: shared });
      await eventually(async () => (await foundBy(first, "payout", "unmoved")) >= 5);
      expect(await foundBy(second, "payout", "unmoved")).toBe(0);
      const asked = provider.received("GET /transaction/{id}").map(({ at }) => at.getTime());
      for (const [index, instant] of asked.slice(1).entries()) {
        expect(instant - Number(asked[index])).toBeGreaterThanOrEqual(config.reconcileMs);
      }

      await first.stop();
      await eventually(async () => (await foundBy(second, "payout", "unmoved")) >= 1);
      await second.client.payoutReaching(payout.id, "PENDING");
      expect(faultsOf(await readLog(second.client))).toEqual([]);
    });
  },
  ["PostgreSQL"],
);
