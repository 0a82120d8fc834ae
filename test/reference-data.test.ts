import { startTestGateway } from "./support/start-test-gateway.js";
import { wallets as walletIds } from "./support/test-client.js";

const quotes = `query ($input: PayoutQuoteInput!) {
  payoutQuotes(input: $input) {
    method youSend { amount currency } recipientGets { amount currency } totalFees { amount currency } rate
  }
}`;

const money = (amount: string, currency: string) => ({ amount, currency });

test("wallets show their balances to the last digit", async () => {
  const { client } = await startTestGateway();
  const { wallets } = await client.run("{ wallets { id active balance { amount currency } } }");
  expect(wallets).toEqual([
    { id: walletIds.NGN, active: true, balance: money("1000000000000000000.50", "NGN") },
    { id: walletIds.CAD, active: true, balance: money("5000000.00", "CAD") },
    { id: walletIds.USD, active: true, balance: money("5000000.00", "USD") },
    { id: walletIds.EUR, active: true, balance: money("5000000.00", "EUR") },
    { id: walletIds.GBP, active: true, balance: money("5000000.00", "GBP") },
  ]);
});

test("currencies are the provider's, by code and name", async () => {
  const { client, provider } = await startTestGateway();
  const { currencies } = await client.run("{ currencies { code name active } }");
  expect(currencies.map(({ code }: { code: string }) => code)).toEqual(
    expect.arrayContaining(["NGN", "GBP", "EUR", "USD", "CAD", "KES", "UGX", "TZS", "XOF", "GHS"]),
  );
  expect(currencies).toContainEqual({ code: "XOF", name: "West African CFA Franc", active: true });
  await client.run("{ currencies { code } }");
  expect(provider.received("GET /currency")).toHaveLength(1);
});

test("what many callers ask at once is asked of the provider once", async () => {
  const { client, provider } = await startTestGateway();
  await Promise.all(
    Array.from({ length: 10 }, () => client.run("{ wallets { id } currencies { code } banks { id } }")),
  );
  for (const route of ["GET /wallet", "GET /currency", "GET /bank"]) expect(provider.received(route)).toHaveLength(1);
});

