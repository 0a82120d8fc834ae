import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { createCustomerAtProvider, moveCustomer } from "./support/provider-calls.js";
import { createVerifiedCustomer, ngnPayout, startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog } from "./support/status-log.js";
import { newSqliteUrl } from "./support/test-databases.js";

afterEach(stopAll);

const customerCount = 40;
const payoutCount = 30;

/** An account that has been used for a while without a gateway. */
async function startUsedAccount() {
  const atProvider = await startSandboxClient({ payoutStepDelayMs: 60_000 });
  const { sandbox: provider, call } = atProvider;
  const payer = await createVerifiedCustomer(atProvider, "payer@example.com");
  for (let made = 1; made < customerCount; made += 1) {
    await createCustomerAtProvider(provider, { email: `customer${made}@example.com`, last_name: `Number ${made}` });
  }
  for (let made = 0; made < payoutCount; made += 1) {
    const { status } = await call("POST", "/payout", ngnPayout(payer, { merchant_reference: `order-${made}` }));
    expect(status).toBeLessThan(300);
  }
  return { provider, payer };
}

async function counts({ client }: TestGateway) {
  const { customers, payouts } = await client.run("{ customers { totalCount } payouts { totalCount } }");
  return { customers: customers.totalCount, payouts: payouts.totalCount };
}

const whole = { customers: customerCount, payouts: payoutCount };

function imported(gateway: TestGateway) {
  return eventually(async () => {
    const { customers, payouts } = await counts(gateway);
    return customers >= whole.customers && payouts >= whole.payouts;
  });
}

test("an account in use is taken over at the first start, and not again at the next", async () => {
  const { provider, payer } = await startUsedAccount();
  const config = { ...knowing(provider), databaseUrl: await newSqliteUrl(), reconcileMs: 100 };
  const first = await startTestGateway({ config });
  await imported(first);
  expect(await counts(first)).toEqual(whole);
  const { payouts, customer } = await first.client.run(
    `query ($id: ID!) {
      payouts(first: 1) { nodes { status merchantReference amount { amount currency } customer { id } } }
      customer(id: $id) { status name payouts { totalCount } }
    }`,
    { id: payer },
  );
  expect(payouts.nodes).toEqual([
    {
      status: "PENDING",
      merchantReference: expect.stringMatching(/^order-/),
      amount: { amount: "5000.00", currency: "NGN" },
      customer: { id: payer },
    },
  ]);
  expect(customer).toEqual({ status: "VERIFIED", name: "Ada Obi", payouts: { totalCount: payoutCount } });
  const log = await readLog(first.client);
  expect(log).toHaveLength(customerCount + payoutCount);
  expect(new Set(log.map(({ source }) => source))).toEqual(new Set(["RECONCILIATION"]));
  expect(faultsOf(log)).toEqual([]);
  // In pages: nothing was asked for one by one.
  expect(provider.received("GET /customer/{id}")).toHaveLength(0);
  const pages = () => provider.received("GET /customer").length + provider.received("POST /transaction").length;
  await first.stop();

  const before = pages();
  const second = await startTestGateway({ config });
  const readings = provider.received("GET /webhook-logs").length;
  await eventually(async () => provider.received("GET /webhook-logs").length > readings);
  expect(pages()).toBe(before);
  expect(await counts(second)).toEqual(whole);
});

test("an import that is stopped in the middle goes on where it was", async () => {
  const { provider } = await startUsedAccount();
  const config = {
    ...knowing(provider),
    databaseUrl: await newSqliteUrl(),
    reconcileMs: 100,
    providerTimeoutMs: 1_000,
  };
  // Two pages get through, the third never comes.
  provider.failNext({ route: "GET /customer", kind: "delay", delayMs: 0, times: 2 });
  provider.failNext({ route: "GET /customer", kind: "hang", when: "before", times: 1_000 });
  const first = await startTestGateway({ config });
  await eventually(async () => (await counts(first)).customers === 30);
  await eventually(async () => provider.received("GET /customer").length >= 3);
  await first.stop();
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });

  const seen = provider.received("GET /customer").length;
  const second = await startTestGateway({ config });
  await imported(second);
  expect(await counts(second)).toEqual(whole);
  const asked = provider.received("GET /customer").slice(seen);
  expect(asked.map(({ path }) => new URLSearchParams(path.split("?")[1]).get("page"))).toEqual(["3"]);
  expect(faultsOf(await readLog(second.client))).toEqual([]);
});

test("what clients ask for during the import, and what they make, is there once", async () => {
  const { provider, payer } = await startUsedAccount();
  provider.failNext({ route: "GET /customer", kind: "delay", delayMs: 150, times: 10 });
  const gateway = await startTestGateway({ config: { ...knowing(provider), reconcileMs: 100 } });
  provider.setWebhookUrl(`${gateway.gateway.url}/webhooks`);
  const { client } = gateway;
  const { customer } = await client.run("query ($id: ID!) { customer(id: $id) { status } }", { id: payer });
  expect(customer).toEqual({ status: "VERIFIED" });
  const { payout } = await client.createPayout({ customerId: payer });
  const made = await client.createCustomer();
  await moveCustomer(provider, made.customer.id, "VERIFIED");
  await eventually(async () => {
    const { customers, payouts } = await counts(gateway);
    return customers === customerCount + 1 && payouts === payoutCount + 1;
  });
  const log = await readLog(client);
  expect(faultsOf(log)).toEqual([]);
  expect(log.filter(({ id }) => id === payout.id).map(({ to }) => to)).toEqual(["SUBMITTING", "PENDING"]);
});

test("a provider that is away at the first start is imported when it is back", async () => {
  const { provider } = await startUsedAccount();
  provider.failNext({ route: "GET /customer", kind: "answer", status: 503, times: 3 });
  provider.failNext({ route: "POST /transaction", kind: "answer", status: 200, body: "<html></html>", times: 2 });
  const gateway = await startTestGateway({ config: { ...knowing(provider), reconcileMs: 100 } });
  await imported(gateway);
  expect(await counts(gateway)).toEqual(whole);
});
