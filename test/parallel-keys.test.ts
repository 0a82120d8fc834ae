import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog } from "./support/status-log.js";
import { unique } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

afterEach(stopAll);

const calls = Array.from({ length: 50 }, (_, index) => index);

/** All calls at once, shared out between the nodes. */
async function payAtOnce(nodes: TestGateway[], input: Record<string, unknown>) {
  return Promise.all(calls.map((call) => (nodes[call % nodes.length] as TestGateway).client.createPayout(input)));
}

function summaryOf(answers: Awaited<ReturnType<typeof payAtOnce>>) {
  return {
    ids: new Set(answers.map(({ payout }) => payout?.id)).size,
    replays: answers.filter(({ replayed }) => replayed).length,
    userErrors: answers.flatMap(({ userErrors }) => userErrors),
  };
}

test("50 calls with one key at the same time make one payout, and 49 of them are told so", async () => {
  const node = await startTestGateway();
  const { id: customerId } = await node.client.verifiedCustomer();
  const answers = await payAtOnce([node], { customerId, idempotencyKey: unique("k") });
  expect(summaryOf(answers)).toEqual({ ids: 1, replays: 49, userErrors: [] });
  expect(node.provider.received("POST /payout")).toHaveLength(1);
  expect(node.provider.transactions()).toMatchObject([{ merchantReference: answers[0]?.payout.merchantReference }]);
});

test("50 calls with one key wait for a slow provider, and none of them sends a second time", async () => {
  const node = await startTestGateway({ sandbox: { payoutStepDelayMs: 60_000 } });
  const { id: customerId } = await node.client.verifiedCustomer();
  node.provider.failNext({ route: "POST /payout", kind: "delay", delayMs: 700 });
  const answers = await payAtOnce([node], { customerId, idempotencyKey: unique("k") });
  expect(summaryOf(answers)).toEqual({ ids: 1, replays: 49, userErrors: [] });
  expect(new Set(answers.map(({ payout }) => payout.status))).toEqual(new Set(["PENDING"]));
  expect(node.provider.received("POST /payout")).toHaveLength(1);
});

test("50 calls with one key are all told of the one refusal", async () => {
  const node = await startTestGateway();
  const { id: customerId } = await node.client.verifiedCustomer();
  const input = { customerId, idempotencyKey: unique("k"), note: "test-insufficient-funds" };
  const answers = await payAtOnce([node], input);
  expect(answers.map(({ payout, userErrors }) => [payout, userErrors[0].code])).toEqual(
    calls.map(() => [null, "INSUFFICIENT_FUNDS"]),
  );
  expect(answers.filter(({ replayed }) => replayed)).toHaveLength(49);
  expect(node.provider.received("POST /payout")).toHaveLength(1);
});

// An SQLite file belongs to one process.
forEachDatabase(
  (_name, _open, newUrl) => {
    async function startTwoNodes() {
      const { sandbox: provider } = await startSandboxClient({ payoutStepDelayMs: 60_000, reviewDelayMs: 50 });
      const config = { databaseUrl: await newUrl(), ...knowing(provider) };
      const nodes = [await startTestGateway({ config }), await startTestGateway({ config })] as const;
      provider.setWebhookUrl(`${nodes[0].gateway.url}/webhooks`);
      const { id: customerId } = await nodes[0].client.verifiedCustomer();
      return { provider, nodes, customerId };
    }

    test("two nodes that share 50 calls with one key make one payout", async () => {
      const { provider, nodes, customerId } = await startTwoNodes();
      const answers = await payAtOnce([...nodes], { customerId, idempotencyKey: unique("k") });
      expect(summaryOf(answers)).toEqual({ ids: 1, replays: 49, userErrors: [] });
      expect(provider.received("POST /payout")).toHaveLength(1);
      expect(provider.transactions()).toHaveLength(1);
      expect(faultsOf(await readLog(nodes[1].client))).toEqual([]);
    });

    test("two nodes that share 50 calls with 10 keys make 10 payouts", async () => {
      const { provider, nodes, customerId } = await startTwoNodes();
      const keys = Array.from({ length: 10 }, () => unique("k"));
      const answers = await Promise.all(
        calls.map((call) => {
          const { client } = nodes[call % 2] as TestGateway;
          return client.createPayout({ customerId, idempotencyKey: keys[Math.floor(call / 5)] });
        }),
      );
      expect(summaryOf(answers)).toEqual({ ids: 10, replays: 40, userErrors: [] });
      expect(provider.received("POST /payout")).toHaveLength(10);
      expect(provider.transactions()).toHaveLength(10);
      expect(faultsOf(await readLog(nodes[0].client))).toEqual([]);
    });

    test("a payout whose answer was lost on one node is settled once by the two of them", async () => {
      const { provider, nodes, customerId } = await startTwoNodes();
      const { payout: first } = await nodes[0].client.createPayout({ customerId });
      // The first accepted payout is looked up once, to learn what a look-up by reference proves on this account.
      await eventually(async () => provider.received("GET /transaction/{id}").length === 1);
      await nodes[0].client.payoutReaching(first.id, "PENDING");
      provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
      const { payout } = await nodes[0].client.createPayout({ customerId });
      expect(payout.status).toBe("UNCONFIRMED");
      await nodes[1].client.payoutReaching(payout.id, "PENDING");
      expect(provider.received("POST /payout")).toHaveLength(2);
      expect(provider.received("GET /transaction/{id}")).toHaveLength(2);
      expect(faultsOf(await readLog(nodes[1].client))).toEqual([]);
    });
  },
  ["PostgreSQL"],
);
