import {
  at,
  createCustomer,
  createVerifiedCustomer,
  ngnPayout,
  startSandboxClient,
  stopAll,
  wallets,
} from "./support/sandbox-client.js";

afterEach(stopAll);

const address = { street: "1 High Street", city: "London", zip_code: "W1D 1BS", country: "GB" };
const usAccount = {
  type: "individual",
  account_number: "123456789012",
  account_name: "Jane Roe",
  account_type: "checking",
  bank_name: "Chase Bank",
  routing_number: "021000021",
  street: "123 Main Street",
  city: "New York",
  state: "NY",
  zip_code: "10001",
  country: "US",
};

/** What each destination must name, and what it adds to a request. */
const destinations: Record<string, Record<string, string>> = {
  "NGN bank_transfer": { bank_id: "2", account_number: "0222500691" },
  "GBP bank_transfer": { sort_code: "20-00-00", account_number: "12345678", account_name: "Jane Roe", ...address },
  "EUR bank_transfer": {
    iban: "DE89370400440532013000",
    bic_code: "COBADEFFXXX",
    account_name: "Jane Roe",
    ...address,
  },
  "USD ach": usAccount,
  "USD wire": { ...usAccount, swift_code: "CHASUS33" },
  "CAD interac": { email: "jane@example.com", interac_first_name: "Jane", interac_last_name: "Roe" },
  "KES mobile_money": {
    phone_number: "+254700000000",
    mobile_money_operator_id: "operator-1",
    account_name: "Jane Roe",
  },
};

function payoutTo(destination: string, customerId: string): Record<string, unknown> {
  const [currency = "", method] = destination.split(" ");
  const source = currency in wallets ? (currency as keyof typeof wallets) : "USD";
  return {
    wallet_id: wallets[source],
    customer_id: customerId,
    method,
    from_currency_id: source,
    to_currency_id: currency,
    from_amount: 500,
    ...destinations[destination],
  };
}

test.each(Object.keys(destinations))("a payout by %s is accepted, and each of its fields is required", async (name) => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  const body = payoutTo(name, customerId);
  for (const field of Object.keys(destinations[name] ?? {})) {
    const label = field.replaceAll("_", " ");
    const refused = await client.call("POST", "/payout", { ...body, [field]: undefined });
    expect([field, refused.status, refused.body]).toEqual([
      field,
      422,
      { message: `The ${label} field is required.`, errors: { [field]: [`The ${label} field is required.`] } },
    ]);
  }
  expect(client.sandbox.transactions()).toEqual([]);
  expect(await client.call("POST", "/payout", body)).toMatchObject({
    status: 200,
    body: { transaction: { status: "PENDING" } },
  });
});

const invalid: [string, Record<string, unknown>, string][] = [
  ["no wallet", { wallet_id: undefined }, "wallet_id"],
  ["no customer", { customer_id: undefined }, "customer_id"],
  ["no method", { method: undefined }, "method"],
  ["an unknown method", { method: "cheque" }, "method"],
  ["no source currency", { from_currency_id: undefined }, "from_currency_id"],
  ["an unknown currency", { to_currency_id: "XXX" }, "to_currency_id"],
  ["no amount", { from_amount: undefined }, "from_amount"],
  ["both amounts", { to_amount: 5000 }, "from_amount"],
  ["an amount as text", { from_amount: "5000" }, "from_amount"],
  ["an amount of zero", { from_amount: 0 }, "from_amount"],
  ["a negative amount", { from_amount: -5 }, "from_amount"],
  ["an account number of nine digits", { account_number: "022250069" }, "account_number"],
  ["a reference of 256 characters", { merchant_reference: "x".repeat(256) }, "merchant_reference"],
  ["the shared currency XOF by its code", { method: "mobile_money", to_currency_id: "XOF" }, "country_id"],
];

test.each(invalid)("a payout with %s is refused with 422 and the field's name", async (_what, fields, field) => {
  const client = await startSandboxClient();
  const refused = await client.call("POST", "/payout", ngnPayout(await createVerifiedCustomer(client), fields));
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ message: expect.any(String), errors: { [field]: [expect.any(String)] } });
  expect(client.sandbox.transactions()).toEqual([]);
});

