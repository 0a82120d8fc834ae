import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "lossless-json";
import type { PayoutCommand } from "../src/datasources/commands.js";
import { CurrenciesDataSource } from "../src/datasources/currencies.datasource.js";
import { toTargetCurrency } from "../src/datasources/payout-body.js";
import { PayoutsDataSource } from "../src/datasources/payouts.datasource.js";
import type { UnknownStatusWord } from "../src/datasources/status-words.js";
import { payoutCommands } from "./support/payout-commands.js";
import { readProviderFixture } from "./support/provider-fixtures.js";
import { describeWithPublished, published } from "./support/published.js";
import { connect, failureOf, type StubProvider, startStubProvider } from "./support/stub-provider.js";

const route = "POST /api/external/payout";
const bodies = parse(readProviderFixture("payout-bodies")) as Record<string, Record<string, unknown>>;
const destinations = Object.entries(payoutCommands);

const currencyList = { body: [{ id: 110, code: "KES", name: "Kenyan Shilling", active: true }] };

function payoutsOf(provider: StubProvider, onUnknownWord?: (word: UnknownStatusWord) => void): PayoutsDataSource {
  const client = connect(provider, onUnknownWord ? { onUnknownWord } : {});
  const currencies = new CurrenciesDataSource(client);
  return new PayoutsDataSource(client, (code) => currencies.idByCode(code));
}

/** What an answer must name to be about the order: its amount. */
function ordered({ amount, sourceCurrency, destination }: PayoutCommand) {
  const currency = toTargetCurrency(destination);
  return "send" in amount
    ? { amount: amount.send, currency: sourceCurrency }
    : { recipient: { amount: amount.receive, currency } };
}

async function sendAndReceive(command: PayoutCommand): Promise<string> {
  const provider = await startStubProvider();
  provider.answer("GET /api/external/currency", { body: [{ id: "currency-of-kenya", code: "KES", active: true }] });
  provider.answer(route, { body: { transaction: { ...ordered(command), id: "transaction-1", status: "PENDING" } } });
  await payoutsOf(provider).create(command);
  return provider.received(route)[0]?.body.toString() ?? "";
}

test.each(destinations)("a payout to %s sends exactly the body that the contract asks for", async (kind, command) => {
  expect(parse(await sendAndReceive(command))).toEqual(bodies[kind]);
});

test.each(["0.1", "612.88", "20.0", "9007199254740993.01"])(
  "the amount %s is sent with these digits",
  async (amount) => {
    expect(await sendAndReceive({ ...payoutCommands.ngnBank, amount: { send: amount } })).toContain(
      `"from_amount":${amount},`,
    );
    expect(await sendAndReceive({ ...payoutCommands.ngnBank, amount: { receive: amount } })).toContain(
      `"to_amount":${amount},`,
    );
  },
);

describeWithPublished("the contract's request schema", () => {
  // Its list of methods is older than mobile money.
  const known = destinations.filter(([kind]) => kind !== "mobileMoney");

  test.each(known)("accepts the body of a payout to %s", async (_kind, command) => {
    const api = JSON.parse(readFileSync(published("upstream/openapi/payout-create.json"), "utf8"));
    const validate = new Ajv2020({ strict: false }).compile(api.components.schemas.PayoutRequest);
    validate(JSON.parse(await sendAndReceive(command)));
    expect(validate.errors).toBeNull();
  });
});

test("the answer to a payout becomes news in the gateway's words", async () => {
  const provider = await startStubProvider();
  provider.answer(route, { body: readProviderFixture("payout-answer") });
  await expect(payoutsOf(provider).create(payoutCommands.ngnBank)).resolves.toEqual({
    kind: "payout",
    transactionId: "transaction-1",
    merchantReference: "gw-1",
    status: "PENDING",
    occurredAt: null,
    details: {
      reference: "reference-1",
      customerId: "customer-1",
      walletId: "wallet-ngn",
      method: "BANK_TRANSFER",
      amount: { amount: "5000.25", currency: "NGN" },
      fee: { amount: "50.5", currency: "NGN" },
      recipient: {
        accountName: "Mary Major",
        accountNumber: "0123456789",
        bankName: "Second Example Bank",
        amount: "4950.25",
        currency: "NGN",
      },
      createdAt: new Date("2026-05-04T08:15:30Z"),
    },
  });
});

