import { startSandbox } from "../src/sandbox/sandbox.js";
import type { Database } from "../src/store/database.js";
import { type IntentRow, intentOfPayout } from "../src/store/intent.queries.js";
import { trailOf } from "./support/audited-gateway.js";
import { startKeyedGateway } from "./support/credentials.js";
import {
  bookedUnder,
  clearFaults,
  readPayout,
  report,
  resolvePayout,
  startDisputedGateway,
  unconfirmedPayout,
} from "./support/disputed-payouts.js";
import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { readLog } from "./support/status-log.js";
import { unique } from "./support/test-client.js";
import { forEachDatabase, newSqliteUrl, openTestDatabase, sharedKinds } from "./support/test-databases.js";

const logOf = async ({ client }: Pick<TestGateway, "client">, id: string) =>
  (await readLog(client))
    .filter((change) => change.id === id)
    .map(({ from, to, source, reason }) => ({ from, to, source, reason }));

async function intentOf(database: Database, payoutId: string) {
  return (await intentOfPayout(database.db, payoutId)) as IntentRow;
}

const lookUpsOf = ({ provider }: TestGateway, key: string) =>
  provider.received("GET /transaction/{id}").filter(({ path }) => path.endsWith(key));

describe("resolved as SENT", () => {
  test("an unconfirmed payout shows its transaction, and follows it from then on", async () => {
    const gateway = await startDisputedGateway();
    const { client, provider } = gateway;
    const idempotencyKey = unique("key");
    const payout = await unconfirmedPayout(gateway, "after", { idempotencyKey });
    const [booked] = provider.transactions();
    const input = { payoutId: payout.id, outcome: "SENT", transactionId: booked?.id };
    expect(await resolvePayout(client, input)).toMatchObject({
      payout: { id: payout.id, status: "PENDING", transactionId: booked?.id, mismatch: null },
      userErrors: [],
    });
    expect((await logOf(gateway, payout.id)).at(-1)).toEqual({
      from: "UNCONFIRMED",
      to: "PENDING",
      source: "OPERATOR",
      reason: "Resolved as sent by operator: Seen in the provider's dashboard.",
    });
    const { customerId } = payout;
    const again = await client.createPayout({ customerId, idempotencyKey, note: "test-webhook-lost" });
    expect(again).toMatchObject({ payout: { id: payout.id, status: "PENDING" }, replayed: true, userErrors: [] });

    await report(gateway, { transactionId: booked?.id as string }, "SUCCESSFUL");
    expect(await client.payoutReaching(payout.id, "SUCCESSFUL", "transactionId")).toMatchObject({
      transactionId: booked?.id,
    });
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("nothing is decided while the provider cannot be asked", async () => {
    const gateway = await startDisputedGateway();
    const { client, provider } = gateway;
    const payout = await unconfirmedPayout(gateway, "after");
    const transactionId = provider.transactions()[0]?.id;
    provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 10_000 });
    const query = `mutation ($input: ResolvePayoutInput!) { resolvePayout(input: $input) { userErrors { code } } }`;
    const input = { payoutId: payout.id, outcome: "SENT", transactionId, reason: "Seen." };
    const { errors } = await client.request(query, { input });
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
    expect(await readPayout(client, payout.id)).toMatchObject({ status: "UNCONFIRMED", transactionId: null });
  });

  test("a transaction that the provider does not have, that is no payout, or that another payout has is rejected", async () => {
    const gateway = await startDisputedGateway();
    const { client, provider } = gateway;
    const payout = await unconfirmedPayout(gateway, "after");
    const [booked] = provider.transactions();
    const { payout: other } = await client.createPayout({ customerId: payout.customerId, amount: { send: "6000.00" } });
    const send = async (transactionId: string | null) =>
      (await resolvePayout(client, { payoutId: payout.id, outcome: "SENT", transactionId })).userErrors;
    const notFound = [{ field: ["transactionId"], code: "NOT_FOUND" }];
    expect(await send("0198a000-0000-7000-8000-000000000000")).toMatchObject(notFound);
    expect(await send(booked?.reference as string)).toMatchObject(notFound);
    expect(await send(null)).toMatchObject([{ field: ["transactionId"], code: "REQUIRED" }]);
    expect(await send(other.transactionId)).toMatchObject([{ field: ["transactionId"], code: "INVALID" }]);
    const swap = { data: { id: booked?.id, type: "SWAP", status: "SUCCESSFUL" } };
    provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 200, body: swap, times: 2 });
    expect(await send(booked?.id as string)).toMatchObject(notFound);
    expect(await readPayout(client, payout.id)).toMatchObject({ status: "UNCONFIRMED", transactionId: null });
  });
});

