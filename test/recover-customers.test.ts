import { eventually } from "./support/eventually.js";
import { freePort } from "./support/free-port.js";
import { callProvider, createCustomerAtProvider } from "./support/provider-calls.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog } from "./support/status-log.js";
import { customerInput, unique } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

afterEach(stopAll);

const absenceGapMs = 300;
const start = (patience: { answerWithinMs?: number } = {}) =>
  startTestGateway({ config: { providerTimeoutMs: 1_000 }, patience: { absenceGapMs, ...patience } });

const mutation = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id status email } replayed userErrors { field code } }
}`;

/** The customers that the provider has by this address. */
async function atProvider({ provider }: TestGateway, email: string): Promise<{ id: string }[]> {
  const path = `/customer?email=${encodeURIComponent(email)}`;
  return (await callProvider<{ data: { id: string }[] }>(provider, "GET", path)).data;
}

test("a customer whose response was lost is found by the call that created it, and by the next one with its key", async () => {
  const gateway = await start();
  const input = customerInput({ email: `${unique("ada")}+answer-lost@example.com`, idempotencyKey: unique("k") });
  const { data } = await gateway.client.request(mutation, { input });
  const made = data?.createCustomer;
  const [customer, ...more] = await atProvider(gateway, input.email);
  expect(more).toEqual([]);
  expect(made).toEqual({
    customer: { id: customer?.id, status: "PENDING", email: input.email },
    replayed: false,
    userErrors: [],
  });
  expect(gateway.provider.received("POST /customer")).toHaveLength(1);
  expect(await gateway.client.createCustomer(input)).toMatchObject({ customer: { id: customer?.id }, replayed: true });
});

test("a customer whose response was lost is found after its caller was answered, also one that had no key", async () => {
  const gateway = await start({ answerWithinMs: 200 });
  const { client, provider } = gateway;
  provider.failNext({ route: "GET /customer", kind: "answer", status: 503, times: 3 });
  const input = customerInput({ email: `${unique("ada")}+answer-lost@example.com` });
  const { errors } = await client.request(mutation, { input });
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
  const found = await eventually(async () => {
    const { customers } = await client.run("{ customers { nodes { id email status } } }");
    return customers.nodes[0];
  });
  expect(found).toMatchObject({ email: input.email, status: "PENDING" });
  expect(provider.received("POST /customer")).toHaveLength(1);
  const log = await readLog(client);
  expect(log).toMatchObject([{ id: found.id, to: "PENDING", source: "RECONCILIATION" }]);
});

test.each([
  ["a connection that breaks", { kind: "reset", when: "before" }],
  ["no answer in time", { kind: "hang", when: "before" }],
  ["a 500", { kind: "answer", status: 500 }],
  ["a 429", { kind: "answer", status: 429, headers: { "retry-after": "1" } }],
  ["a proxy's page", { kind: "answer", status: 200, body: "<html></html>" }],
] as const)("a customer that was not made (%s) is made once two look-ups did not find it", async (_name, fault) => {
  const gateway = await start();
  const { provider } = gateway;
  provider.failNext({ route: "POST /customer", ...fault });
  const input = customerInput({ idempotencyKey: unique("k") });
  const { customer } = await gateway.client.createCustomer(input);
  const made = await atProvider(gateway, input.email);
  expect(made).toMatchObject([{ id: customer.id }]);
  const attempts = provider.received("POST /customer").map(({ at }) => at.getTime());
  const lookUps = provider
    .received("GET /customer")
    .map(({ at }) => at.getTime())
    .filter((instant) => instant <= Number(attempts[1]));
  expect(attempts).toHaveLength(2);
  expect(lookUps.length).toBeGreaterThanOrEqual(2);
  expect(Number(lookUps.at(-1)) - Number(lookUps[0])).toBeGreaterThanOrEqual(absenceGapMs);
});

test("a customer of another identity with the same address is not taken for the lost one", async () => {
  const gateway = await start();
  const { client, provider } = gateway;
  const email = `${unique("family")}@example.com`;
  const other = await createCustomerAtProvider(provider, { email, id_number: "B7654321" });
  provider.failNext({ route: "POST /customer", kind: "reset", when: "before" });
  const input = customerInput({ email, idempotencyKey: unique("k") });
  const { customer } = await client.createCustomer(input);
  expect(customer.id).not.toBe(other);
  expect(await atProvider(gateway, email)).toHaveLength(2);
});

test("two keys with one input whose answers were lost are two customers", async () => {
  const gateway = await start();
  const input = customerInput({ email: `${unique("ada")}+answer-lost@example.com` });
  const inputs = [
    { ...input, idempotencyKey: unique("k") },
    { ...input, idempotencyKey: unique("k") },
  ];
  const made = await Promise.all(inputs.map((each) => gateway.client.createCustomer(each)));
  const ids = made.map(({ customer }) => customer.id);
  expect((await atProvider(gateway, input.email)).map(({ id }) => id).sort()).toEqual(ids.sort());
  expect(new Set(ids).size).toBe(2);
});

test("a customer that never left for the provider is made at once by the next call with its key", async () => {
  const port = await freePort();
  const secrets = { clientId: "client", clientSecret: "secret", signingSecret: "signing", apiKey: "key" };
  const config = {
    provider: { url: `http://127.0.0.1:${port}`, credentials: { clientId: "client", clientSecret: "secret" } },
    webhookSecrets: ["signing"],
  };
  const { client } = await startTestGateway({ config });
  const input = customerInput({ idempotencyKey: unique("k") });
  expect((await client.request(mutation, { input })).errors).toHaveLength(1);
  const { sandbox } = await startSandboxClient({ ...secrets, port });
  expect(await client.createCustomer(input)).toMatchObject({ replayed: false, userErrors: [] });
  expect(sandbox.received("GET /customer")).toHaveLength(0);
});