const refusals: [string, Record<string, unknown>, number, string][] = [
  ["by crypto", { method: "crypto" }, 400, "Crypto payouts are no longer available."],
  ["from an unknown wallet", { wallet_id: "unknown" }, 400, "Wallet not found."],
  [
    "from a wallet in another currency",
    { wallet_id: wallets.CAD },
    400,
    "The wallet does not hold the source currency.",
  ],
  ["for an unknown customer", { customer_id: "unknown" }, 404, "Customer not found"],
  ["to a bank that does not exist", { bank_id: "999" }, 400, "Invalid account number or bank code"],
  ["to an account that no bank knows", { account_number: "0000000000" }, 400, "Invalid account number or bank code"],
  ["beyond the wallet's balance", { from_amount: 2e18 }, 400, "Insufficient funds."],
  [
    "by a method that the currency does not have",
    { method: "interac", email: "jane@example.com", interac_first_name: "Jane", interac_last_name: "Roe" },
    400,
    "The method interac is not available for NGN.",
  ],
];

test.each(refusals)("a payout %s is refused", async (_what, fields, status, message) => {
  const client = await startSandboxClient();
  const refused = await client.call("POST", "/payout", ngnPayout(await createVerifiedCustomer(client), fields));
  expect([refused.status, refused.body]).toEqual([status, { message }]);
  expect(client.sandbox.transactions()).toEqual([]);
});

test("a payout for a customer that is not verified is refused with 400", async () => {
  const client = await startSandboxClient();
  const refused = await client.call("POST", "/payout", ngnPayout(await createCustomer(client)));
  expect([refused.status, refused.body]).toEqual([400, { message: "The customer has not been verified yet." }]);
});

test("a wire whose fee is not less than the amount is refused with 400", async () => {
  const client = await startSandboxClient();
  const body = { ...payoutTo("USD wire", await createVerifiedCustomer(client)), from_amount: 20.2 };
  expect(await client.call("POST", "/payout", body)).toMatchObject({
    status: 400,
    body: { message: "The fee must be less than the amount." },
  });
});

test("a used merchant_reference is refused with 422 and the provider's text, and pays nothing", async () => {
  const client = await startSandboxClient();
  const body = ngnPayout(await createVerifiedCustomer(client), { merchant_reference: "order-1" });
  await client.call("POST", "/payout", body);
  const text = "Could not proceed. Kindly check your merchant reference and try again";
  const refused = await client.call("POST", "/payout", body);
  expect(refused.status).toBe(422);
  expect(refused.body).toEqual({ message: text, errors: { merchant_reference: [text] } });
  expect(client.sandbox.transactions()).toHaveLength(1);
});

test("XOF is paid by its currency id, or by its code with the country", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  const currencies = await client.call("GET", "/currency");
  const xof = (currencies.body as { id: string; code: string; country_id: string }[]).find(
    ({ code }) => code === "XOF",
  );
  const body = {
    ...payoutTo("KES mobile_money", customerId),
    phone_number: "+221700000000",
    mobile_money_operator_id: "operator-8",
  };
  for (const fields of [{ to_currency_id: xof?.id }, { to_currency_id: "XOF", country_id: xof?.country_id }]) {
    expect(await client.call("POST", "/payout", { ...body, ...fields })).toMatchObject({
      status: 200,
      body: { transaction: { recipient: { currency: "XOF", bank_code: "WAVE_SN" } } },
    });
  }
});

test("an account that does not keep references takes the same one twice and never shows it", async () => {
  const client = await startSandboxClient({ keepsMerchantReference: false });
  const body = ngnPayout(await createVerifiedCustomer(client), { merchant_reference: "order-1" });
  const first = await client.call("POST", "/payout", body);
  expect(first.body).not.toHaveProperty("transaction.merchant_reference");
  expect((await client.call("POST", "/payout", body)).status).toBe(200);
  expect((await client.call("GET", "/transaction/order-1")).status).toBe(404);
  expect((await client.call("GET", `/transaction/${at(first.body, "transaction.id")}`)).status).toBe(200);
});