describe("resolved as NOT_SENT", () => {
  test("an unconfirmed payout is FAILED with the reason, and is neither sent nor looked up again", async () => {
    const databaseUrl = await newSqliteUrl();
    const gateway = await startDisputedGateway({ config: { databaseUrl } });
    const { client, provider } = gateway;
    const idempotencyKey = unique("key");
    const payout = await unconfirmedPayout(gateway, "before", { idempotencyKey });
    const input = { payoutId: payout.id, outcome: "NOT_SENT", reason: "The provider confirmed it by phone." };
    const failureReason = "An operator decided that the payout was not sent: The provider confirmed it by phone.";
    const decided = { id: payout.id, status: "FAILED", transactionId: null, failureReason };
    expect(await resolvePayout(client, input)).toMatchObject({ payout: decided, userErrors: [] });
    expect(await intentOf(await openTestDatabase(databaseUrl), payout.id)).toMatchObject({ state: "DONE" });
    const log = await logOf(gateway, payout.id);
    expect(log.at(-1)).toEqual({
      from: "UNCONFIRMED",
      to: "FAILED",
      source: "OPERATOR",
      reason: "Resolved as not sent by operator: The provider confirmed it by phone.",
    });

    // The same decision again.
    expect(await resolvePayout(client, input)).toMatchObject({ payout: decided, userErrors: [] });
    expect(await logOf(gateway, payout.id)).toEqual(log);
    // Another decision.
    const other = await resolvePayout(client, { ...input, outcome: "SENT", transactionId: "t-1" });
    expect(other).toMatchObject({ payout: null, userErrors: [{ field: ["payoutId"], code: "INVALID" }] });

    const lookUps = lookUpsOf(gateway, payout.merchantReference).length;
    const { customerId } = payout;
    const again = await client.createPayout({ customerId, idempotencyKey, note: "test-webhook-lost" });
    expect(again).toMatchObject({ payout: { id: payout.id, status: "FAILED", failureReason }, userErrors: [] });
    // Another payout goes through all that this one would have to go through.
    await client.createPayout({ customerId, amount: { send: "7000.00" } });
    expect(provider.received("POST /payout")).toHaveLength(2);
    expect(lookUpsOf(gateway, payout.merchantReference)).toHaveLength(lookUps);
  });

  test("what the provider reports afterwards is a correction", async () => {
    const gateway = await startDisputedGateway({ sandbox: { keepsMerchantReference: true } });
    const { client, provider } = gateway;
    provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 10_000 });
    const payout = await unconfirmedPayout(gateway, "after");
    await resolvePayout(client, { payoutId: payout.id, outcome: "NOT_SENT" });
    await clearFaults(gateway);
    const booked = bookedUnder(gateway, payout.merchantReference);
    const { merchantReference } = payout;
    await report(gateway, { transactionId: booked?.id as string, merchantReference }, "PENDING");
    const corrected = await client.payoutReaching(payout.id, "PENDING", "transactionId failureReason");
    expect(corrected).toMatchObject({ transactionId: booked?.id, failureReason: null });
    expect((await logOf(gateway, payout.id)).at(-1)).toMatchObject({
      from: "FAILED",
      reason: expect.stringContaining("Correction"),
    });
  });
});

test("a decision needs a payout that is in doubt, a reason, and a transaction for SENT alone", async () => {
  const gateway = await startDisputedGateway();
  const { client } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  const errorsOf = async (input: Record<string, unknown>) => {
    const { payout: none, userErrors } = await resolvePayout(client, {
      payoutId: payout.id,
      outcome: "NOT_SENT",
      ...input,
    });
    expect(none).toBeNull();
    return userErrors.map(({ field, code }: { field: string[]; code: string }) => `${field.join(".")} ${code}`);
  };
  expect(await errorsOf({})).toEqual(["payoutId INVALID"]);
  expect(await errorsOf({ outcome: "SENT", transactionId: payout.transactionId })).toEqual(["payoutId INVALID"]);
  expect(await errorsOf({ payoutId: "0198a000-0000-7000-8000-000000000000" })).toEqual(["payoutId NOT_FOUND"]);
  expect(await errorsOf({ reason: " " })).toEqual(["reason REQUIRED"]);
  expect(await errorsOf({ reason: "x".repeat(501) })).toEqual(["reason INVALID"]);
  expect(await errorsOf({ transactionId: "t-1" })).toEqual(["transactionId INVALID"]);
  expect(await errorsOf({ outcome: "SENT", reason: "" })).toEqual(["transactionId REQUIRED", "reason REQUIRED"]);
});

