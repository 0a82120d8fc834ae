// createCustomer where nodes, tenants, clocks and webhooks get in each other's way.

import SqliteDatabase from "better-sqlite3";
import type { SandboxFault } from "../src/sandbox/sandbox.js";
import { openDatabase } from "../src/store/database.js";
import { startAuthenticatedGateway } from "./support/authenticated-gateway.js";
import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { callProvider, createCustomerAtProvider } from "./support/provider-calls.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { customerInput, TestClient, unique } from "./support/test-client.js";
import { forEachDatabase, newSqliteUrl } from "./support/test-databases.js";

afterEach(stopAll);

const patience = { absenceGapMs: 100 };
const post = "POST /customer";
const lost: SandboxFault = { route: post, kind: "reset", when: "after" };
const blind = (times: number): SandboxFault => ({ route: "GET /customer", kind: "answer", status: 503, times });

const mutation = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id status country firstName } replayed userErrors { code } }
}`;

type Provider = Parameters<typeof callProvider>[0];

async function idsAt(provider: Provider, email: string): Promise<string[]> {
  const path = `/customer?email=${encodeURIComponent(email)}`;
  return (await callProvider<{ data: { id: string }[] }>(provider, "GET", path)).data.map(({ id }) => id);
}

test("an accepted customer with an unknown status and without country and names is PENDING, with the rest of its input", async () => {
  const { client, provider } = await startTestGateway({ patience });
  const body = { message: "Created.", data: { id: unique("c"), verification_status: "IN_REVIEW" } };
  provider.failNext({ route: post, kind: "answer", status: 201, body });
  const { data } = await client.request(mutation, { input: customerInput() });
  const customer = { id: body.data.id, status: "PENDING", country: "NG", firstName: "Ada" };
  expect(data?.createCustomer).toEqual({ customer, replayed: false, userErrors: [] });
});

test("an answer with the id of another command's customer is not taken for the new one", async () => {
  const { client, provider } = await startTestGateway({ patience });
  const other = await client.createCustomer({});
  provider.failNext({ route: post, kind: "answer", status: 201, body: { data: { id: other.customer.id } } });
  const input = customerInput({ idempotencyKey: unique("k") });
  const { customer } = await client.createCustomer(input);
  expect(await idsAt(provider, input.email)).toEqual([customer.id]);
  expect(customer.id).not.toBe(other.customer.id);
});

test("a customer that is older than the command is not taken for the lost one", async () => {
  const stateFile = (await newSqliteUrl()).slice("sqlite:".length);
  const { sandbox: provider } = await startSandboxClient({ stateFile });
  const { client } = await startTestGateway({ config: knowing(provider), patience });
  const input = customerInput({ idempotencyKey: unique("k") });
  const old = await createCustomerAtProvider(provider, { email: input.email, id_number: input.idNumber });
  const state = new SqliteDatabase(stateFile);
  state.prepare("UPDATE customers SET record = json_set(record, '$.createdAt', ?)").run(Date.now() - 600_000);
  state.close();
  provider.failNext({ route: post, kind: "reset", when: "before" });
  const { customer } = await client.createCustomer(input);
  expect((await idsAt(provider, input.email)).sort()).toEqual([old, customer.id].sort());
  expect(customer.id).not.toBe(old);
});

test("of several customers that fit, the oldest is taken", async () => {
  const { client, provider } = await startTestGateway({ patience });
  const input = customerInput({ idempotencyKey: unique("k") });
  const fields = { email: input.email, id_number: input.idNumber };
  const oldest = await createCustomerAtProvider(provider, fields);
  await createCustomerAtProvider(provider, fields);
  provider.failNext({ route: post, kind: "reset", when: "before" });
  expect((await client.createCustomer(input)).customer.id).toBe(oldest);
});

test("of two tenants with the same person, each gets the customer that it created", async () => {
  const gateway = await startAuthenticatedGateway({ patience });
  const { provider } = gateway;
  const clientOf = async (tenant: string) => {
    const { authorization } = await gateway.keyOf(tenant);
    return new TestClient(gateway.gateway.url, authorization.replace("Bearer ", ""));
  };
  const [acme, globex] = [await clientOf("acme"), await clientOf("globex")];
  const input = customerInput({ idempotencyKey: unique("k") });
  const first = await acme.createCustomer(input);
  provider.failNext({ ...lost, when: "before" });
  const second = await globex.createCustomer(input);
  provider.failNext(lost);
  const third = await globex.createCustomer({ ...input, idempotencyKey: unique("k") });
  const ids = [first, second, third].map(({ customer }) => customer.id);
  expect(new Set(ids).size).toBe(3);
  expect((await idsAt(provider, input.email)).sort()).toEqual(ids.sort());
  await Promise.all([acme.stop(), globex.stop()]);
});

test("a customer that was imported for the operator while its response was lost goes to the tenant that created it", async () => {
  const gateway = await startAuthenticatedGateway({ patience });
  const { provider } = gateway;
  const clientOf = async (tenant: string, operator = false) => {
    const { authorization } = await gateway.keyOf(tenant, ...(operator ? [["operator" as const]] : []));
    return new TestClient(gateway.gateway.url, authorization.replace("Bearer ", ""));
  };
  const [acme, operator] = [await clientOf("acme"), await clientOf("operator", true)];
  provider.failNext(lost);
  provider.failNext(blind(6));
  const input = customerInput({ idempotencyKey: unique("k") });
  const creating = acme.createCustomer(input);
  const [id] = await eventually(async () => {
    const ids = await idsAt(provider, input.email).catch(() => []);
    return ids.length > 0 && ids;
  });
  const seen = await operator.request("query ($id: ID!) { customer(id: $id) { id } }", { id });
  expect(seen.data?.customer).toEqual({ id });
  expect((await creating).customer.id).toBe(id);
  const { customer } = await acme.run("query ($id: ID!) { customer(id: $id) { id statusChanges { source } } }", { id });
  expect(customer).toMatchObject({ id, statusChanges: [{}] });
  await Promise.all([acme.stop(), operator.stop()]);
});

test("a command that was under way when its process ended is taken up by the next one, and its key returns the customer", async () => {
  const { sandbox: provider } = await startSandboxClient();
  const config = { databaseUrl: await newSqliteUrl(), ...knowing(provider) };
  const before = await startTestGateway({ config, patience: { ...patience, answerWithinMs: 100 } });
  provider.failNext(lost);
  provider.failNext(blind(6));
  const input = customerInput({ idempotencyKey: unique("k") });
  const { errors } = await before.client.request(mutation, { input });
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
  await before.stop();
  const { client } = await startTestGateway({ config, patience });
  for (;;) {
    const { data } = await client.request(mutation, { input });
    if (!data) continue;
    const { customer, replayed } = data.createCustomer;
    expect(replayed).toBe(true);
    expect(await idsAt(provider, input.email)).toEqual([customer.id]);
    break;
  }
  expect(provider.received(post)).toHaveLength(1);
});

test("a due time and a lease that a wrong clock set far ahead do not stop a command", async () => {
  const { sandbox: provider } = await startSandboxClient();
  const databaseUrl = await newSqliteUrl();
  const config = { databaseUrl, ...knowing(provider) };
  const before = await startTestGateway({ config, patience: { ...patience, answerWithinMs: 100 } });
  provider.failNext(lost);
  provider.failNext(blind(3));
  const input = customerInput({ idempotencyKey: unique("k") });
  await before.client.request(mutation, { input });
  await before.stop();
  const { db, close } = await openDatabase(databaseUrl);
  const hourAhead = Date.now() + 3_600_000;
  await db.updateTable("intents").set({ next_attempt_at: hourAhead, lease_until: hourAhead }).execute();
  await close();
  const { client } = await startTestGateway({ config, patience });
  const found = await eventually(async () => (await client.run("{ customers { nodes { id } } }")).customers.nodes[0]);
  expect(await idsAt(provider, input.email)).toEqual([found.id]);
});

forEachDatabase(
  (_name, _open, newUrl) => {
    async function startTwoNodes() {
      const { sandbox: provider } = await startSandboxClient();
      const databaseUrl = await newUrl();
      const config = { databaseUrl, ...knowing(provider) };
      const nodes = [
        await startTestGateway({ config, patience }),
        await startTestGateway({ config, patience }),
      ] as const;
      return { provider, databaseUrl, nodes };
    }

    test("two nodes with one key at once make one customer, whose response was lost", async () => {
      const { provider, nodes } = await startTwoNodes();
      provider.failNext(lost);
      const input = customerInput({ idempotencyKey: unique("k") });
      const made = await Promise.all(nodes.flatMap(({ client }) => [0, 1, 2].map(() => client.createCustomer(input))));
      const ids = new Set(made.map(({ customer }) => customer.id));
      expect([...ids]).toEqual(await idsAt(provider, input.email));
      expect(provider.received(post)).toHaveLength(1);
    });

    test("a node that lost its lease before its bytes went out does not send them", async () => {
      const { provider, databaseUrl, nodes } = await startTwoNodes();
      provider.failNext({ route: "POST /oauth/token", kind: "delay", delayMs: 1_500 });
      const input = customerInput({ idempotencyKey: unique("k") });
      const creating = nodes[0].client.createCustomer(input);
      await eventually(async () => provider.received("POST /oauth/token").length === 1);
      const { db, close } = await openDatabase(databaseUrl);
      await db.updateTable("intents").set({ lease_until: 0, next_attempt_at: 0 }).execute();
      await close();
      const { customer } = await creating;
      expect(await idsAt(provider, input.email)).toEqual([customer.id]);
      // It waits for the same token: by then the first sending had its turn.
      await nodes[0].client.createCustomer({});
      const sent = provider.received(post).map(({ body }) => (body as { email: string }).email);
      expect(sent.filter((email) => email === input.email)).toHaveLength(1);
    });

    test("a second customer of one command is reported to operators, and callers keep the first", async () => {
      const { provider, databaseUrl, nodes } = await startTwoNodes();
      const [{ client, gateway }] = nodes;
      provider.failNext({ route: post, kind: "delay", delayMs: 800 });
      const idempotencyKey = unique("k");
      const input = customerInput({ idempotencyKey });
      const creating = client.createCustomer(input);
      await eventually(async () => provider.received(post).length === 1);
      // As another node does that sent again meanwhile.
      const first = await nodes[1].client.createCustomer({});
      const { db, close } = await openDatabase(databaseUrl);
      await db
        .updateTable("intents")
        .set({ state: "DONE", subject_id: first.customer.id })
        .where("idempotency_key", "=", idempotencyKey)
        .execute();
      await close();
      expect((await creating).customer.id).toBe(first.customer.id);
      await eventually(async () => (await idsAt(provider, input.email)).length === 1);
      await eventually(async () =>
        (await gateway.metrics.registry.metrics()).includes("payout_gateway_duplicate_customers_total 1"),
      );
    });
  },
  ["PostgreSQL"],
);
