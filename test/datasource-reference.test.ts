import { BanksDataSource } from "../src/datasources/banks.datasource.js";
import { CurrenciesDataSource } from "../src/datasources/currencies.datasource.js";
import { FeesDataSource } from "../src/datasources/fees.datasource.js";
import type { ProviderClient } from "../src/datasources/provider-client.js";
import { WalletsDataSource } from "../src/datasources/wallets.datasource.js";
import { WebhooksDataSource } from "../src/datasources/webhooks.datasource.js";
import { connect, failureOf, startStubProvider } from "./support/stub-provider.js";

async function having<T>(Source: new (client: ProviderClient) => T, route: string, body: unknown, status = 200) {
  const provider = await startStubProvider();
  provider.answer(route, { status, body });
  const source = new Source(connect(provider));
  return { source, request: () => provider.received(route)[0], provider };
}

describe("wallets", () => {
  const row = '{"id": 7, "currency": "NGN", "currency_id": "1", "amount": 9007199254740993.01, "is_active": true}';
  const wallet = { id: "7", balance: { amount: "9007199254740993.01", currency: "NGN" }, active: true };

  test.each([`[${row}]`, `{"message": "ok", "data": [${row}]}`])("are listed from %s", async (body) => {
    const { source } = await having(WalletsDataSource, "GET /api/external/wallet", body);
    await expect(source.list()).resolves.toEqual([wallet]);
  });

  test("are found by id, or null", async () => {
    const { source } = await having(WalletsDataSource, "GET /api/external/wallet/7", row);
    await expect(source.get("7")).resolves.toEqual(wallet);
    await expect(source.get("8")).resolves.toBeNull();
    await expect(source.get("")).resolves.toBeNull();
  });
});

describe("currencies", () => {
  const rows = [
    { id: 1, code: "NGN", name: "Nigerian Naira", active: true },
    { id: "7", code: "XOF", name: "CFA Franc", active: 0 },
    { id: "8", code: "XOF", name: null, active: "1" },
  ];

  test.each([[rows], [{ data: rows }]])("are listed with text ids", async (body) => {
    const { source } = await having(CurrenciesDataSource, "GET /api/external/currency", body);
    await expect(source.list()).resolves.toEqual([
      { id: "1", code: "NGN", name: "Nigerian Naira", active: true },
      { id: "7", code: "XOF", name: "CFA Franc", active: false },
      { id: "8", code: "XOF", name: "XOF", active: true },
    ]);
  });

  test("have an id by their code, an active one first", async () => {
    const { source } = await having(CurrenciesDataSource, "GET /api/external/currency", rows);
    expect([await source.idByCode("xof"), await source.idByCode("NGN"), await source.idByCode("KES")]).toEqual([
      "8",
      "1",
      null,
    ]);
  });
});

describe("banks", () => {
  test("are listed for a currency and a country", async () => {
    const { source, request } = await having(BanksDataSource, "GET /api/external/bank", [
      { id: 1, name: "Access Bank", code: "044", country: { code: "NG", name: "Nigeria" } },
      { id: "2", name: "Other Bank" },
    ]);
    await expect(source.list({ currency: "NGN", country: "NG" })).resolves.toEqual([
      { id: "1", name: "Access Bank", code: "044", country: "NG" },
      { id: "2", name: "Other Bank", code: null, country: null },
    ]);
    expect(request()?.query.toString()).toBe("currency=NGN&country=NG");
  });

  test.each([{ account_name: "Mary Major" }, { data: { account_name: "Mary Major", bank_code: "057" } }])(
    "name the holder of an account (%j)",
    async (body) => {
      const { source, request } = await having(BanksDataSource, "POST /api/external/bank/account-lookup", body);
      await expect(source.accountName("2", "0123456789")).resolves.toBe("Mary Major");
      expect(request()?.body.toString()).toBe('{"account_number":"0123456789","bank_id":"2"}');
    },
  );

  test("know no holder of an account that is not theirs", async () => {
    const body = { message: "Invalid account number or bank code" };
    const { source } = await having(BanksDataSource, "POST /api/external/bank/account-lookup", body, 400);
    await expect(source.accountName("2", "0000000000")).resolves.toBeNull();
  });

  test("do not hide another refusal", async () => {
    const body = { message: "Account lookup is switched off" };
    const { source } = await having(BanksDataSource, "POST /api/external/bank/account-lookup", body, 400);
    expect(await failureOf(source.accountName("2", "0123456789"))).toMatchObject({ kind: "REFUSED" });
  });

  test.each([
    [[{ id: 3, name: "M-PESA", code: "MPESA", country_id: "110" }]],
    [{ message: "ok", data: [{ id: "3", name: "M-PESA", code: "MPESA" }] }],
  ])("have mobile money operators beside them", async (body) => {
    const { source, request } = await having(BanksDataSource, "GET /api/external/momo-operator", body);
    await expect(source.mobileMoneyOperators("110")).resolves.toEqual([{ id: "3", name: "M-PESA", code: "MPESA" }]);
    expect(request()?.query.get("currency_id")).toBe("110");
  });
});