describe("among tenants", () => {
  test("only the scope operator may decide, and the audit trail has the decision, its reason and its author", async () => {
    const gateway = await startKeyedGateway({
      config: { providerTimeoutMs: 1_000 },
      sandbox: { payoutStepDelayMs: 3_600_000, keepsMerchantReference: false },
      patience: { absenceGapMs: 60_000 },
    });
    const acme = await gateway.clientOf("acme");
    const payout = await unconfirmedPayout({ ...gateway, client: acme }, "after");
    const input = { payoutId: payout.id, outcome: "NOT_SENT", reason: "Seen nowhere." };
    const query = `mutation ($input: ResolvePayoutInput!) {
      resolvePayout(input: $input) { payout { id status } userErrors { code } } }`;
    expect((await acme.request(query, { input })).errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(await readPayout(acme, payout.id)).toMatchObject({ status: "UNCONFIRMED" });

    const { data } = await gateway.client.request(query, { input });
    expect(data).toMatchObject({ resolvePayout: { payout: { id: payout.id, status: "FAILED" } } });
    const author = (await trailOf(gateway.database.db)).at(-1)?.principal;
    expect((await logOf({ client: acme }, payout.id)).at(-1)?.reason).toBe(
      `Resolved as not sent by ${author}: Seen nowhere.`,
    );
    const trail = (await trailOf(gateway.database.db)).filter(({ action }) => action === "resolvePayout");
    const object = { object_type: "payout", object_id: payout.id };
    const decision = { decision: "NOT_SENT", reason: "Seen nowhere." };
    expect(trail).toMatchObject([
      { outcome: "REFUSED", tenant: "acme", detail: { code: "FORBIDDEN" } },
      { outcome: "ATTEMPTED", tenant: "operator", ...object, detail: decision },
      { outcome: "DONE", tenant: "operator", ...object, detail: { ...decision, status: "FAILED" } },
    ]);
  });

  test("a transaction of another tenant's customer is rejected", async () => {
    const gateway = await startKeyedGateway({
      config: { providerTimeoutMs: 1_000 },
      sandbox: { payoutStepDelayMs: 3_600_000, keepsMerchantReference: false },
      patience: { absenceGapMs: 60_000 },
    });
    const acme = await gateway.clientOf("acme");
    const umbrella = await gateway.clientOf("umbrella");
    const payout = await unconfirmedPayout({ ...gateway, client: acme }, "before");
    // Its own is unconfirmed too, so that nobody has the transaction yet.
    await unconfirmedPayout({ ...gateway, client: umbrella }, "after");
    const transactionId = gateway.provider.transactions()[0]?.id;
    const { userErrors } = await resolvePayout(gateway.client, { payoutId: payout.id, outcome: "SENT", transactionId });
    expect(userErrors).toMatchObject([{ field: ["transactionId"], code: "INVALID" }]);
  });
});

forEachDatabase((_name, open, newUrl) => {
  test("a node that is looking the payout up when another decides NOT_SENT does not send it again", async () => {
    const databaseUrl = await newUrl();
    const provider = await startSandbox({
      port: 0,
      stateFile: ":memory:",
      payoutStepDelayMs: 3_600_000,
      reviewDelayMs: 50,
    });
    try {
      const node = () =>
        startTestGateway({
          config: { databaseUrl, ...knowing(provider), providerTimeoutMs: 10_000, shutdownTimeoutMs: 10_000 },
          patience: { absenceGapMs: 100 },
        });
      const first = await node();
      provider.setWebhookUrl(`${first.gateway.url}/webhooks`);
      const { id: customerId } = await first.client.verifiedCustomer();
      // From now on a look-up that finds nothing proves absence.
      await first.client.createPayout({ customerId });
      await eventually(async () => provider.received("GET /transaction/{id}").length > 0);
      provider.failNext({ route: "POST /payout", kind: "reset", when: "before" });
      provider.failNext({
        route: "GET /transaction/{id}",
        kind: "answer",
        status: 404,
        body: { message: "Transaction not found" },
      });
      provider.failNext({ route: "GET /transaction/{id}", kind: "delay", delayMs: 3_000 });
      const { payout } = await first.client.createPayout({ customerId, amount: { send: "6000.00" } });
      const lookUps = () =>
        provider.received("GET /transaction/{id}").filter(({ path }) => path.endsWith(payout.merchantReference));
      await eventually(async () => lookUps().length === 2);

      const database = await open(databaseUrl);
      const turn = await intentOf(database, payout.id);
      expect(turn.lease_until).toBeGreaterThan(0);
      const second = await node();
      const decided = await resolvePayout(second.client, { payoutId: payout.id, outcome: "NOT_SENT" });
      expect(decided).toMatchObject({ payout: { status: "FAILED" }, userErrors: [] });
      const ended = await intentOf(database, payout.id);
      expect(ended).toMatchObject({ state: "DONE", lease_until: 0 });
      expect(ended.fence).toBeGreaterThan(turn.fence);
      // The look-up ends and proves absence, which changes nothing any more.
      await first.stop();
      expect(await readPayout(second.client, payout.id)).toMatchObject({ status: "FAILED", transactionId: null });
      expect(provider.received("POST /payout")).toHaveLength(2);
    } finally {
      await provider.stop();
    }
  });
}, sharedKinds);
