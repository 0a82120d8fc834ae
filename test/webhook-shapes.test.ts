// A thousand variants of what the provider says, by a seed that is printed where something is wrong.

import { LosslessNumber } from "lossless-json";
import { toWebhookJson } from "../src/sandbox/exact-json.js";
import { MixedShapes, type ShapedSubject } from "../src/sandbox/mixed-shapes.js";
import type { Database } from "../src/store/database.js";
import { inboxBacklog } from "../src/store/gauge.queries.js";
import { eventually } from "./support/eventually.js";
import { moveCustomer } from "./support/move-customer.js";
import { createCustomerAtProvider } from "./support/provider-calls.js";
import { ngnPayout } from "./support/sandbox-client.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

const secret = "whsec_test_0123456789abcdef";
const seed = Number(process.env.SHAPES_SEED ?? 20_261_201);
const payoutCount = 270;
const customerCount = 100;

interface Receiving extends TestGateway {
  secret: string;
  database: Database;
}

async function startReceiving(): Promise<Receiving> {
  const databaseUrl = await newSqliteUrl();
  const database = await openTestDatabase(databaseUrl);
  const sandbox = { signingSecret: secret, payoutStepDelayMs: 3_600_000, shapeSeed: seed };
  return { ...(await startTestGateway({ config: { databaseUrl }, sandbox })), secret, database };
}

