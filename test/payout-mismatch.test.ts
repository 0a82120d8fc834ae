import { countMismatches, countPayouts, insertPayout, payoutsPage } from "../src/store/payout.queries.js";
import { everything } from "../src/store/visibility.js";
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
import { sampleOf, scrape } from "./support/scrape.js";
import type { TestGateway } from "./support/start-test-gateway.js";
import { readLog, statusesIn } from "./support/status-log.js";
import { customerRow, payoutRow } from "./support/stored-rows.js";
import type { TestClient } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

const echoing = { sandbox: { keepsMerchantReference: true } };

/** What each report says otherwise than an order of 5000.00 NGN to the account 0222500691. */
const others = {
  amount: { transaction_amount: 50_000, transaction_currency: "NGN" },
  currency: { transaction_amount: 5_000, transaction_currency: "USD" },
  customer: { customer_id: "0198a000-0000-7000-8000-000000000000" },
  recipient: { recipient: { account_name: "Eve", account_number: "9999999999" } },
};

async function acceptedPayout({ client }: Pick<TestGateway, "client">, status?: string) {
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  if (status) await client.payoutReaching(payout.id, status);
  return { ...payout, customerId };
}

const mismatched = (client: TestClient, id: string) =>
  eventually(async () => {
    const payout = await readPayout(client, id);
    return payout.mismatch !== null && payout;
  });

/** All that clients see of it but the mismatch. */
const withoutMismatch = ({ mismatch: _, ...payout }: Record<string, unknown>) => payout;

describe.each(Object.entries(others))("a signed webhook about another %s", (field, body) => {
  test.each([
    ["a pending payout", "PENDING", 3_600_000],
    ["a successful payout", "SUCCESSFUL", 20],
  ])("changes nothing of %s and is shown as its mismatch", async (_what, status, payoutStepDelayMs) => {
    const gateway = await startDisputedGateway({ sandbox: { keepsMerchantReference: true, payoutStepDelayMs } });
    const { client, gateway: started } = gateway;
    const payout = await acceptedPayout(gateway, status);
    const before = await readPayout(client, payout.id);
    await report(gateway, payout, "FAILED", body);
    const after = await mismatched(client, payout.id);
    expect(withoutMismatch(after)).toEqual(withoutMismatch(before));
    expect(after.mismatch).toMatchObject({ fields: [field], transactionId: payout.transactionId, source: "WEBHOOK" });
    expect(after.mismatch.message).not.toMatch(/Eve|9999999999/);
    const { payouts } = await client.run("{ payouts(filter: { hasMismatch: true }) { totalCount nodes { id } } }");
    expect(payouts).toEqual({ totalCount: 1, nodes: [{ id: payout.id }] });
    const samples = await scrape(started.metricsUrl);
    expect(sampleOf(samples, "payout_gateway_payout_mismatches_total", { field, source: "WEBHOOK" })).toBe(1);
    expect(sampleOf(samples, "payout_gateway_payouts_with_mismatch")).toBe(1);
    const { operatorStatus } = await client.run("{ operatorStatus { mismatchedPayouts } }");
    expect(operatorStatus.mismatchedPayouts).toBe(1);
    expect(statusesIn(await readLog(client), payout.id).at(-1)).toBe(status);
  });
});

test("the amount that leaves the wallet for a received amount is the one that a look-up finds, not a webhook's", async () => {
  const gateway = await startDisputedGateway(echoing);
  const { client, provider } = gateway;
  provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 10_000 });
  const payout = await unconfirmedPayout(gateway, "after", { amount: { receive: "5000.00" } });
  const booked = bookedUnder(gateway, payout.merchantReference);
  const about = { transactionId: booked?.id ?? "", merchantReference: payout.merchantReference };
  await clearFaults(gateway);
  await report(gateway, about, "PENDING", { transaction_amount: 1.23, transaction_currency: "NGN" });
  await client.payoutReaching(payout.id, "PENDING");
  const { amount } = await readPayout(client, payout.id);
  expect(Number(amount.amount)).toBe(Number(booked?.amount));
});