test("what could not be read is asked for again by the next caller", async () => {
  const { client, provider } = await startTestGateway();
  provider.failNext({ route: "GET /currency", kind: "answer", status: 500, times: 10 });
  const { errors } = await client.request("{ currencies { code } }");
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
  expect(errors).toMatchObject([{ path: ["currencies"], extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  expect((await client.run("{ currencies { code } }")).currencies.length).toBeGreaterThan(0);
});

test("banks are listed in all, by currency and by country", async () => {
  const { client } = await startTestGateway();
  const { all, naira, british, both, none } = await client.run(`{
    all: banks { id name country }
    naira: banks(currency: "NGN") { id code name country }
    british: banks(country: "GB") { name country }
    both: banks(currency: "EUR", country: "DE") { name }
    none: banks(currency: "EUR", country: "GB") { name }
  }`);
  expect(naira).toContainEqual({ id: "2", code: "057", name: "Zenith Bank", country: "NG" });
  expect(new Set(naira.map(({ country }: { country: string }) => country))).toEqual(new Set(["NG"]));
  expect(british).toEqual([
    { name: "Barclays", country: "GB" },
    { name: "Lloyds Bank", country: "GB" },
  ]);
  expect(both).toEqual([{ name: "Commerzbank" }]);
  expect(none).toEqual([]);
  expect(all.length).toBe(naira.length + british.length + both.length);
});

test("mobile money operators are those of the currency, and none where there are none", async () => {
  const { client } = await startTestGateway();
  const { kes, xof, ngn, unknown } = await client.run(`{
    kes: mobileMoneyOperators(currency: "KES") { id name code }
    xof: mobileMoneyOperators(currency: "XOF") { id }
    ngn: mobileMoneyOperators(currency: "NGN") { id }
    unknown: mobileMoneyOperators(currency: "JPY") { id }
  }`);
  expect(kes).toEqual([
    { id: "operator-1", name: "M-PESA", code: "MPESA" },
    { id: "operator-2", name: "Airtel Money Kenya", code: "AIRTEL_KE" },
  ]);
  expect(xof).toEqual([{ id: "operator-7" }, { id: "operator-8" }]);
  expect(ngn).toEqual([]);
  expect(unknown).toEqual([]);
});

test("a bank account has its holder's name, and is null where the bank does not know it", async () => {
  const { client } = await startTestGateway();
  const { known, unknown, noBank } = await client.run(`{
    known: bankAccount(bankId: "1", accountNumber: "0222500691") { bankId accountNumber accountName }
    unknown: bankAccount(bankId: "1", accountNumber: "0000000000") { accountName }
    noBank: bankAccount(bankId: "999", accountNumber: "0222500691") { accountName }
  }`);
  expect(known).toEqual({ bankId: "1", accountNumber: "0222500691", accountName: "Ada Obi" });
  expect(unknown).toBeNull();
  expect(noBank).toBeNull();
});

test.each([
  `{ banks(currency: "ngn") { id } }`,
  `{ banks(country: "Nigeria") { id } }`,
  `{ mobileMoneyOperators(currency: "") { id } }`,
  `{ bankAccount(bankId: "../x", accountNumber: "0222500691") { accountName } }`,
  `{ bankAccount(bankId: "1", accountNumber: "") { accountName } }`,
])("%s is refused before the provider is asked", async (query) => {
  const { client, provider } = await startTestGateway();
  const { errors } = await client.request(query);
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  expect(provider.received("GET /bank")).toHaveLength(0);
  expect(provider.received("POST /bank/account-lookup")).toHaveLength(0);
});

describe("payoutQuotes", () => {
  test("tell what a payment would cost by each method, and no way of paying in", async () => {
    const { client, provider } = await startTestGateway();
    const input = { sourceCurrency: "USD", targetCurrency: "USD", amount: { send: "612.88" } };
    const { payoutQuotes } = await client.run(quotes, { input });
    expect(payoutQuotes).toEqual([
      {
        method: "ACH",
        youSend: money("612.88", "USD"),
        recipientGets: money("606.75", "USD"),
        totalFees: money("6.13", "USD"),
        rate: "1",
      },
      {
        method: "WIRE",
        youSend: money("612.88", "USD"),
        recipientGets: money("586.75", "USD"),
        totalFees: money("26.13", "USD"),
        rate: "1",
      },
    ]);
    expect(provider.received("POST /fees/breakdown")[0]?.rawBody).toContain('"from_amount":612.88');
  });

  test("of what is to arrive tell what leaves the wallet, in the two currencies' decimals", async () => {
    const { client } = await startTestGateway();
    const input = { sourceCurrency: "USD", targetCurrency: "XOF", amount: { receive: "6051" } };
    expect((await client.run(quotes, { input })).payoutQuotes).toEqual([
      {
        method: "MOBILE_MONEY",
        youSend: money("10.11", "USD"),
        recipientGets: money("6051", "XOF"),
        totalFees: money("0.10", "USD"),
        rate: "605",
      },
    ]);
  });

  test("keep every digit", async () => {
    const { client, provider } = await startTestGateway();
    const input = { sourceCurrency: "NGN", targetCurrency: "NGN", amount: { send: "9007199254740993.01" } };
    expect((await client.run(quotes, { input })).payoutQuotes).toMatchObject([
      { youSend: money("9007199254740993.01", "NGN"), recipientGets: money("8917127262193583.08", "NGN") },
    ]);
    expect(provider.received("POST /fees/breakdown")[0]?.rawBody).toContain('"from_amount":9007199254740993.01');
  });

  test("are what the payout then costs", async () => {
    const { client } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const input = { sourceCurrency: "NGN", targetCurrency: "NGN", amount: { receive: "612.88" } };
    const [quote] = (await client.run(quotes, { input })).payoutQuotes;
    const { payout } = await client.createPayout({ customerId, amount: input.amount });
    expect(payout).toMatchObject({ amount: quote.youSend, fee: quote.totalFees });
    expect(payout.recipient.amount).toEqual(quote.recipientGets);
  });

  test.each([
    ["input.sourceCurrency", { sourceCurrency: "dollars" }],
    ["input.targetCurrency", { targetCurrency: "XXXX" }],
    ["input.amount.send", { amount: { send: "0" } }],
    ["input.amount.send", { amount: { send: "1.001" } }],
  ])("say that %s is wrong", async (place, changed) => {
    const { client, provider } = await startTestGateway();
    const input = { sourceCurrency: "USD", targetCurrency: "NGN", amount: { send: "10" }, ...changed };
    const { errors } = await client.request(quotes, { input });
    expect(errors).toMatchObject([{ message: expect.stringContaining(place), extensions: { code: "BAD_USER_INPUT" } }]);
    expect(provider.received("POST /fees/breakdown")).toHaveLength(0);
  });

  test("of a pair that the provider does not pay are a mistake of the caller's, told in its words", async () => {
    const { client } = await startTestGateway();
    const input = { sourceCurrency: "USD", targetCurrency: "JPY", amount: { send: "10" } };
    const { errors } = await client.request(quotes, { input });
    expect(errors).toEqual([
      {
        message: "Invalid request parameters",
        path: ["payoutQuotes"],
        extensions: { code: "BAD_USER_INPUT" },
      },
    ]);
  });
});