test("a look-up that is refused does not stand for a refusal of the customer", async () => {
  const gateway = await start();
  const { client, provider } = gateway;
  provider.failNext({ route: "POST /customer", kind: "reset", when: "after" });
  provider.failNext({ route: "GET /customer", kind: "answer", status: 400, body: { message: "Invalid." }, times: 2 });
  const input = customerInput({ idempotencyKey: unique("k") });
  const made = await client.createCustomer(input);
  expect(made.userErrors).toEqual([]);
  expect(await atProvider(gateway, input.email)).toMatchObject([{ id: made.customer.id }]);
});

test("20 calls with one key at the same time make one customer", async () => {
  const gateway = await start();
  const input = customerInput({ idempotencyKey: unique("k") });
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.client.createCustomer(input)));
  expect(new Set(answers.map(({ customer }) => customer.id)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(await atProvider(gateway, input.email)).toHaveLength(1);
  expect(faultsOf(await readLog(gateway.client))).toEqual([]);
});

test("a call whose sending was taken over by another node is answered with what that one found", async () => {
  const databaseUrl = await newSqliteUrl();
  const gateway = await startTestGateway({
    config: { databaseUrl, providerTimeoutMs: 5_000 },
    patience: { absenceGapMs },
  });
  const { client, provider } = gateway;
  const { db } = await openTestDatabase(databaseUrl);
  provider.failNext({ route: "POST /customer", kind: "delay", delayMs: 800 });
  const input = customerInput({ idempotencyKey: unique("k") });
  const answer = client.request(mutation, { input });
  await eventually(async () => provider.received("POST /customer").length === 1);
  // As a node does that finds the lease run out, since this one stood still for longer than it lasts.
  await db
    .updateTable("intents")
    .set((eb) => ({ fence: eb("fence", "+", 1), lease_until: 0 }))
    .execute();
  const { data, errors } = await answer;
  expect(errors).toBeUndefined();
  const [customer, ...more] = await atProvider(gateway, input.email);
  expect(more).toEqual([]);
  expect(data?.createCustomer).toMatchObject({ customer: { id: customer?.id }, replayed: false, userErrors: [] });
  expect(provider.received("POST /customer")).toHaveLength(1);
});