test.each([
  ["amount", { amount: "5000.49" }],
  ["customer", { business_customer_id: "customer-2" }],
  ["merchant reference", { merchant_reference: "gw-9" }],
  ["currency", { currency: "GHS" }],
  ["currency", { recipient: { currency: "GHS" } }],
  ["recipient", { recipient: { account_number: "9999999999" } }],
  ["amount", { amount: null }],
])("an answer with another %s leaves the outcome unknown", async (name, changed) => {
  const provider = await startStubProvider();
  const answer = JSON.parse(readProviderFixture("payout-answer"));
  provider.answer(route, { body: { transaction: { ...answer.transaction, ...changed } } });
  const error = await failureOf(payoutsOf(provider).create(payoutCommands.ngnBank));
  expect(error).toMatchObject({ kind: "GARBLED", outcome: "UNKNOWN" });
  expect((error as Error).message).toBe(`POST /payout: the answer names another ${name} than the payout, or none.`);
});

test("what must arrive exactly is compared with what the recipient gets", async () => {
  const provider = await startStubProvider();
  provider.answer(
    route,
    { body: { transaction: { id: 1, currency: "EUR", amount: 21.5, recipient: { amount: 20, currency: "EUR" } } } },
    { body: { transaction: { id: 2, currency: "EUR", amount: 20, recipient: { amount: 18.5, currency: "EUR" } } } },
  );
  const payouts = payoutsOf(provider);
  await expect(payouts.create(payoutCommands.eurBank)).resolves.toMatchObject({ transactionId: "1" });
  expect(await failureOf(payouts.create(payoutCommands.eurBank))).toMatchObject({
    kind: "GARBLED",
    outcome: "UNKNOWN",
  });
});

test("news of an account that does not echo the reference names none", async () => {
  const provider = await startStubProvider();
  provider.answer(route, {
    body: { transaction: { ...ordered(payoutCommands.interac), id: "transaction-1", status: "completed" } },
  });
  const { amount, sourceCurrency: currency } = payoutCommands.interac;
  const reportedAmount = "send" in amount ? { amount: { amount: amount.send, currency } } : {};
  await expect(payoutsOf(provider).create(payoutCommands.interac)).resolves.toEqual({
    kind: "payout",
    transactionId: "transaction-1",
    status: "SUCCESSFUL",
    occurredAt: null,
    details: { method: "INTERAC", ...reportedAmount },
  });
});

test("an unknown status word is reported and the rest of the answer is kept", async () => {
  const provider = await startStubProvider();
  provider.answer(route, {
    body: { transaction: { ...ordered(payoutCommands.interac), id: "transaction-1", status: "ON_HOLD" } },
  });
  const words: string[] = [];
  const change = await payoutsOf(provider, ({ word }) => words.push(word)).create(payoutCommands.interac);
  expect(change).toMatchObject({ transactionId: "transaction-1" });
  expect(change).not.toHaveProperty("status");
  expect(words).toEqual(["ON_HOLD"]);
});

test.each([
  { message: "ok" },
  { transaction: null },
  { transaction: { id: "" } },
  { transaction: { id: "1", amount: "much" } },
])("an answer of another shape (%j) leaves the outcome unknown", async (body) => {
  const provider = await startStubProvider();
  provider.answer(route, { body });
  const error = await failureOf(payoutsOf(provider).create(payoutCommands.interac));
  expect(error).toMatchObject({ kind: "GARBLED", outcome: "UNKNOWN" });
  expect((error as Error).message).not.toContain("much");
});

test("mobile money names the currency by its id, however the provider writes ids", async () => {
  const provider = await startStubProvider();
  provider.answer("GET /api/external/currency", currencyList);
  provider.answer(route, { body: { transaction: { ...ordered(payoutCommands.mobileMoney), id: "transaction-1" } } });
  await payoutsOf(provider).create(payoutCommands.mobileMoney);
  expect(JSON.parse(provider.received(route)[0]?.body.toString() ?? "")).toMatchObject({
    from_currency_id: "USD",
    to_currency_id: "110",
  });
});

test("mobile money whose currency cannot be looked up was not sent", async () => {
  const provider = await startStubProvider();
  provider.answer("GET /api/external/currency", { status: 503 });
  const error = await failureOf(payoutsOf(provider).create(payoutCommands.mobileMoney));
  expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "NOT_DONE" });
  expect(provider.received(route)).toHaveLength(0);
});

test("a reference used before is a refusal that names the field", async () => {
  const provider = await startStubProvider();
  const text = "Could not proceed. Kindly check your merchant reference and try again";
  provider.answer(route, { status: 422, body: { message: text, errors: { merchant_reference: [text] } } });
  expect(await failureOf(payoutsOf(provider).create(payoutCommands.ngnBank))).toMatchObject({
    kind: "REFUSED",
    outcome: "NOT_DONE",
    fieldErrors: { merchant_reference: [text] },
  });
});
