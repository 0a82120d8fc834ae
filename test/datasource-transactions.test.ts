import { parse } from "lossless-json";
import { TransactionsDataSource } from "../src/datasources/transactions.datasource.js";
import { readProviderFixture } from "./support/provider-fixtures.js";
import { connect, failureOf, startStubProvider } from "./support/stub-provider.js";

async function transactionsWith(route: string, body: unknown, status = 200) {
  const provider = await startStubProvider();
  provider.answer(route, { status, body });
  return { provider, transactions: new TransactionsDataSource(connect(provider)) };
}

const fixture = readProviderFixture("transaction-answer");

test.each(["transaction-2", "reference-2", "gw-2"])("a payout is found by its name %s", async (key) => {
  const { transactions } = await transactionsWith(`GET /api/external/transaction/${key}`, fixture);
  await expect(transactions.get(key)).resolves.toEqual({
    kind: "payout",
    transactionId: "transaction-2",
    merchantReference: "gw-2",
    status: "SUCCESSFUL",
    occurredAt: null,
    isLookUp: true,
    details: {
      reference: "reference-2",
      customerId: "customer-1",
      walletId: "wallet-cad",
      amount: { amount: "9007199254740993.01", currency: "CAD" },
      fee: { amount: "0.4", currency: "CAD" },
      rate: "1090.25",
      recipient: { accountName: "Mary Major", email: "mary@example.com", amount: "21500.0", currency: "NGN" },
      createdAt: new Date("2026-05-04T08:15:30Z"),
    },
  });
});

test("a payout that is not there is null", async () => {
  const { transactions } = await transactionsWith(
    "GET /api/external/transaction/gw-3",
    { message: "Transaction not found" },
    404,
  );
  await expect(transactions.get("gw-3")).resolves.toBeNull();
});

test("a page of a proxy does not say that a payout is not there", async () => {
  const { transactions } = await transactionsWith("GET /api/external/transaction/gw-3", "<html>Not found</html>", 404);
  expect(await failureOf(transactions.get("gw-3"))).toMatchObject({ kind: "UNAVAILABLE" });
});

test.each(["collection", "swap"])("a %s is not a payout", async (type) => {
  const { transactions } = await transactionsWith("GET /api/external/transaction/7", { data: { id: 7, type } });
  await expect(transactions.get("7")).resolves.toBeNull();
});

test("another transaction than the one that was asked for is not taken for it", async () => {
  const { transactions } = await transactionsWith("GET /api/external/transaction/gw-9", fixture);
  expect(await failureOf(transactions.get("gw-9"))).toMatchObject({ kind: "GARBLED" });
});

test.each(["", "..", ".", "\ud800", "x".repeat(300)])("the key %j finds nothing and asks nobody", async (key) => {
  const { provider, transactions } = await transactionsWith("GET /api/external/", {});
  await expect(transactions.get(key)).resolves.toBeNull();
  expect(provider.connections).toBe(0);
});

test("a key stays one segment of the path", async () => {
  const { provider, transactions } = await transactionsWith(
    "GET /api/external/transaction/..%2Fwallet%3Fa",
    { message: "Transaction not found" },
    404,
  );
  await transactions.get("../wallet?a");
  expect(provider.received("GET /api/external/transaction/..%2Fwallet%3Fa")).toHaveLength(1);
});

test("a list holds payouts only and knows whether there is more", async () => {
  const { data } = JSON.parse(fixture);
  const { provider, transactions } = await transactionsWith("POST /api/external/transaction", {
    data: [{ ...data, type: "collection" }, data],
    links: { next: null },
    meta: { current_page: 2, last_page: 3 },
  });
  const page = await transactions.list({ customerId: "customer-1", startDate: "2026-05-01", page: 2, limit: 2 });
  expect(page).toMatchObject({ changes: [{ transactionId: "transaction-2", isLookUp: true }], hasMore: true });
  const [request] = provider.received("POST /api/external/transaction");
  expect(parse(request?.body.toString() ?? "")).toEqual(
    parse('{"type":"SEND_MONEY","start_date":"2026-05-01","customer_id":"customer-1","page":2,"limit":2}'),
  );
  expect(request?.query.get("page")).toBe("2");
});
