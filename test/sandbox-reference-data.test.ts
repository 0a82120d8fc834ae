import {
  createVerifiedCustomer,
  ngnPayout,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
  wallets,
} from "./support/sandbox-client.js";

afterEach(stopAll);

test("wallets in NGN, CAD, USD, EUR and GBP stand ready with money", async () => {
  const { call } = await startSandboxClient();
  const { body } = await call("GET", "/wallet");
  const listed = body as { id: string; currency: string; currency_id: string; amount: number; is_active: boolean }[];
  expect(Object.fromEntries(listed.map(({ currency, id }) => [currency, id]))).toEqual(wallets);
  for (const wallet of listed) {
    expect(wallet).toMatchObject({ currency_id: expect.any(String), is_active: true });
    expect(wallet.amount).toBeGreaterThanOrEqual(5_000_000);
    expect((await call("GET", `/wallet/${wallet.id}`)).body).toEqual(wallet);
  }
  expect((await call("GET", "/wallet/unknown")).status).toBe(404);
});

test("currencies, banks and operators are bare lists, filtered by code, id or country", async () => {
  const { call } = await startSandboxClient();
  const rows = async (path: string) => (await call("GET", path)).body as Record<string, string>[];
  const codes = (await rows("/currency")).map(({ code }) => code);
  expect(codes).toEqual(["NGN", "CAD", "USD", "EUR", "GBP", "KES", "UGX", "TZS", "XOF", "GHS"]);
  expect((await rows("/bank?currency=NGN&country=ng")).map(({ name }) => name)).toContain("Zenith Bank");
  expect((await rows("/bank?country=GB")).map(({ name }) => name)).toEqual(["Barclays", "Lloyds Bank"]);
  expect(await rows("/bank?currency=XXX")).toEqual([]);
  const byCode = await rows("/momo-operator?currency_id=KES");
  expect(byCode).toContainEqual({ id: "operator-1", name: "M-PESA", code: "MPESA", country_id: "110" });
  expect(await rows("/momo-operator?currency_id=6")).toEqual(byCode);
  expect(await rows("/momo-operator?currency_id=6&country_id=1")).toEqual([]);
});

test("rates are decimal strings, found by part of their pair", async () => {
  const { call } = await startSandboxClient();
  const { body } = await call("GET", "/rate?search_term=usd/ngn");
  expect(body).toMatchObject({ data: [{ pair: "USD/NGN", value: "1550.00", is_active: true }] });
});

test("account holders are looked up by bank and number", async () => {
  const { call } = await startSandboxClient();
  const lookup = (bankId: string, accountNumber: string) =>
    call("POST", "/bank/account-lookup", { bank_id: bankId, account_number: accountNumber });
  expect((await lookup("2", "0222500691")).body).toEqual({
    message: "Account resolved successfully",
    account_name: "Ada Obi",
  });
  const other = (await lookup("2", "0123456789")).body;
  expect((await lookup("1", "0123456789")).body).toEqual(other);
  for (const [bankId, accountNumber] of [
    ["2", "0000000000"],
    ["999", "0222500691"],
    ["2", "123"],
  ] as const) {
    const refused = await lookup(bankId, accountNumber);
    expect([refused.status, refused.body]).toEqual([400, { message: "Invalid account number or bank code" }]);
  }
});

test("payees and IBANs are verified; no match and no reach are answers, not errors", async () => {
  const { call } = await startSandboxClient();
  const payee = (accountName: string | undefined, accountNumber = "12345678") =>
    call("POST", "/bank/payee-verification", {
      sort_code: "20-00-00",
      account_number: accountNumber,
      account_name: accountName,
    });
  expect((await payee("Jane Roe")).body).toMatchObject({ matched: true, match_confidence_code: null });
  expect((await payee("Jane Mismatch")).body).toMatchObject({ matched: false, match_confidence_code: "ANNM" });
  expect((await payee("Jane Closematch Roe")).body).toEqual({
    matched: false,
    match_confidence_code: "MBAM",
    suggested_account_name: "Jane Roe",
  });
  expect((await payee(undefined)).status).toBe(422);
  expect((await payee("Jane Roe", "1")).status).toBe(400);
  const iban = (text: string) => call("POST", "/bank/iban-verification", { iban: text });
  expect((await iban("DE89 3704 0044 0532 0130 00")).body).toMatchObject({ sepa_reachable: true });
  expect(await iban("AE070331234567890123456")).toMatchObject({ status: 200, body: { sepa_reachable: false } });
  expect((await iban("DE00370400440532013000")).status).toBe(422);
});

test("transactions are listed newest first, by page and filter", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const customerId = await createVerifiedCustomer(client);
  const other = await createVerifiedCustomer(client);
  for (const reference of ["order-1", "order-2", "order-3"]) {
    const note = reference === "order-2" ? "test-failed" : undefined;
    await client.call("POST", "/payout", ngnPayout(customerId, { merchant_reference: reference, note }));
  }
  await receiver.wait(
    3,
    ({ body }) => body.transaction_status === "SUCCESSFUL" || body.transaction_status === "FAILED",
  );
  const list = async (filter: Record<string, unknown>) => {
    const { body } = await client.call("POST", "/transaction", filter);
    return (body as { data: { merchant_reference: string }[] }).data.map((row) => row.merchant_reference);
  };
  expect(await list({})).toEqual(["order-3", "order-2", "order-1"]);
  expect(await list({ status: "FAILED" })).toEqual(["order-2"]);
  expect(await list({ merchant_reference: "order-1", type: "SEND_MONEY" })).toEqual(["order-1"]);
  expect(await list({ customer_id: other })).toEqual([]);
  expect(await list({ wallet_id: wallets.NGN, end_date: "2020-01-01" })).toEqual([]);
  expect(await list({ start_date: "2020-01-01", limit: 1, page: 2 })).toEqual(["order-2"]);
  expect(await list({ type: "SWAP" })).toEqual([]);
  for (const filter of [{ status: "PENDING" }, { type: "payout" }, { start_date: "today" }]) {
    expect((await client.call("POST", "/transaction", filter)).status).toBe(400);
  }
  const paged = await client.call("POST", "/transaction", { limit: 2 });
  expect(paged.body).toMatchObject({ meta: { per_page: 2, last_page: 2, total: 3, from: 1, to: 2 } });
});
