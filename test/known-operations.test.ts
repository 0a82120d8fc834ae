// A query is run past the server's pipeline, and an answer to which nothing was written is given again.
// Neither may show: not in a byte, and not in what is fresh.

import { assignCustomer } from "../src/store/tenant.queries.js";
import { type KeyedGateway, startKeyedGateway } from "./support/credentials.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import type { TestClient } from "./support/test-client.js";
import { forEachDatabase, newSqliteUrl, openTestDatabase, sharedKinds } from "./support/test-databases.js";

interface Way {
  server: number;
  plan: number;
  kept: number;
}

async function ways({ gateway }: Pick<TestGateway, "gateway">): Promise<Way> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const of = (by: string) =>
    Number(new RegExp(`^payout_gateway_queries_total\\{by="${by}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return { server: of("server"), plan: of("plan"), kept: of("kept") };
}

async function answerOf(client: TestClient, body: unknown, headers: Record<string, string>) {
  return told(await client.post(body, headers));
}

/** What is asked by GET is answered by the server alone. */
async function serverAnswerOf({ gateway }: TestGateway, body: object, headers: Record<string, string>) {
  const parameters = Object.entries(body).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const url = `${gateway.url}/graphql?${new URLSearchParams(parameters)}`;
  return told(await fetch(url, { headers: { "apollo-require-preflight": "yes", ...headers } }));
}

async function told(response: Response) {
  const { "x-request-id": requestId, date, ...others } = Object.fromEntries(response.headers);
  const text = await response.text();
  return { status: response.status, headers: others, text: text.replaceAll(requestId as string, "REQUEST") };
}

const one = "query One($id: ID!) { customer(id: $id) { id name email status cursor documents { id } } }";

test("the server, the operation alone, its compiled plan and the kept answer say the same to the byte", async () => {
  const gateway = await startTestGateway();
  const { client } = gateway;
  const { id } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId: id });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const page =
    "{ customers { totalCount nodes { id payouts { edges { cursor node { id amount { amount currency } } } } } } }";
  const corpus: [string, object][] = [
    ["an object", { query: one, variables: { id } }],
    ["one that is not there", { query: one, variables: { id: "nobody" } }],
    ["a page", { query: page }],
    ["a page with nothing on it", { query: "{ payouts(filter: { status: [FAILED] }) { totalCount nodes { id } } }" }],
    [
      "aliases, fragments and directives",
      {
        query: `query Q($is: Boolean!) { a: payout(id: "${payout.id}") { ...P } b: payout(id: "${payout.id}") { ...P statusChanges { __typename cursor } } }
        fragment P on Payout { id status note @skip(if: $is) customer @include(if: $is) { name } recipient { accountName } }`,
        variables: { is: true },
      },
    ],
    [
      "one of two operations",
      { query: "query A { __typename } query B { customers { totalCount } }", operationName: "B" },
    ],
    [
      "a name that is none",
      { query: "query A { __typename } query B { customers { totalCount } }", operationName: "C" },
    ],
    ["a variable of the wrong type", { query: one, variables: { id: { not: "an id" } } }],
    ["a variable that is missing", { query: one, variables: {} }],
    ["a variable too many", { query: one, variables: { id, other: 1 } }],
    ["a page of the wrong size", { query: "{ customers(first: 0) { totalCount } }" }],
    ["a cursor of another list", { query: '{ a: customers(after: "x") { totalCount } b: payouts { totalCount } }' }],
    [
      "an error beside data",
      { query: `{ customer(id: "${id}") { name statusChanges(after: "x") { cursor } } payouts { totalCount } }` },
    ],
    [
      "an error at something nullable",
      { query: `query { payout(id: "${payout.id}") { id } payoutByTransaction(transactionId: "a/b") { id } }` },
    ],
    ["what is invalid", { query: "{ nothing }" }],
    ["what cannot be parsed", { query: "{" }],
    ["what is read from the provider", { query: "{ currencies { code } }" }],
    ["the schema", { query: "{ __schema { queryType { name } } __typename }" }],
    ["statistics", { query: "{ payoutStatistics { totals { count } } }" }],
  ];
  const accepts: Record<string, string>[] = [
    {},
    { accept: "application/graphql-response+json" },
    { accept: "application/json" },
    { accept: "application/graphql-response+json, application/json;q=0.9" },
    { accept: "text/html" },
  ];
  for (const [name, body] of corpus) {
    for (const headers of accepts) {
      // A document that was not met yet, of the same bytes in everything that the answer can show.
      const marked = { ...body, query: `${(body as { query: string }).query}\n#${name}${headers.accept}` };
      const mark = JSON.stringify(marked);
      const first = await answerOf(client, mark, headers);
      const second = await answerOf(client, mark, headers);
      const third = await answerOf(client, mark, headers);
      const fourth = await answerOf(client, mark, headers);
      expect([name, headers, await serverAnswerOf(gateway, marked, headers)]).toEqual([name, headers, first]);
      expect([name, headers, second]).toEqual([name, headers, first]);
      expect([name, headers, third]).toEqual([name, headers, first]);
      expect([name, headers, fourth]).toEqual([name, headers, first]);
    }
  }
  const { plan, kept } = await ways(gateway);
  expect(plan).toBeGreaterThan(30);
  expect(kept).toBeGreaterThan(15);
});

async function warm(client: TestClient, query: string, variables: Record<string, unknown> = {}) {
  for (let time = 0; time < 3; time += 1) await client.run(query, variables);
}

