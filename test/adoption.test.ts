import { startSandbox } from "../src/sandbox/sandbox.js";
import { createCustomerAtProvider } from "./support/provider-calls.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { unique, wallets } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

async function payAtProvider(provider: TestGateway["provider"], fields: Record<string, unknown> = {}) {
  const customerId = await createCustomerAtProvider(provider, { email: "ada+webhook-lost@example.com" });
  await fetch(`${provider.url}/_sandbox/customers/${customerId}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"status":"VERIFIED"}',
  });
  const response = await fetch(`${provider.url}/api/external/payout`, {
    method: "POST",
    headers: { "x-blaaiz-api-key": provider.apiKey, "content-type": "application/json" },
    body: JSON.stringify({
      wallet_id: wallets.NGN,
      customer_id: customerId,
      method: "bank_transfer",
      from_currency_id: "NGN",
      to_currency_id: "NGN",
      from_amount: 612.88,
      bank_id: "2",
      account_number: "0222500691",
      note: "test-instant test-webhook-lost",
      ...fields,
    }),
  });
  expect(response.status).toBeLessThan(300);
  return { customerId, transactionId: provider.transactions().at(-1)!.id };
}

const customerQuery = `query ($id: ID!) { customer(id: $id) { id name email status statusChanges { source } } }`;
const payoutQuery = `query ($id: ID!) { payoutByTransaction(transactionId: $id) {
  id transactionId status merchantReference amount { amount currency } customer { id status } statusChanges { source }
} }`;

forEachDatabase((_name, _open, newUrl) => {
  test("a customer that was made at the provider itself is shown, and from then on read here", async () => {
    const { client, provider } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const id = await createCustomerAtProvider(provider, { first_name: "Grace", email: "grace@example.com" });
    const first = await client.run(customerQuery, { id });
    expect(first.customer).toEqual({
      id,
      name: "Grace Obi",
      email: "grace@example.com",
      status: "PENDING",
      statusChanges: [{ source: "RECONCILIATION" }],
    });
    expect(await client.run(customerQuery, { id })).toEqual(first);
    expect(provider.received("GET /customer/{id}")).toHaveLength(1);
    expect((await client.run("{ customers { nodes { id } } }")).customers.nodes).toEqual([{ id }]);
  });

  test("a payout that was made at the provider itself is shown, with its customer", async () => {
    const { client, provider } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const { customerId, transactionId } = await payAtProvider(provider, { merchant_reference: "elsewhere-1" });
    const first = await client.run(payoutQuery, { id: transactionId });
    expect(first.payoutByTransaction).toEqual({
      id: expect.any(String),
      transactionId,
      status: "SUCCESSFUL",
      merchantReference: "elsewhere-1",
      amount: { amount: "612.88", currency: "NGN" },
      customer: { id: customerId, status: "VERIFIED" },
      statusChanges: [{ source: "RECONCILIATION" }],
    });
    expect(await client.run(payoutQuery, { id: transactionId })).toEqual(first);
    const { payout } = await client.run("query ($id: ID!) { payout(id: $id) { transactionId } }", {
      id: first.payoutByTransaction.id,
    });
    expect(payout).toEqual({ transactionId });
    expect(provider.received("GET /transaction/{id}")).toHaveLength(1);
    expect(provider.received("GET /customer/{id}")).toHaveLength(1);
  });

  test("many queries at once for one unknown id cost the provider one request", async () => {
    const { client, provider } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const { customerId, transactionId } = await payAtProvider(provider);
    const payouts = await Promise.all(Array.from({ length: 20 }, () => client.run(payoutQuery, { id: transactionId })));
    expect(new Set(payouts.map(({ payoutByTransaction }) => payoutByTransaction.id)).size).toBe(1);
    expect(provider.received("GET /transaction/{id}")).toHaveLength(1);

    const other = await createCustomerAtProvider(provider);
    const aliases = Array.from({ length: 10 }, (_, index) => `c${index}: customer(id: "${other}") { id status }`);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.run(`{ ${aliases.join(" ")} }`)));
    for (const answer of answers)
      expect(Object.values(answer)).toEqual(aliases.map(() => ({ id: other, status: "PENDING" })));
    for (const id of ["\u0000", "a\u0000b", "\ud800"]) {
      const { errors } = await client.request(customerQuery, { id });
      expect([id, errors]).toMatchObject([id, [{ extensions: { code: "BAD_USER_INPUT" } }]]);
    }
    const asked = provider.received("GET /customer/{id}").map(({ path }) => path.split("/").at(-1));
    expect(asked.toSorted()).toEqual([customerId, other].toSorted());
    const { customers } = await client.run("{ customers { totalCount } }");
    expect(customers.totalCount).toBe(2);
  });

  test("what the provider does not know is null, and so is what no id can be", async () => {
    const { client, provider } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const ids = [unique("nobody"), "", "..", "a/b?c#d", "%00", "x".repeat(10_000), "' or 1=1 --"];
    for (const id of ids) {
      expect([id, await client.request(customerQuery, { id })]).toEqual([id, { data: { customer: null } }]);
      expect([id, await client.request(payoutQuery, { id })]).toEqual([id, { data: { payoutByTransaction: null } }]);
    }
    const asked = provider.received("GET /customer/{id}").map(({ path }) => path);
    expect(asked[0]).toMatch(/\/customer\/nobody-/);
    expect(asked.every((path) => path.startsWith("/api/external/customer/"))).toBe(true);
    expect((await client.run("{ customers { totalCount } payouts { totalCount } }")).customers.totalCount).toBe(0);
  });
});

test("what the provider cannot be asked is an error, and asked again by the next query", async () => {
  const provider = await startSandbox({ port: 0, stateFile: ":memory:", signingSecret: "s" });
  const { url, clientId, clientSecret } = provider;
  const { client } = await startTestGateway({
    config: { provider: { url, credentials: { clientId, clientSecret } }, webhookSecrets: ["s"] },
  });
  const id = await createCustomerAtProvider(provider);
  const known = await createCustomerAtProvider(provider);
  await client.run(customerQuery, { id: known });
  const isDown = { data: { customer: null }, errors: [{ extensions: { code: "PROVIDER_UNAVAILABLE" } }] };

  provider.failNext({
    route: "GET /customer/{id}",
    kind: "answer",
    status: 500,
    times: 10,
    body: { message: "Boom s3" },
  });
  const failed = await client.request(customerQuery, { id });
  expect(failed).toMatchObject(isDown);
  expect(JSON.stringify(failed)).not.toMatch(/Boom|127\.0\.0\.1|customer\/|s3/);
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
  expect((await client.run(customerQuery, { id })).customer).toMatchObject({ id });

  await provider.stop();
  expect(await client.request(customerQuery, { id: unique("somebody") })).toMatchObject(isDown);
  expect(await client.request(payoutQuery, { id: unique("something") })).toMatchObject({
    data: { payoutByTransaction: null },
    errors: [{ extensions: { code: "PROVIDER_UNAVAILABLE" } }],
  });
  // What is known is served without the provider.
  expect((await client.run(customerQuery, { id: known })).customer).toMatchObject({ id: known });
});
