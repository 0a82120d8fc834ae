import SqliteDatabase from "better-sqlite3";
import { eventually } from "./support/eventually.js";
import { sampleOf, scrape } from "./support/scrape.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { newSqliteUrl } from "./support/test-databases.js";

const operations = "payout_gateway_operation_duration_seconds";
const providerCalls = "payout_gateway_provider_call_duration_seconds";

test("operations are told by root field, however their clients call them, and by how they ended", async () => {
  const { client } = await startTestGateway();
  // The third time it is answered without the server, the fourth time from what is kept.
  for (let times = 0; times < 4; times += 1) {
    await client.run("query Mine { ...roots } fragment roots on Query { first: payouts { totalCount } }");
  }
  await client.run("{ payouts { totalCount } customers { totalCount } }");
  await client.request('{ payout(id: 7) { id } statusChanges(after: "nonsense") { cursor } }');
  await client.request('query { statusChanges(after: "nonsense") { cursor } }');
  const samples = await scrape(client.url);
  const count = (labels: Record<string, string>) => sampleOf(samples, `${operations}_count`, labels);
  expect(count({ operation: "payouts", outcome: "ok" })).toBe(4);
  expect(count({ operation: "several", outcome: "ok" })).toBe(1);
  expect(count({ operation: "several", outcome: "errors" })).toBe(1);
  expect(count({ operation: "statusChanges", outcome: "errors" })).toBe(1);
  expect(samples.some(({ labels }) => /Mine|first/.test(labels.operation ?? ""))).toBe(false);
  // Every bucket holds what the ones before it hold, and the last one all.
  const buckets = samples
    .filter(({ name, labels }) => name === `${operations}_bucket` && labels.operation === "payouts")
    .filter(({ labels }) => labels.outcome === "ok")
    .map(({ value }) => value);
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
  expect(buckets.at(-1)).toBe(4);
});

test("calls to the provider are told by route, without the ids that they are about", async () => {
  const { client, provider } = await startTestGateway();
  await client.createCustomer();
  provider.failNext({ route: "GET /customer/{id}", kind: "answer", status: 422, body: { message: "No." } });
  await client.request('{ customer(id: "someone-else") { id } }');
  await client.request('{ customer(id: "somebody") { id } }');
  const samples = await scrape(client.url);
  const count = (labels: Record<string, string>) => sampleOf(samples, `${providerCalls}_count`, labels);
  expect(count({ route: "POST /customer", class: "write", outcome: "ok" })).toBe(1);
  expect(count({ route: "GET /customer/{id}", class: "read", outcome: "REFUSED" })).toBe(1);
  expect(count({ route: "GET /customer/{id}", outcome: "NOT_FOUND" })).toBe(1);
  expect(samples.some(({ labels }) => labels.route?.includes("some"))).toBe(false);
});

test("what is uncertain, waits or is set aside is counted with its age", async () => {
  const gateway = await startTestGateway({
    patience: { absenceGapMs: 60_000 },
    config: { providerRateLimit: "500/1m" },
  });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout: paid } = await client.createPayout({ customerId });
  await client.payoutReaching(paid.id, "SUCCESSFUL");
  provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
  provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 1_000 });
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  expect(payout.status).toBe("UNCONFIRMED");
  await deliver(
    { gateway: gateway.gateway, secret: provider.signingSecret },
    { type: "weather.changed", event_id: "e" },
  );

  const samples = await eventually(async () => {
    const seen = await scrape(client.url);
    const isThere = sampleOf(seen, "payout_gateway_inbox", { state: "PARKED" }) === 1;
    return isThere && sampleOf(seen, "payout_gateway_payouts", { status: "UNCONFIRMED" }) === 1 && seen;
  });
  const value = (name: string, labels?: Record<string, string>) => sampleOf(samples, `payout_gateway_${name}`, labels);
  expect(value("payouts", { status: "SUCCESSFUL" })).toBe(1);
  expect(value("payouts", { status: "FAILED" })).toBe(0);
  expect(value("unconfirmed_oldest_seconds")).toBeGreaterThan(0);
  expect(value("intents", { state: "UNCONFIRMED" })).toBe(1);
  expect(value("intents_oldest_seconds", { state: "UNCONFIRMED" })).toBeGreaterThan(0);
  expect(value("intents_oldest_seconds", { state: "OPEN" })).toBe(0);
  expect(value("inbox_oldest_seconds", { state: "PARKED" })).toBeGreaterThan(0);
  expect(value("log_position")).toBeGreaterThan(5);
  expect(value("provider_budget_limit", { window: "60s" })).toBe(500);
  expect(value("provider_budget_used", { window: "60s" })).toBeGreaterThan(0);
  expect(value("provider_calls_waiting", { class: "payout" })).toBe(0);
  expect(value("provider_budget_shared")).toBe(1);
});

test("the lag of a delivery is told once for all who follow alike", async () => {
  const { client } = await startTestGateway();
  const { statusCursor } = await client.run("{ statusCursor }");
  const followers = [client.follow({ after: statusCursor }), client.follow({ after: statusCursor })];
  const { customer: first } = await client.createCustomer();
  for (const follower of followers) await follower.until(({ id }) => id === first.id);
  const before = sampleOf(await scrape(client.url), "payout_gateway_delivery_lag_seconds_count") ?? 0;
  const { customer } = await client.createCustomer();
  for (const follower of followers) await follower.until(({ id }) => id === customer.id);
  expect(sampleOf(await scrape(client.url), "payout_gateway_delivery_lag_seconds_count")).toBe(before + 1);
});

test("with a port of their own, metrics are served there and nowhere else", async () => {
  const { gateway, client } = await startTestGateway({ config: { metricsPort: 0 } });
  const { metricsUrl } = gateway;
  await client.run("{ statusCursor }");
  expect(metricsUrl).not.toBe(gateway.url);
  expect(sampleOf(await scrape(metricsUrl), `${operations}_count`, { operation: "statusCursor" })).toBe(1);
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
  expect((await fetch(`${metricsUrl}/graphql`)).status).toBe(404);
});

test("metrics are served while the database cannot be read, without what is read from it", async () => {
  const databaseUrl = await newSqliteUrl();
  const { gateway, client } = await startTestGateway({ config: { metricsPort: 0, databaseUrl } });
  await client.run("{ statusCursor }");
  const database = new SqliteDatabase(databaseUrl.slice("sqlite:".length));
  database.exec("drop table intents");
  database.close();
  const samples = await scrape(gateway.metricsUrl);
  expect(sampleOf(samples, `${operations}_count`)).toBe(1);
  expect(sampleOf(samples, "payout_gateway_log_position")).toBeNull();
});
