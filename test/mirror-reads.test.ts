import { isLongRun } from "./support/long-tests.js";
import { createCustomerAtProvider } from "./support/provider-calls.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";

const routes = [
  "GET /customer",
  "GET /customer/{id}",
  "POST /transaction",
  "GET /transaction/{id}",
  "GET /wallet",
  "GET /currency",
  "POST /oauth/token",
];

function callsOf({ provider }: TestGateway): Record<string, number> {
  return Object.fromEntries(routes.map((route) => [route, provider.received(route).length]));
}

const page = `{
  customers(first: 20) {
    totalCount
    nodes { id name status asOf documents { status } payouts(first: 5) { nodes { id status customer { name } statusChanges { cursor } } } }
  }
}`;

const [lastsMs, everyMs] = isLongRun ? [60_000, 1_000] : [5_000, 100];

test(
  "50 clients that keep refreshing a page of 20 customers with their payouts ask nothing of the provider",
  async () => {
    const gateway = await startTestGateway();
    const { client, provider } = gateway;
    const { id: payer } = await client.verifiedCustomer();
    for (let made = 0; made < 3; made += 1) await client.createPayout({ customerId: payer });
    for (let made = 1; made < 20; made += 1) {
      const id = await createCustomerAtProvider(provider, { email: `customer${made}@example.com` });
      await client.run("query ($id: ID!) { customer(id: $id) { id } }", { id });
    }
    const { payouts } = await client.run("{ payouts { nodes { id } } }");
    for (const { id } of payouts.nodes) await client.payoutReaching(id, "SUCCESSFUL");

    const before = callsOf(gateway);
    const until = Date.now() + lastsMs;
    let refreshed = 0;
    const clients = Array.from({ length: 50 }, async () => {
      while (Date.now() < until) {
        const next = Date.now() + everyMs;
        const { customers } = await client.run(page);
        refreshed += 1;
        if (customers.nodes.length !== 20) throw new Error(`A page of ${customers.nodes.length}`);
        await new Promise((resolve) => setTimeout(resolve, Math.max(next - Date.now(), 0)));
      }
    });
    await Promise.all(clients);
    expect(refreshed).toBeGreaterThan(100);
    expect(callsOf(gateway)).toEqual(before);
  },
  lastsMs + 60_000,
);

test("50 clients that ask for the same unknown customer cost one call, and its absence is remembered", async () => {
  const gateway = await startTestGateway();
  const { client } = gateway;
  const ask = () => client.run("query ($id: ID!) { customer(id: $id) { id } }", { id: "nobody" });
  const first = await Promise.all(Array.from({ length: 50 }, ask));
  expect(new Set(first.map(({ customer }) => customer))).toEqual(new Set([null]));
  for (let again = 0; again < 20; again += 1) await ask();
  expect(gateway.provider.received("GET /customer/{id}")).toHaveLength(1);
});

test("50 clients that ask for the same unknown transaction cost one call, and it is there for all of them", async () => {
  const gateway = await startTestGateway();
  const { client, provider } = gateway;
  const ask = () => client.run(`{ payoutByTransaction(transactionId: "nothing") { id } }`);
  await Promise.all(Array.from({ length: 50 }, ask));
  await ask();
  expect(provider.received("GET /transaction/{id}")).toHaveLength(1);
});

test("50 clients that look at wallets and currencies for a second cost a call each", async () => {
  const gateway = await startTestGateway();
  const { client, provider } = gateway;
  const until = Date.now() + 1_000;
  const clients = Array.from({ length: 50 }, async () => {
    while (Date.now() < until) await client.run("{ wallets { id asOf } currencies { code asOf } }");
  });
  await Promise.all(clients);
  expect(provider.received("GET /wallet")).toHaveLength(1);
  expect(provider.received("GET /currency")).toHaveLength(1);
});