describe("quotes", () => {
  const asked = { sourceCurrency: "CAD", targetCurrency: "NGN", amount: { send: "100.0" } };
  const quote = {
    method: "BANK_TRANSFER",
    youSend: { amount: "100", currency: "CAD" },
    recipientGets: { amount: "59100.25", currency: "NGN" },
    totalFees: { amount: "1.5", currency: "CAD" },
    rate: "600.5",
  };

  test("come from the fees of paying out, one for each method", async () => {
    const entry = { method: "BANK_TRANSFER", you_send: 100, recipient_gets: 59100.25, total_fees: 1.5, rate: 600.5 };
    const { source, request } = await having(FeesDataSource, "POST /api/external/fees/breakdown", {
      our_fee: 1.5,
      collection_fees: [{ ...entry, method: "CARD" }],
      payout_fees: [entry, { ...entry, method: "MOBILE_MONEY", rate: null }],
    });
    await expect(source.payoutQuotes(asked)).resolves.toEqual([
      quote,
      { ...quote, method: "MOBILE_MONEY", rate: null },
    ]);
    expect(request()?.body.toString()).toBe('{"from_currency_id":"CAD","to_currency_id":"NGN","from_amount":100.0}');
  });

  test("come from the oldest version's single breakdown", async () => {
    const data = {
      method: "bank_transfer",
      you_send: 100,
      recipient_gets: 59100.25,
      total_fees: 1.5,
      exchange_rate: 600.5,
    };
    const { source } = await having(FeesDataSource, "POST /api/external/fees/breakdown", { status: true, data });
    await expect(source.payoutQuotes(asked)).resolves.toEqual([quote]);
  });
});

describe("webhook administration", () => {
  const urls = { payoutUrl: "https://gw.example/webhooks", collectionUrl: "https://gw.example/webhooks" };

  test("a registration brings the signing secret where there is one", async () => {
    const route = "POST /api/external/webhook";
    const { source, request, provider } = await having(WebhooksDataSource, route, { data: { signing_secret: "shh" } });
    await expect(source.register(urls)).resolves.toEqual({ signingSecret: "shh" });
    expect(JSON.parse(request()?.body.toString() ?? "")).toEqual({
      collection_url: "https://gw.example/webhooks",
      payout_url: "https://gw.example/webhooks",
    });
    provider.answer(route, { body: { status: true, data: { payout_url: "https://gw.example/webhooks" } } });
    await expect(source.register(urls)).resolves.toEqual({ signingSecret: null });
  });

  const registered = { payout_url: "https://gw.example/p", collection_url: "https://gw.example/c" };
  test.each([
    [{ id: 9, ...registered, kyc_url: null }, "9"],
    [{ status: true, message: "ok", data: registered }, null],
  ])("the registration is read from %j", async (body, registrationId) => {
    const { source } = await having(WebhooksDataSource, "GET /api/external/webhook", body);
    await expect(source.get()).resolves.toEqual({
      id: registrationId,
      payoutUrl: "https://gw.example/p",
      collectionUrl: "https://gw.example/c",
      kycUrl: null,
    });
  });

  test("no registration is null", async () => {
    const body = { status: false, message: "No webhook URLs configured" };
    const { source } = await having(WebhooksDataSource, "GET /api/external/webhook", body, 404);
    await expect(source.get()).resolves.toBeNull();
  });

  test("an update clears what is null and leaves out what is not said", async () => {
    const { source, request, provider } = await having(WebhooksDataSource, "PUT /api/external/webhook/9", {
      message: "ok",
    });
    await source.update("9", { ...urls, kycUrl: null });
    expect(JSON.parse(request()?.body.toString() ?? "")).toHaveProperty("kyc_url", null);
    await source.update("9", urls);
    expect(JSON.parse(provider.received("PUT /api/external/webhook/9")[1]?.body.toString() ?? "")).not.toHaveProperty(
      "kyc_url",
    );
  });

  test("a replay names the transaction", async () => {
    const { source, request } = await having(WebhooksDataSource, "POST /api/external/webhook-replay", {
      message: "ok",
    });
    await source.replay("transaction-1");
    expect(request()?.body.toString()).toBe('{"transaction_id":"transaction-1"}');
  });

  test("a log keeps the digits of the body that was sent", async () => {
    const log =
      '{"id": 5, "type": "payout", "status": "FAILED", "business_transaction_id": "transaction-1",' +
      '"payload": {"transaction_amount": 20.0}, "created_at": "2026-03-13T14:30:00.000000Z"}';
    const { source, request } = await having(
      WebhooksDataSource,
      "GET /api/external/webhook-logs",
      `{"current_page": 1, "data": [${log}], "per_page": 1, "total": 2}`,
    );
    await expect(source.listLogs({ status: "FAILED", perPage: 1 })).resolves.toEqual({
      logs: [
        {
          id: "5",
          type: "payout",
          status: "FAILED",
          transactionId: "transaction-1",
          payload: '{"transaction_amount":20.0}',
          createdAt: new Date("2026-03-13T14:30:00Z"),
        },
      ],
      hasMore: true,
    });
    expect(request()?.query.toString()).toBe("status=FAILED&per_page=1");
  });
});
