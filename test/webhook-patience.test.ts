// What a webhook waits for: a provider whose reads are behind, one that is away, and a budget that is spent.

import { eventually } from "./support/eventually.js";
import { createCustomerAtProvider } from "./support/provider-calls.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

const secret = "whsec_test_0123456789abcdef";
const sandbox = { signingSecret: secret };

async function control({ provider }: TestGateway, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${provider.url}/_sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
}

async function sources({ client }: TestGateway, id: string) {
  const { payout } = await client.run(
    "query ($id: ID!) { payout(id: $id) { status statusChanges { source reason ... on PayoutStatusChange { to } } } }",
    { id },
  );
  return payout;
}

test.each([300, 30_000])("a returned payment whose look-up is %i ms behind its webhook is not lost", async (lagMs) => {
  const databaseUrl = await newSqliteUrl();
  const database = await openTestDatabase(databaseUrl);
  const gateway = await startTestGateway({ config: { databaseUrl }, sandbox });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const { transactionId } = (
    await client.run("query ($id: ID!) { payout(id: $id) { transactionId } }", { id: payout.id })
  ).payout;

  await control(gateway, "reads", { lag_ms: lagMs });
  await control(gateway, `transactions/${transactionId}/status`, { status: "FAILED" });
  const isOpen = async () => {
    const rows = await database.db.selectFrom("inbox").selectAll().where("obstacle", "is not", null).execute();
    return rows.find(({ state }) => state === "RECEIVED");
  };
  await eventually(isOpen);
  if (lagMs > 10_000) {
    // Several look-ups still show the old status. Then the provider's reads come round.
    const asked = () => provider.received("GET /transaction/{id}").length;
    const before = asked();
    await eventually(async () => asked() >= before + 2);
    expect(await sources(gateway, payout.id)).toMatchObject({ status: "SUCCESSFUL" });
    await control(gateway, "reads", { lag_ms: 300 });
  }
  await client.payoutReaching(payout.id, "FAILED");
  expect((await sources(gateway, payout.id)).statusChanges.at(-1)).toMatchObject({
    to: "FAILED",
    source: "WEBHOOK",
    reason: expect.stringContaining("Correction"),
  });
  await eventually(async () => !(await isOpen()));
  const parked = await database.db.selectFrom("inbox").selectAll().where("state", "=", "PARKED").execute();
  expect(parked).toEqual([]);
});

const outage: Record<string, unknown>[] = [
  { kind: "answer", status: 503 },
  { kind: "answer", status: 200, body: "<html>maintenance</html>" },
  { kind: "answer", status: 404, body: "<html>not found</html>" },
  { kind: "reset" },
  { kind: "answer", status: 403, body: { message: "Access Denied" } },
  { kind: "answer", status: 429, body: { message: "Too many requests" }, headers: { "x-ratelimit-reset": "1" } },
];

test("an event that needs the provider outlasts an outage of any kind and any number of tries", async () => {
  const databaseUrl = await newSqliteUrl();
  const database = await openTestDatabase(databaseUrl);
  const gateway = await startTestGateway({ config: { databaseUrl }, sandbox });
  const { provider } = gateway;
  const id = await createCustomerAtProvider(provider, { email: `${unique("ada")}+webhook-lost@example.com` });
  const faultFrom = async (fault: Record<string, unknown>) => {
    await clearFaults(gateway);
    await control(gateway, "faults", { route: "GET /customer/{id}", times: 100_000, ...fault });
  };
  await faultFrom(outage[0] ?? {});
  await deliver(
    { gateway: gateway.gateway, secret },
    { type: "customer", customer_id: id, new_status: "VERIFIED", event_id: unique("event") },
  );
  const row = () => database.db.selectFrom("inbox").selectAll().executeTakeFirstOrThrow();
  /** Minutes pass at once. */
  const endWait = () =>
    database.db
      .updateTable("inbox")
      .set({ next_attempt_at: 0 })
      .where("state", "=", "RECEIVED")
      .where("next_attempt_at", ">", 0)
      .execute();
  // An event that fails by itself is parked after ten.
  for (let tries = 0; tries < 12; tries += 1) {
    await faultFrom(outage[tries % outage.length] ?? {});
    await eventually(async () => {
      await endWait();
      return (await row()).attempts > tries;
    });
    expect(await row()).toMatchObject({ state: "RECEIVED", failures: 0 });
  }
  await clearFaults(gateway);
  await eventually(async () => {
    await endWait();
    return (await row()).state === "APPLIED";
  });
  const { customer } = await gateway.client.run("query ($id: ID!) { customer(id: $id) { status } }", { id });
  expect(customer.status).toBe("VERIFIED");
}, 60_000);

test("events that wait for the budget are applied when there is some, and are no failures", async () => {
  const databaseUrl = await newSqliteUrl();
  const database = await openTestDatabase(databaseUrl);
  const gateway = await startTestGateway({
    config: { databaseUrl, providerRateLimit: "8/2s" },
    sandbox,
  });
  const ids: string[] = [];
  for (let made = 0; made < 20; made += 1) {
    ids.push(await createCustomerAtProvider(gateway.provider, { email: `${unique("ada")}+webhook-lost@example.com` }));
  }
  const signer = { gateway: gateway.gateway, secret };
  for (const customer_id of ids) await deliver(signer, { type: "customer", customer_id, new_status: "VERIFIED" });
  const rows = await eventually(async () => {
    const all = await database.db.selectFrom("inbox").selectAll().execute();
    return all.every(({ state }) => state === "APPLIED") && all;
  });
  expect(rows.some(({ attempts }) => attempts > 0)).toBe(true);
  expect(rows.map(({ failures }) => failures)).toEqual(ids.map(() => 0));
});

async function clearFaults({ provider }: TestGateway): Promise<void> {
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
}