test("an answer is kept until something of its customer is written, and no longer", async () => {
  const gateway = await startTestGateway();
  const { client } = gateway;
  const { id } = (await client.createCustomer()).customer;
  const { id: other } = (await client.createCustomer()).customer;
  const update = async (customerId: string, email: string) => {
    const { updateCustomer } = await client.run(
      "mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) { userErrors { message } } }",
      { input: { customerId, email } },
    );
    expect(updateCustomer.userErrors).toEqual([]);
  };
  await warm(client, one, { id });
  const before = await ways(gateway);
  await client.run(one, { id });
  expect(await ways(gateway)).toEqual({ ...before, kept: before.kept + 1 });
  // Of somebody else: the answer stands.
  await update(other, "grace@example.com");
  const between = await ways(gateway);
  await client.run(one, { id });
  expect(await ways(gateway)).toEqual({ ...between, kept: between.kept + 1 });
  await update(id, "mary@example.com");
  expect((await client.run(one, { id })).customer.email).toBe("mary@example.com");
});

test("the answer to what comes for the first time is not kept, and to what comes again it is", async () => {
  const gateway = await startTestGateway({ config: { databaseUrl: await newSqliteUrl() } });
  const { client } = gateway;
  const { id } = await client.verifiedCustomer();
  await warm(client, one, { id });
  for (const mark of [1, 2]) {
    const before = await ways(gateway);
    for (let time = 0; time < 5; time += 1) await client.run(one, { id, mark });
    const after = await ways(gateway);
    expect([after.server - before.server, after.plan - before.plan, after.kept - before.kept]).toEqual([0, 2, 3]);
  }
});

test("what is not there yet is asked for again", async () => {
  const { client } = await startTestGateway();
  const { id } = await client.verifiedCustomer();
  const empty = "query ($id: ID!) { customer(id: $id) { payouts { totalCount nodes { id } } } payouts { totalCount } }";
  const byKey = "query ($id: ID!) { payout(id: $id) { id } }";
  await warm(client, empty, { id });
  await warm(client, byKey, { id: "later" });
  const { payout } = await client.createPayout({ customerId: id });
  const answer = await client.run(empty, { id });
  expect(answer.customer.payouts).toEqual({ totalCount: 1, nodes: [{ id: payout.id }] });
  expect(answer.payouts.totalCount).toBe(1);
});

test("every caller gets an answer of its own sight", async () => {
  const gateway = await startKeyedGateway();
  const [shop, bank] = [await gateway.clientOf("shop"), await gateway.clientOf("bank")];
  const blind = await gateway.clientOf("shop", ["customers:read", "payouts:read"]);
  const { id } = await shop.verifiedCustomer();
  const { payout } = await shop.createPayout({ customerId: id });
  await shop.payoutReaching(payout.id, "SUCCESSFUL");
  const query = "query ($id: ID!) { payout(id: $id) { id recipient { accountNumber } } payouts { totalCount } }";
  for (let time = 0; time < 3; time += 1) {
    const own = await shop.run(query, { id: payout.id });
    expect(own.payout.recipient.accountNumber).toMatch(/^\d{10}$/);
    expect(own.payouts.totalCount).toBe(1);
    const masked = await blind.run(query, { id: payout.id });
    expect(masked.payout.recipient.accountNumber).not.toBe(own.payout.recipient.accountNumber);
    expect(await bank.run(query, { id: payout.id })).toEqual({ payout: null, payouts: { totalCount: 0 } });
  }
});

forEachDatabase((_name, _open, newUrl) => {
  async function startPair(): Promise<[KeyedGateway, KeyedGateway, string]> {
    const databaseUrl = await newUrl();
    const one = await startKeyedGateway({ databaseUrl });
    return [one, await startKeyedGateway({ databaseUrl }), databaseUrl];
  }

  test("what another node wrote is seen by the very next read", async () => {
    const [writing, reading, databaseUrl] = await startPair();
    const database = await openTestDatabase(databaseUrl);
    const { id } = await (await writing.clientOf("shop")).verifiedCustomer();
    const [shop, bank] = [await reading.clientOf("shop"), await reading.clientOf("bank")];
    const list = "{ customers { totalCount } }";
    for (let round = 0; round < 20; round += 1) {
      const [owner, stranger] = round % 2 === 0 ? [bank, shop] : [shop, bank];
      await assignCustomer(database, id, round % 2 === 0 ? "bank" : "shop");
      expect((await stranger.run(one, { id })).customer).toBeNull();
      expect((await owner.run(one, { id })).customer.id).toBe(id);
      expect((await owner.run(list)).customers.totalCount).toBe(1);
      expect((await stranger.run(list)).customers.totalCount).toBe(0);
      await warm(owner, one, { id });
      await warm(owner, list);
      await warm(stranger, list);
    }
    expect((await ways(reading)).kept).toBeGreaterThan(20);
  });

  test("more changes than are noted leave no old answer behind", async () => {
    const [writing, reading, databaseUrl] = await startPair();
    const database = await openTestDatabase(databaseUrl);
    const { id } = await (await writing.clientOf("shop")).verifiedCustomer();
    const shop = await reading.clientOf("shop");
    await warm(shop, one, { id });
    await database.db.updateTable("customers").set({ email: "new@example.com" }).where("id", "=", id).execute();
    for (let written = 0; written < 1_050; written += 50) {
      await database.transaction(async (tx) => {
        for (let row = 0; row < 50; row += 1) {
          await tx
            .updateTable("customers")
            .set({ as_of: written + row })
            .where("id", "=", "nobody")
            .execute();
          await tx
            .updateTable("log_head")
            .set((eb) => ({ revision: eb("revision", "+", 1) }))
            .execute();
        }
      });
    }
    expect((await shop.run(one, { id })).customer.email).toBe("new@example.com");
  });
}, sharedKinds);