test("of a webhook that names an account number for an Interac payout, nothing of the recipient is taken over", async () => {
  const gateway = await startDisputedGateway(echoing);
  const { client, provider } = gateway;
  const interac = {
    walletId: "71d0a9c2-0002-4a6e-b0f1-000000000124",
    sourceCurrency: "CAD",
    destination: { interac: { email: "jane.roe@example.com", firstName: "Jane", lastName: "Roe" } },
  };
  provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 10_000 });
  const payout = await unconfirmedPayout(gateway, "after", interac);
  const { id } = bookedUnder(gateway, payout.merchantReference) as { id: string };
  const recipient = { account_number: "9999999999", account_name: "Eve", amount: 1.23 };
  await report(gateway, { transactionId: id, merchantReference: payout.merchantReference }, "PENDING", { recipient });
  await client.payoutReaching(payout.id, "PENDING");
  const shown = await readPayout(client, payout.id);
  expect(shown.recipient).toEqual({ ...payout.recipient, amount: null });
  await clearFaults(gateway);
});

test("the first mismatch stays until an operator resolves it", async () => {
  const gateway = await startDisputedGateway(echoing);
  const payout = await acceptedPayout(gateway);
  await report(gateway, payout, "SUCCESSFUL", others.amount);
  const { mismatch } = await mismatched(gateway.client, payout.id);
  expect(mismatch.message).toBe("The amount 5000.00 NGN was ordered and 50000 NGN was reported.");
  await report(gateway, payout, "SUCCESSFUL", others.recipient);
  // The last of them is the one that fits.
  await report(gateway, payout, "PROCESSING", { transaction_amount: 5_000, transaction_currency: "NGN" });
  await gateway.client.payoutReaching(payout.id, "PROCESSING");
  expect((await readPayout(gateway.client, payout.id)).mismatch).toEqual(mismatch);

  const input = { payoutId: payout.id, outcome: "SENT", transactionId: payout.transactionId };
  const { payout: resolved } = await resolvePayout(gateway.client, input);
  expect(resolved).toMatchObject({ status: "PENDING", amount: { amount: "5000.00" }, mismatch: null });
  expect(sampleOf(await scrape(gateway.gateway.metricsUrl), "payout_gateway_payouts_with_mismatch")).toBe(0);
});

describe("a look-up that finds another amount, currency, customer and recipient", () => {
  const tampered = (booked: { id: string; reference: string; merchantReference: string | null }) => ({
    data: {
      id: booked.id,
      type: "payout",
      status: "PENDING",
      reference: booked.reference,
      merchant_reference: booked.merchantReference,
      business_customer_id: "0198a000-0000-7000-8000-000000000000",
      currency: "USD",
      amount: 77,
      recipient: { account_number: "9999999999", account_name: "Eve", amount: 77, currency: "USD" },
    },
  });

  async function disputed() {
    const gateway = await startDisputedGateway(echoing);
    const { client, provider } = gateway;
    provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 500, times: 10_000 });
    const payout = await unconfirmedPayout(gateway, "after");
    const booked = bookedUnder(gateway, payout.merchantReference);
    if (!booked) throw new Error("The payout was not accepted.");
    await clearFaults(gateway);
    const body = tampered(booked);
    provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 200, body, times: 10_000 });
    return { ...gateway, payout, booked, disputed: await mismatched(client, payout.id) };
  }

  test("is not taken over: the payout stays UNCONFIRMED", async () => {
    const { payout, booked, disputed: seen, provider } = await disputed();
    expect(seen).toMatchObject({
      status: "UNCONFIRMED",
      transactionId: null,
      amount: { amount: "5000.00", currency: "NGN" },
      recipient: { accountNumber: "0222500691" },
      mismatch: {
        fields: ["amount", "currency", "customer", "recipient"],
        transactionId: booked.id,
        source: "RECONCILIATION",
      },
    });
    expect(provider.received("POST /payout")).toHaveLength(1);
    expect(payout.status).toBe("UNCONFIRMED");
  });

  test("is what the payout shows once it is resolved as SENT, and later reports are compared with it", async () => {
    const gateway = await disputed();
    const { client, payout, booked } = gateway;
    const input = { payoutId: payout.id, outcome: "SENT", transactionId: booked.id };
    const { payout: resolved, userErrors } = await resolvePayout(client, input);
    expect(userErrors).toEqual([]);
    expect(resolved).toMatchObject({
      status: "PENDING",
      transactionId: booked.id,
      amount: { amount: "77.00", currency: "USD" },
      recipient: { accountName: "Eve", accountNumber: "9999999999", amount: { amount: "77.00", currency: "USD" } },
      mismatch: null,
    });
    const about = { transactionId: booked.id, merchantReference: payout.merchantReference };
    await report(gateway, about, "SUCCESSFUL", {
      transaction_amount: 77,
      transaction_currency: "USD",
      customer_id: "0198a000-0000-7000-8000-000000000000",
      recipient: { account_number: "9999999999" },
    });
    await client.payoutReaching(payout.id, "SUCCESSFUL");
    expect((await readPayout(client, payout.id)).mismatch).toBeNull();
    await report(gateway, about, "SUCCESSFUL", others.amount);
    expect((await mismatched(client, payout.id)).mismatch.fields).toEqual(["amount", "currency"]);
  });

  test("is not paid once it is resolved as NOT_SENT", async () => {
    const { client, payout, provider } = await disputed();
    const { payout: resolved } = await resolvePayout(client, { payoutId: payout.id, outcome: "NOT_SENT" });
    expect(resolved).toMatchObject({ status: "FAILED", transactionId: null, mismatch: null });
    expect(provider.received("POST /payout")).toHaveLength(1);
  });
});