async function payAtProvider({ provider }: TestGateway, customerId: string): Promise<string> {
  const response = await fetch(`${provider.url}/api/external/payout`, {
    method: "POST",
    headers: { "x-blaaiz-api-key": provider.apiKey, "content-type": "application/json" },
    body: JSON.stringify(ngnPayout(customerId, { note: "test-webhook-lost" })),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return provider.transactions().at(-1)!.id;
}

function payoutEvent(id: string, customerId: string, status: string): Record<string, unknown> {
  return {
    message: `Transaction ${status}`,
    transaction_id: id,
    transaction_reference: `reference-of-${id}`,
    merchant_reference: null,
    transaction_status: status,
    transaction_fee: new LosslessNumber("50.0"),
    transaction_amount_without_fee: new LosslessNumber("4950.0"),
    transaction_amount: new LosslessNumber("5000.0"),
    transaction_currency: "NGN",
    customer_id: customerId,
    recipient: { account_name: "Ada Obi", account_number: "0222500691", amount: new LosslessNumber("4950.0") },
    event_id: unique("event"),
    type: status === "PENDING" ? "payout_initiated" : "payout",
  };
}

function customerEvent(id: string, status: string): Record<string, unknown> {
  return {
    message: "Customer verification status updated",
    event_type: "customer.status_changed",
    customer_id: id,
    customer_email: `${id}@example.com`,
    old_status: "PENDING",
    new_status: status,
    comment: null,
    updated_at: new Date().toISOString(),
    event_id: unique("event"),
    type: "customer",
  };
}

const parkedOnly = (rows: { state: string; reason: string | null; raw_body: string }[]) =>
  rows.filter(({ state }) => state !== "APPLIED").map(({ state, reason, raw_body }) => [state, reason, raw_body]);

test("a thousand variants of webhooks, and of the look-ups that they lead to, are understood", async () => {
  const receiving = await startReceiving();
  const { provider, database } = receiving;
  const shapes = new MixedShapes();
  shapes.mix(seed);
  const send = async (body: Record<string, unknown>, subject: ShapedSubject) => {
    const { status } = await deliver(receiving, toWebhookJson(shapes.webhook(body, subject)));
    if (status !== 200) throw new Error(`seed ${seed}: answered ${status}`);
  };

  const customers = new Map<string, string>();
  for (let index = 0; index < customerCount; index += 1) {
    const id = await createCustomerAtProvider(provider, { email: `ada+webhook-lost.${index}@example.com` });
    customers.set(id, index % 3 === 0 ? "REJECTED" : "VERIFIED");
  }
  const [payer = ""] = customers.keys();
  await moveCustomer(provider.url, payer, "VERIFIED");
  customers.set(payer, "VERIFIED");
  const payouts = new Map<string, string>();
  for (let index = 0; index < payoutCount; index += 1) {
    payouts.set(await payAtProvider(receiving, payer), index % 3 === 0 ? "FAILED" : "SUCCESSFUL");
  }

  const customerEvents = [...customers].map(([id, status]) => async () => {
    await send(customerEvent(id, "PROCESSING"), "customer");
    await send(customerEvent(id, status), "customer");
  });
  const payoutEvents = [...payouts].map(([id, status]) => async () => {
    for (const step of ["PENDING", "PROCESSING", status]) await send(payoutEvent(id, payer, step), "payout");
  });
  // Several at once, each subject's in their order.
  const waiting = [...customerEvents, ...payoutEvents];
  const lines = Array.from({ length: 8 }, async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next();
  });
  await Promise.all(lines);
  await eventually(async () => (await inboxBacklog(database.db)).every(({ state }) => state === "PARKED"));

  const rows = await database.db.selectFrom("inbox").selectAll().execute();
  expect(rows.length).toBeGreaterThanOrEqual(1_000);
  expect({ seed, notApplied: parkedOnly(rows) }).toEqual({ seed, notApplied: [] });
  const seen = await database.db.selectFrom("payouts").select(["transaction_id", "status"]).execute();
  expect(new Map(seen.map(({ transaction_id, status }) => [transaction_id, status]))).toEqual(payouts);
  const people = await database.db.selectFrom("customers").select(["id", "status"]).execute();
  expect(new Map(people.map(({ id, status }) => [id, status]))).toEqual(customers);
  expect(provider.received("GET /transaction/{id}").length).toBeGreaterThanOrEqual(payoutCount);
  const [{ amounts }] = (await database.db
    .selectFrom("payouts")
    .select((eb) => eb.fn.count<number>("amount").as("amounts"))
    .where("amount", "in", ["5000.0", "5000"])
    .execute()) as [{ amounts: number }];
  expect(Number(amounts)).toBe(payoutCount);
}, 60_000);

test("what nobody can understand is answered 200 and parked, with its subject and the real reason", async () => {
  const receiving = await startReceiving();
  const { database } = receiving;
  const unreadable: [Record<string, unknown> | string, string][] = [
    [
      { type: "payout", transaction_id: "t1", status: "ON_HOLD" },
      'The payout status "ON_HOLD" of transaction t1 is not known.',
    ],
    [
      { event: "payout", data: { transactionId: "t2", transactionStatus: "Levitating" } },
      'The payout status "Levitating" of transaction t2 is not known.',
    ],
    [{ event: "payout.updated", data: { id: "t3" } }, "The event about transaction t3 has no status."],
    [{ type: "payout", status: "success", data: { id: "t4" } }, "The event about transaction t4 has no status."],
    [
      { type: "payout", transaction_status: "SUCCESSFUL" },
      'The payout event "payout" has no transaction id and no reference.',
    ],
    [
      { event_type: "customer.status_changed", customer_id: "c1", new_status: "on hold" },
      'The customer status "on hold" of customer c1 is not known.',
    ],
    [{ type: "customer", new_status: "VERIFIED" }, 'The customer event "customer" has no customer id.'],
    [{ type: "subscription.renewed", id: "s1" }, 'The event type "subscription.renewed" is not known.'],
    [{ id: "s2" }, "The event has no type."],
    ["[]", "The body is not a JSON object in UTF-8."],
    ["transaction_id=t1&transaction_status=FAILED", "The body is not a JSON object in UTF-8."],
  ];
  for (const [body] of unreadable) expect((await deliver(receiving, body)).status).toBe(200);
  const rows = await eventually(async () => {
    const all = await database.db.selectFrom("inbox").selectAll().orderBy("id").execute();
    return all.length === unreadable.length && all.every(({ state }) => state === "PARKED") && all;
  });
  expect(rows.map(({ reason }) => reason)).toEqual(unreadable.map(([, reason]) => reason));
  const metrics = await (await fetch(`${receiving.gateway.url}/metrics`)).text();
  expect(metrics).toContain(`payout_gateway_inbox{state="PARKED"} ${unreadable.length}`);
});

test("a status that only the look-up does not tell clearly is the webhook's, and an unknown one is named", async () => {
  const receiving = await startReceiving();
  const { provider, database } = receiving;
  const customerId = await createCustomerAtProvider(provider, { email: "ada+webhook-lost@example.com" });
  const answer = (id: string, status?: string) => ({
    route: "GET /transaction/{id}",
    kind: "answer" as const,
    status: 200,
    body: { data: { id, type: "payout", business_customer_id: customerId, ...(status ? { status } : {}) } },
  });
  provider.failNext(answer("t1", "ON_HOLD"));
  await deliver(receiving, payoutEvent("t1", customerId, "PROCESSING"));
  await eventually(async () => {
    const rows = await database.db.selectFrom("payouts").selectAll().execute();
    return rows.some(({ transaction_id, status }) => transaction_id === "t1" && status === "PROCESSING");
  });
  provider.failNext({ ...answer("t2"), body: { data: { id: "t2", type: "payout", status: "PENDING" } }, times: 3 });
  await deliver(receiving, payoutEvent("t2", customerId, "PROCESSING"));
  const row = await eventually(async () => {
    const rows = await database.db.selectFrom("inbox").selectAll().where("attempts", ">", 0).execute();
    return rows.at(-1);
  });
  expect(row.reason).toBe("The provider's answer about transaction t2 lacks: customer.");
});
