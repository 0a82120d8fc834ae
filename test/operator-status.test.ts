import { eventually } from "./support/eventually.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway } from "./support/start-test-gateway.js";

const query = `{
  operatorStatus {
    budget { windows { limit used seconds } pausedForSeconds waiting nodes isShared }
    unconfirmedPayouts
    parkedWebhookEvents
    reconciliation { kind found count }
  }
}`;

test("operatorStatus tells the provider's budget as the last call left it", async () => {
  const { client } = await startTestGateway({ config: { providerRateLimit: "50/1m,700/1h" } });
  const before = (await client.run(query)).operatorStatus.budget;
  expect(before).toMatchObject({ pausedForSeconds: 0, waiting: 0, nodes: 1, isShared: true });
  expect(before.windows).toMatchObject([{ limit: 50 }, { limit: 700 }]);
  expect(before.windows[0].seconds).toBeGreaterThanOrEqual(60);
  await client.createCustomer();
  const after = (await client.run(query)).operatorStatus.budget;
  for (const index of [0, 1]) expect(after.windows[index].used).toBeGreaterThan(before.windows[index].used);
});

test("operatorStatus counts the payouts whose answers were lost, and the events that are parked", async () => {
  const gateway = await startTestGateway({ patience: { absenceGapMs: 60_000 } });
  const { client, provider } = gateway;
  const customer = await client.verifiedCustomer();
  provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
  provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 1_000 });
  const { payout } = await client.createPayout({ customerId: customer.id, note: "test-webhook-lost" });
  expect(payout.status).toBe("UNCONFIRMED");
  await deliver(
    { gateway: gateway.gateway, secret: provider.signingSecret },
    { type: "weather.changed", event_id: "e" },
  );
  const status = await eventually(async () => {
    const { operatorStatus } = await client.run(query);
    return operatorStatus.parkedWebhookEvents === 1 && operatorStatus;
  });
  expect(status).toMatchObject({ unconfirmedPayouts: 1, parkedWebhookEvents: 1 });
});

test("operatorStatus tells what reconciliation found", async () => {
  const { client } = await startTestGateway({ config: { reconcileMs: 100 } });
  const customer = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId: customer.id, note: "test-webhook-lost" });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const moved = await eventually(async () => {
    const { reconciliation } = (await client.run(query)).operatorStatus;
    return reconciliation.find(({ found }: { found: string }) => found === "moved");
  });
  expect(moved).toMatchObject({ kind: expect.stringMatching(/^(payout|delivery)$/), count: expect.any(Number) });
});