test("a mismatch is shown to the scope operator alone, whoever asked the same before", async () => {
  const gateway = await startKeyedGateway(echoing);
  const acme = await gateway.clientOf("acme");
  const payout = await acceptedPayout({ client: acme }, "SUCCESSFUL");
  await report(gateway, payout, "FAILED", others.amount);
  await mismatched(gateway.client, payout.id);
  // More than once, so that each is answered from what is kept.
  for (let round = 0; round < 3; round += 1) {
    expect((await readPayout(gateway.client, payout.id)).mismatch).toMatchObject({ fields: ["amount"] });
    expect((await readPayout(acme, payout.id)).mismatch).toBeNull();
  }
  const list = `query ($has: Boolean) { payouts(filter: { hasMismatch: $has }) { totalCount } }`;
  const ofCustomer = `query ($id: ID!, $has: Boolean) {
    customer(id: $id) { payouts(filter: { hasMismatch: $has }) { totalCount } }
  }`;
  const forbidden = [
    { message: "PayoutFilter.hasMismatch needs the scope operator.", extensions: { code: "FORBIDDEN" } },
  ];
  for (const has of [true, false]) {
    expect((await acme.request(list, { has })).errors).toMatchObject(forbidden);
    expect((await acme.request(ofCustomer, { id: payout.customerId, has })).errors).toMatchObject(forbidden);
    const { payouts } = await gateway.client.run(list, { has });
    expect(payouts.totalCount).toBe(has ? 1 : 0);
    const { customer } = await gateway.client.run(ofCustomer, { id: payout.customerId, has });
    expect(customer.payouts.totalCount).toBe(has ? 1 : 0);
  }
  expect(await acme.run(list, { has: null })).toEqual({ payouts: { totalCount: 1 } });
});

forEachDatabase((_name, open) => {
  test("payouts are listed and counted by whether they have a mismatch, with other conditions too", async () => {
    const { db } = await open();
    const customer = customerRow();
    await db.insertInto("customers").values(customer).execute();
    const mismatch = JSON.stringify({ fields: ["amount"] });
    const rows = (["PENDING", "SUCCESSFUL"] as const).flatMap((status) =>
      [mismatch, null].map((each) =>
        payoutRow({ customer_id: customer.id, id: `${status} ${each === null}`, status, mismatch: each }),
      ),
    );
    for (const row of rows) await db.transaction().execute((tx) => insertPayout(tx, row));
    const found = async (search: object) => {
      const page = await payoutsPage(db, search, { first: 10, after: null }, everything);
      expect(await countPayouts(db, search, everything)).toBe(page.length);
      return page.map(({ id }) => id).sort();
    };
    expect(await found({ hasMismatch: true })).toEqual(["PENDING false", "SUCCESSFUL false"]);
    expect(await found({ hasMismatch: false })).toEqual(["PENDING true", "SUCCESSFUL true"]);
    expect(await found({ hasMismatch: true, status: ["PENDING"] })).toEqual(["PENDING false"]);
    expect(await found({ hasMismatch: true, status: [] })).toEqual([]);
    expect(
      await found({ hasMismatch: true, customerId: customer.id, currency: rows[0]?.amount_currency }),
    ).toHaveLength(2);
    expect(await found({ hasMismatch: false, customerId: customer.id, status: ["PENDING"] })).toEqual(["PENDING true"]);
    expect(await found({ hasMismatch: true, customerId: "nobody" })).toEqual([]);
    expect(await countMismatches(db)).toBe(2);
  });
});
