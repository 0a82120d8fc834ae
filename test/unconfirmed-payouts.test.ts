import { eventually } from "./support/eventually.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { unique } from "./support/test-client.js";

const absenceGapMs = 300;
// Without its webhooks only a look-up can tell what became of a payout.
const note = "test-webhook-lost";

function startImpatient({ sandbox, config }: TestGatewayOptions = {}) {
  return startTestGateway({
    config: { providerTimeoutMs: 1_000, ...config },
    sandbox: { payoutStepDelayMs: 60_000, ...sandbox },
    patience: { absenceGapMs },
  });
}

/** A verified customer, at an account that is known to give references back. */
async function payableCustomer({ client }: TestGateway): Promise<string> {
  const { id: customerId } = await client.verifiedCustomer();
  expect(await client.createPayout({ customerId, note })).toMatchObject({ payout: { status: "PENDING" } });
  return customerId;
}

const lookUpsOf = ({ provider }: TestGateway, reference: string) =>
  provider.received("GET /transaction/{id}").filter(({ path }) => path.endsWith(reference));
const sendingsOf = ({ provider }: TestGateway, reference: string) =>
  provider
    .received("POST /payout")
    .filter(({ body }) => (body as { merchant_reference?: string }).merchant_reference === reference);
const bookedUnder = ({ provider }: TestGateway, reference: string) =>
  provider.transactions().filter(({ merchantReference }) => merchantReference === reference);

/** Sendings that end in every way but a proof, each with its payout. */
async function payWithFaults({ client, provider }: TestGateway, customerId: string, when: "before" | "after") {
  const faults = {
    "the connection breaks": { kind: "reset", when },
    "no answer comes": { kind: "hang", when },
    "a 500": { kind: "answer", when, status: 500 },
    "a proxy's page": { kind: "answer", when, status: 200, body: "<html></html>" },
    "cut off JSON": { kind: "answer", when, status: 200, body: '{"transaction":{"id":' },
    "a 429": { kind: "answer", when, status: 429, headers: { "retry-after": "1" } },
  } as const;
  const payouts: Record<string, { id: string; status: string; merchantReference: string }> = {};
  for (const [name, fault] of Object.entries(faults)) {
    provider.failNext({ route: "POST /payout", ...fault });
    payouts[name] = (await client.createPayout({ customerId, note })).payout;
    // Sent again while the next fault waits for a sending, it would take that one's.
    await client.payoutReaching(payouts[name]?.id as string, "PENDING");
  }
  return payouts;
}

function eachOf<T, R>(values: Record<string, T>, toResult: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toResult(value)]));
}

