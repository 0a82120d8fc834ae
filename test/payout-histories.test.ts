// Histories in which a payment was once reported wrongly. Each ends with what the provider has.

import { eventually } from "./support/eventually.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./support/start-test-gateway.js";
import { readLog, statusesIn } from "./support/status-log.js";
import { unique } from "./support/test-client.js";

const patience = { absenceGapMs: 150, lateAcceptanceMs: 2_000, circuitOpenMs: 0 };

function start({ sandbox, ...options }: TestGatewayOptions = {}): Promise<TestGateway> {
  return startTestGateway({ patience, sandbox: { payoutStepDelayMs: 600_000, ...sandbox }, ...options });
}

/** A verified customer, on an account where a look-up by reference has found a pending payment. */
async function learnedCustomer({ client, provider }: TestGateway): Promise<string> {
  const { id } = await client.verifiedCustomer();
  await client.createPayout({ customerId: id });
  await eventually(async () => provider.received("GET /transaction/{id}").length > 0);
  return id;
}

const control = ({ provider }: TestGateway, path: string, body: unknown) =>
  fetch(`${provider.url}/_sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const bookedUnder = ({ provider }: TestGateway, reference: string) =>
  provider.transactions().filter(({ merchantReference }) => merchantReference === reference);

/** What the provider tells of a booked payment, signed. */
async function announce(gateway: TestGateway, reference: string, status: string, fields: Record<string, unknown> = {}) {
  const [booked] = bookedUnder(gateway, reference);
  const { status: code } = await deliver(
    { gateway: gateway.gateway, secret: gateway.provider.signingSecret },
    {
      transaction_id: booked?.id,
      merchant_reference: reference,
      transaction_status: status,
      type: "payout",
      event_id: unique("e"),
      ...fields,
    },
  );
  expect(code).toBe(200);
}

test.each([
  ["422 without errors", 422, { message: "The payout cannot be made." }],
  ["409", 409, { message: "Conflict" }],
  ["Insufficient funds.", 400, { message: "Insufficient funds." }],
])(
  "a payment that is not listed for a while is never FAILED by the second sending's %s",
  async (_name, status, body) => {
    const gateway = await start();
    const { client, provider } = gateway;
    const customerId = await learnedCustomer(gateway);
    await control(gateway, "reads", { hidden_ms: 700 });
    provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
    provider.failNext({ route: "POST /payout", kind: "answer", when: "before", status, body });
    const input = { customerId, idempotencyKey: unique("k"), note: "test-webhook-lost" };
    const { payout } = await client.createPayout(input);
    expect(payout.status).toBe("UNCONFIRMED");
    await client.payoutReaching(payout.id, "PENDING");
    expect(statusesIn(await readLog(client), payout.id)).not.toContain("FAILED");
    expect(bookedUnder(gateway, payout.merchantReference)).toHaveLength(1);
    expect(await client.createPayout(input)).toMatchObject({
      payout: { id: payout.id, status: "PENDING" },
      userErrors: [],
    });
  },
);

test("a payout that a webhook moves during its second look-up is not sent again", async () => {
  const gateway = await start();
  const { client, provider } = gateway;
  const customerId = await learnedCustomer(gateway);
  const lookUps = () => provider.received("GET /transaction/{id}").length;
  const before = lookUps();
  await control(gateway, "reads", { hidden_ms: 600_000 });
  provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  await eventually(async () => lookUps() === before + 1);
  // The second look-up finds nothing, and its answer takes longer than the webhook.
  provider.failNext({ route: "GET /transaction/{id}", kind: "delay", delayMs: 700 });
  await eventually(async () => lookUps() === before + 2);
  await announce(gateway, payout.merchantReference, "PENDING");
  await client.payoutReaching(payout.id, "PENDING");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(
    provider.received("POST /payout").filter(({ rawBody }) => rawBody.includes(payout.merchantReference)),
  ).toHaveLength(1);
  expect(statusesIn(await readLog(client), payout.id)).toEqual(["SUBMITTING", "UNCONFIRMED", "PENDING"]);
});

test("a rejection that the provider takes back is gone from the key too", async () => {
  const gateway = await start();
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  // The provider accepts it, and says that it did not.
  provider.failNext({ route: "POST /payout", kind: "answer", when: "after", status: 422, body: { message: "No." } });
  const input = { customerId, idempotencyKey: unique("k"), note: "test-webhook-lost" };
  expect(await client.createPayout(input)).toMatchObject({ payout: null, userErrors: [{ code: "PROVIDER_REJECTED" }] });
  expect(await client.createPayout(input)).toMatchObject({ payout: null, userErrors: [{ code: "PROVIDER_REJECTED" }] });
  const [booked] = provider.transactions();
  await announce(gateway, booked?.merchantReference as string, "PENDING");
  const { payoutByIdempotencyKey: payout } = await client.run(
    "query ($key: ID!) { payoutByIdempotencyKey(idempotencyKey: $key) { id } }",
    { key: input.idempotencyKey },
  );
  await client.payoutReaching(payout.id, "PENDING");
  expect(await client.createPayout(input)).toMatchObject({
    payout: { id: payout.id, status: "PENDING", transactionId: booked?.id },
    replayed: true,
    userErrors: [],
  });
});

test("on an account that does not return references, a webhook ends a payout whose response was lost", async () => {
  const gateway = await start({ sandbox: { keepsMerchantReference: false, payoutStepDelayMs: 200 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
  const { payout } = await client.createPayout({ customerId });
  expect(payout.status).toBe("UNCONFIRMED");
  const settled = await client.payoutReaching(payout.id, "SUCCESSFUL", "transactionId");
  expect(settled.transactionId).toBe(provider.transactions()[0]?.id);
  expect(provider.received("POST /payout")).toHaveLength(1);
});

test("one key has one reference, also after its payout was released and paid with other words", async () => {
  const gateway = await start({ patience: { ...patience, answerWithinMs: 300 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const token = { route: "POST /oauth/token", kind: "answer", status: 503, times: 1_000 } as const;
  await control(gateway, "faults", token);
  provider.failNext({ route: "POST /payout", kind: "answer", status: 401, body: { message: "Expired." } });
  const key = unique("k");
  await expect(client.createPayout({ customerId, idempotencyKey: key })).rejects.toThrow("PROVIDER_UNAVAILABLE");
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
  const { payout } = await client.createPayout({ customerId, idempotencyKey: key, note: "other words" });
  expect(payout.status).toBe("PENDING");
  expect(payout.merchantReference).toMatch(/^gw-[0-9a-f]{40}$/);
  const { payouts } = await client.run("{ payouts { nodes { status merchantReference } } }");
  expect(payouts.nodes).toEqual([
    { status: "PENDING", merchantReference: payout.merchantReference },
    { status: "FAILED", merchantReference: null },
  ]);
  expect(provider.transactions()).toHaveLength(1);
});