describe("a payout whose sending ended without proof", () => {
  test("is found by its reference where it was accepted, and never sent again", async () => {
    const gateway = await startImpatient();
    const customerId = await payableCustomer(gateway);
    const payouts = await payWithFaults(gateway, customerId, "after");
    expect(eachOf(payouts, ({ status }) => status)).toEqual(eachOf(payouts, () => "UNCONFIRMED"));

    const log = await readLog(gateway.client);
    const seen = eachOf(payouts, ({ id, merchantReference: reference }) => ({
      sendings: sendingsOf(gateway, reference).length,
      booked: bookedUnder(gateway, reference).length,
      statuses: statusesIn(log, id),
      source: log.findLast((change) => change.id === id)?.source,
    }));
    const statuses = ["SUBMITTING", "UNCONFIRMED", "PENDING"];
    expect(seen).toEqual(eachOf(payouts, () => ({ sendings: 1, booked: 1, statuses, source: "RECONCILIATION" })));
    expect(faultsOf(log)).toEqual([]);
  });

  test("is sent again, once, where two look-ups some time apart did not find it", async () => {
    const gateway = await startImpatient();
    const customerId = await payableCustomer(gateway);
    const payouts = await payWithFaults(gateway, customerId, "before");

    const log = await readLog(gateway.client);
    const seen = eachOf(payouts, ({ id, merchantReference: reference }) => {
      const sendings = sendingsOf(gateway, reference);
      const lookUps = lookUpsOf(gateway, reference).map(({ at }) => at.getTime());
      return {
        sendings: sendings.length,
        isSameBody: sendings[0]?.rawBody === sendings[1]?.rawBody,
        lookUps: lookUps.length,
        isApart: Number(lookUps[1]) - Number(lookUps[0]) >= absenceGapMs,
        isSentAfterwards: Number(sendings[1]?.at) >= Number(lookUps[1]),
        booked: bookedUnder(gateway, reference).length,
        statuses: statusesIn(log, id),
      };
    });
    const expected = {
      sendings: 2,
      isSameBody: true,
      lookUps: 2,
      isApart: true,
      isSentAfterwards: true,
      booked: 1,
      statuses: ["SUBMITTING", "UNCONFIRMED", "SUBMITTING", "PENDING"],
    };
    expect(seen).toEqual(eachOf(payouts, () => expected));
    expect(faultsOf(log)).toEqual([]);
  });

  test("answers its key at every moment with the one payout", async () => {
    const gateway = await startImpatient();
    const customerId = await payableCustomer(gateway);
    gateway.provider.failNext({ route: "POST /payout", kind: "reset", when: "before" });
    const input = { customerId, note, idempotencyKey: unique("k") };
    const { payout } = await gateway.client.createPayout(input);
    const statuses = new Set<string>();
    await eventually(async () => {
      const { payoutByIdempotencyKey: known } = await gateway.client.run(
        "query ($key: ID!) { payoutByIdempotencyKey(idempotencyKey: $key) { id status } }",
        { key: input.idempotencyKey },
      );
      expect(known.id).toBe(payout.id);
      statuses.add(known.status);
      return known.status === "PENDING";
    });
    expect(statuses).toContain("UNCONFIRMED");
    expect(await gateway.client.createPayout(input)).toMatchObject({
      payout: { id: payout.id, status: "PENDING" },
      replayed: true,
    });
  });

  test("may be accepted late, even after it was sent again: it is still booked once", async () => {
    const gateway = await startImpatient();
    const customerId = await payableCustomer(gateway);
    gateway.provider.failNext({ route: "POST /payout", kind: "delay", delayMs: 5_000 });
    const { payout } = await gateway.client.createPayout({ customerId, note });
    expect(payout.status).toBe("UNCONFIRMED");
    await gateway.client.payoutReaching(payout.id, "PENDING");
    expect(sendingsOf(gateway, payout.merchantReference)).toHaveLength(2);
    const [first] = sendingsOf(gateway, payout.merchantReference);
    await eventually(async () => Date.now() - (first as { at: Date }).at.getTime() > 5_200);
    expect(bookedUnder(gateway, payout.merchantReference)).toHaveLength(1);
  });

  test("is looked up where the second sending is told that its reference is taken", async () => {
    const gateway = await startImpatient();
    const customerId = await payableCustomer(gateway);
    gateway.provider.failNext({ route: "POST /payout", kind: "answer", when: "after", status: 502 });
    // It cannot be found at first, as when a list lags behind.
    gateway.provider.failNext({
      route: "GET /transaction/{id}",
      kind: "answer",
      status: 404,
      times: 2,
      body: { message: "Transaction not found" },
    });
    const { payout } = await gateway.client.createPayout({ customerId, note });
    await gateway.client.payoutReaching(payout.id, "PENDING");
    expect(sendingsOf(gateway, payout.merchantReference)).toHaveLength(2);
    expect(bookedUnder(gateway, payout.merchantReference)).toHaveLength(1);
    expect(statusesIn(await readLog(gateway.client), payout.id)).toEqual([
      "SUBMITTING",
      "UNCONFIRMED",
      "SUBMITTING",
      "UNCONFIRMED",
      "PENDING",
    ]);
  });

  test("is not sent again while look-ups bring no proof either", async () => {
    const gateway = await startImpatient();
    const customerId = await payableCustomer(gateway);
    gateway.provider.failNext({ route: "POST /payout", kind: "reset", when: "before" });
    // Neither a server's fault nor a proxy's page says that the payout is not there.
    for (const fault of [{ status: 500 }, { status: 404, body: "<html>Not Found</html>" }]) {
      gateway.provider.failNext({ route: "GET /transaction/{id}", kind: "answer", times: 500, ...fault });
    }
    const { payout } = await gateway.client.createPayout({ customerId, note });
    await eventually(async () => lookUpsOf(gateway, payout.merchantReference).length >= 3);
    expect(sendingsOf(gateway, payout.merchantReference)).toHaveLength(1);
    expect(await gateway.client.payoutReaching(payout.id, "UNCONFIRMED")).toBeTruthy();
  });
});

describe("at an account that was never seen to give a reference back", () => {
  test("an unconfirmed payout is looked for and never sent again", async () => {
    const gateway = await startImpatient({ sandbox: { keepsMerchantReference: false } });
    const customerId = await payableCustomer(gateway);
    gateway.provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
    const input = { customerId, note, idempotencyKey: unique("k") };
    const { payout } = await gateway.client.createPayout(input);
    await eventually(async () => lookUpsOf(gateway, payout.merchantReference).length >= 3);
    expect(await gateway.client.createPayout(input)).toMatchObject({
      payout: { id: payout.id, status: "UNCONFIRMED" },
      replayed: true,
    });
    expect(sendingsOf(gateway, payout.merchantReference)).toHaveLength(1);
  });

  test("it is sent as soon as another payout has shown that references come back", async () => {
    const gateway = await startImpatient();
    const { id: customerId } = await gateway.client.verifiedCustomer();
    gateway.provider.failNext({ route: "POST /payout", kind: "reset", when: "before" });
    const { payout } = await gateway.client.createPayout({ customerId, note });
    await eventually(async () => lookUpsOf(gateway, payout.merchantReference).length >= 2);
    expect(sendingsOf(gateway, payout.merchantReference)).toHaveLength(1);
    await gateway.client.createPayout({ customerId, note });
    await gateway.client.payoutReaching(payout.id, "PENDING");
    expect(sendingsOf(gateway, payout.merchantReference)).toHaveLength(2);
    expect(bookedUnder(gateway, payout.merchantReference)).toHaveLength(1);
  });
});

test("a webhook settles an unconfirmed payout that no look-up can", async () => {
  const gateway = await startImpatient({ sandbox: { payoutStepDelayMs: 200 } });
  const { id: customerId } = await gateway.client.verifiedCustomer();
  gateway.provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
  gateway.provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 1_000 });
  const { payout } = await gateway.client.createPayout({ customerId });
  expect(payout.status).toBe("UNCONFIRMED");
  const settled = await gateway.client.payoutReaching(payout.id, "SUCCESSFUL", "transactionId");
  expect(settled.transactionId).toBe(bookedUnder(gateway, payout.merchantReference)[0]?.id);
  expect(statusesIn(await readLog(gateway.client), payout.id).at(-1)).toBe("SUCCESSFUL");
});
