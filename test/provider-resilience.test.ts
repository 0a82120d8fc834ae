import { BanksDataSource } from "../src/datasources/banks.datasource.js";
import { MemoryBudget } from "../src/datasources/budget/memory-budget.js";
import { parseRateLimit } from "../src/datasources/budget/rate-windows.js";
import { FeesDataSource } from "../src/datasources/fees.datasource.js";
import { TransactionsDataSource } from "../src/datasources/transactions.datasource.js";
import { take } from "./support/provider-budget-contract.js";
import { connect, failureOf, type StubHandler, type StubProvider, startStubProvider } from "./support/stub-provider.js";
import { closeAfterTest, until } from "./support/test-redis.js";

const payoutRoute = "POST /api/external/payout";
const walletRoute = "GET /api/external/wallet";
const down: StubHandler = { status: 503, body: "down" };

const reset: StubHandler = (_request, response) => {
  response.destroy();
  return undefined;
};

function openBudget(rateLimit: string): MemoryBudget {
  const budget = new MemoryBudget({ windows: parseRateLimit(rateLimit) });
  closeAfterTest(() => budget.close());
  return budget;
}

/** Answers each request of the route only when it is told to. */
function holdAnswers(provider: StubProvider, route: string, answer: StubHandler) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  provider.answer(route, async (request, response) => {
    await released;
    return typeof answer === "function" ? answer(request, response) : answer;
  });
  return release;
}

describe("a read that fails", () => {
  test.each([
    ["a 500", { status: 500, body: { message: "Server Error" } }],
    ["a proxy's 502", { status: 502, body: "<html>" }],
    ["a lost connection", reset],
  ] as [string, StubHandler][])("is asked again after %s", async (_name, failure) => {
    const provider = await startStubProvider();
    provider.answer(walletRoute, failure, failure, { body: { data: "at last" } });
    await expect(connect(provider).get("/wallet")).resolves.toEqual({ data: "at last" });
    expect(provider.received(walletRoute)).toHaveLength(3);
  });

  test("is asked three times at most", async () => {
    const provider = await startStubProvider();
    provider.answer(walletRoute, { status: 500 });
    expect(await failureOf(connect(provider).get("/wallet"))).toMatchObject({ kind: "UNAVAILABLE", httpStatus: 500 });
    expect(provider.received(walletRoute)).toHaveLength(3);
  });

  test.each([
    ["a refusal", { status: 422, body: { message: "No." } }],
    ["what is not there", { status: 404, body: { message: "Not found" } }],
    ["a 429", { status: 429, body: {} }],
    ["garbage", { body: "<html>" }],
    ["a 503 that names a time", { status: 503, headers: { "Retry-After": "7" } }],
  ] as [string, StubHandler][])("is not asked again after %s", async (_name, failure) => {
    const provider = await startStubProvider();
    provider.answer(walletRoute, failure);
    await failureOf(connect(provider).get("/wallet"));
    expect(provider.received(walletRoute)).toHaveLength(1);
  });

  test("ends in time, whatever is left to try", async () => {
    const provider = await startStubProvider();
    provider.answer(walletRoute, () => undefined);
    const startedAtMs = performance.now();
    const client = connect(provider, { timeoutMs: 900 });
    // No patience for its turn, so that its whole time is one timeout.
    expect(await failureOf(client.get("/wallet", {}, "reconciliation"))).toMatchObject({ kind: "UNAVAILABLE" });
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
    expect(provider.received(walletRoute)).toHaveLength(1);
  });

  test("may be a POST that only asks", async () => {
    const provider = await startStubProvider();
    const client = connect(provider);
    const asked = ["POST /api/external/transaction", "POST /api/external/fees/breakdown"];
    provider.answer(asked[0] as string, down, { body: { data: [] } });
    provider.answer(asked[1] as string, down, { body: { data: { payout_fees: [] } } });
    const lookUp = "POST /api/external/bank/account-lookup";
    provider.answer(lookUp, down, { body: { data: { account_name: "Ada" } } });
    await new TransactionsDataSource(client).list();
    await new FeesDataSource(client).payoutQuotes({
      sourceCurrency: "NGN",
      targetCurrency: "GBP",
      amount: { send: "10" },
    });
    await new BanksDataSource(client).accountName("bank-1", "0000000000");
    for (const route of [...asked, lookUp]) expect(provider.received(route)).toHaveLength(2);
  });
});

describe("what changes something at the provider is sent once", () => {
  const failures: [string, StubHandler][] = [
    ["a 500", { status: 500 }],
    ["a lost connection", reset],
    ["no answer in time", () => undefined],
    ["garbage", { body: "<html>" }],
    ["a 429", { status: 429 }],
  ];

  test.each(failures)("a payout, after %s", async (_name, failure) => {
    const provider = await startStubProvider();
    provider.answer(payoutRoute, failure);
    const error = await failureOf(connect(provider, { timeoutMs: 300 }).post("/payout", { a: 1 }, "payout"));
    expect(error).toMatchObject({ outcome: "UNKNOWN" });
    expect(provider.received(payoutRoute)).toHaveLength(1);
  });

  test.each(["POST", "PUT"] as const)("any other %s", async (method) => {
    const provider = await startStubProvider();
    const route = `${method} /api/external/customer`;
    provider.answer(route, { status: 500 });
    const client = connect(provider);
    await failureOf(method === "POST" ? client.post("/customer", {}) : client.put("/customer", {}));
    expect(provider.received(route)).toHaveLength(1);
  });
});

describe("equal reads under way", () => {
  test("are one call, whose answer all of them get", async () => {
    const provider = await startStubProvider();
    const release = holdAnswers(provider, walletRoute, { body: { data: [] } });
    const client = connect(provider);
    const reads = Array.from({ length: 10 }, () => client.get("/wallet", { page: "1" }));
    const other = client.get("/wallet", { page: "2" });
    await until(() => provider.received(walletRoute).length === 2);
    reads.push(client.get("/wallet", { page: "1" }));
    release();
    expect(await Promise.all(reads)).toEqual(reads.map(() => ({ data: [] })));
    await other;
    expect(provider.received(walletRoute)).toHaveLength(2);
    await client.get("/wallet", { page: "1" });
    expect(provider.received(walletRoute)).toHaveLength(3);
  });

  test("share an error too", async () => {
    const provider = await startStubProvider();
    const release = holdAnswers(provider, walletRoute, { status: 422, body: { message: "No." } });
    const client = connect(provider);
    const failures = [failureOf(client.get("/wallet")), failureOf(client.get("/wallet"))];
    release();
    const [first, second] = await Promise.all(failures);
    expect(first).toMatchObject({ kind: "REFUSED" });
    expect(second).toBe(first);
    expect(provider.received(walletRoute)).toHaveLength(1);
  });

  test("are never joined across a write: the answer may be older than it", async () => {
    const provider = await startStubProvider();
    const release = holdAnswers(provider, walletRoute, { body: {} });
    provider.answer("PUT /api/external/customer/1", { body: {} });
    const client = connect(provider);
    const before = client.get("/wallet");
    await client.put("/customer/1", {});
    const after = client.get("/wallet");
    // Sooner than the first could time out and be asked again.
    await until(() => provider.received(walletRoute).length === 2, 2_000);
    release();
    await Promise.all([before, after]);
  });

  test("a client's read does not stand in for the patience of reconciliation", async () => {
    const provider = await startStubProvider();
    const budget = openBudget("10/1s");
    await take(budget, "payout", 8);
    provider.answer(walletRoute, { body: {} });
    const client = connect(provider, { budget, credentials: { apiKey: "key-1" } });
    const spare = failureOf(client.get("/wallet", {}, "reconciliation"));
    const read = client.get("/wallet");
    expect(await spare).toMatchObject({ kind: "RATE_LIMITED" });
    await read;
    expect(provider.received(walletRoute)).toHaveLength(1);
  });

  test("POSTs are never joined", async () => {
    const provider = await startStubProvider();
    provider.answer(payoutRoute, { body: {} });
    const client = connect(provider);
    await Promise.all([client.post("/payout", { a: 1 }, "payout"), client.post("/payout", { a: 1 }, "payout")]);
    expect(provider.received(payoutRoute)).toHaveLength(2);
  });
});

describe("the budget", () => {
  const usedOf = async (budget: MemoryBudget) => (await budget.snapshot()).windows[0]?.used;

  test("counts every request: the token's, the refused one, the new token's and the repeated one", async () => {
    const provider = await startStubProvider();
    const budget = openBudget("100/1m");
    provider.answer(walletRoute, { status: 401, body: { message: "Expired." } }, { body: {} });
    await connect(provider, { budget }).get("/wallet");
    expect(await usedOf(budget)).toBe(4);
  });

  test.each([
    ["its answer came", { body: {} }],
    ["its connection was lost", reset],
  ] as [string, StubHandler][])("counts a call from when %s", async (_name, answer) => {
    const provider = await startStubProvider();
    const client = connect(provider, { budget: openBudget("1/1s"), credentials: { apiKey: "key-1" } });
    const release = holdAnswers(provider, payoutRoute, answer);
    const first = client.post("/payout", {}).catch(() => {});
    await until(() => provider.received(payoutRoute).length === 1, 2_000);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    provider.answer("POST /api/external/customer", { body: {} });
    const second = client.post("/customer", {});
    release();
    await first;
    const overAtMs = performance.now();
    await second;
    expect(performance.now() - overAtMs).toBeGreaterThan(900);
    expect(performance.now() - overAtMs).toBeLessThan(4_000);
  });

  test("counts each repetition of a read", async () => {
    const provider = await startStubProvider();
    const budget = openBudget("100/1m");
    provider.answer(walletRoute, { status: 500 });
    await failureOf(connect(provider, { budget, credentials: { apiKey: "key-1" } }).get("/wallet"));
    expect(await usedOf(budget)).toBe(3);
  });

  test("refuses early and sends nothing, but still sends a payout", async () => {
    const provider = await startStubProvider();
    const client = connect(provider, { budget: openBudget("10/1m"), credentials: { apiKey: "key-1" } });
    provider.answer(walletRoute, { body: {} });
    provider.answer(payoutRoute, { body: {} });
    for (let page = 0; page < 8; page += 1) await client.get("/wallet", { page: String(page) });
    const error = await failureOf(client.get("/wallet"));
    expect(error).toMatchObject({ kind: "RATE_LIMITED", outcome: "NOT_DONE" });
    expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(50);
    expect(provider.received(walletRoute)).toHaveLength(8);
    await client.post("/payout", {}, "payout");
    expect(provider.received(payoutRoute)).toHaveLength(1);
  });

  test("learns from the headers of an answer", async () => {
    const provider = await startStubProvider();
    const budget = openBudget("100/1m");
    const client = connect(provider, { budget, credentials: { apiKey: "key-1" } });
    const resetAt = String(Math.ceil(Date.now() / 1000) + 40);
    const headers = { "X-RateLimit-Limit": "120", "X-RateLimit-Remaining": "3", "X-RateLimit-Reset": resetAt };
    provider.answer(walletRoute, { headers, body: {} });
    await client.get("/wallet");
    expect(await usedOf(budget)).toBe(97);
    expect(await failureOf(client.get("/wallet"))).toMatchObject({ kind: "RATE_LIMITED" });
  });

  test("pauses for as long as a 429 says, by the provider's own clock", async () => {
    const provider = await startStubProvider();
    const budget = openBudget("100/1m");
    const client = connect(provider, { budget, credentials: { apiKey: "key-1" } });
    const wrongNow = Date.parse("2031-01-01T00:00:00Z");
    const headers = { Date: new Date(wrongNow).toUTCString(), "X-RateLimit-Reset": String(wrongNow / 1000 + 20) };
    provider.answer(payoutRoute, { status: 429, headers, body: {} });
    expect(await failureOf(client.post("/payout", {}, "payout"))).toMatchObject({ outcome: "UNKNOWN" });
    const { pausedForMs } = await budget.snapshot();
    expect(pausedForMs).toBeGreaterThan(19_000);
    expect(pausedForMs).toBeLessThanOrEqual(21_000);
    expect(await failureOf(client.post("/payout", {}, "payout"))).toMatchObject({ outcome: "NOT_DONE" });
    expect(provider.received(payoutRoute)).toHaveLength(1);
  });

  test("the token's endpoint does not speak for the API's limit", async () => {
    const provider = await startStubProvider();
    const budget = openBudget("100/1m");
    provider.answer("POST /oauth/token", {
      headers: { "X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0" },
      body: { access_token: "token-1", expires_in: 900 },
    });
    provider.answer(walletRoute, { body: {} });
    await connect(provider, { budget }).get("/wallet");
    expect(await usedOf(budget)).toBe(2);
  });
});

describe("a provider that is down", () => {
  async function breakIt(failure: StubHandler, options: Parameters<typeof connect>[1] = {}) {
    const provider = await startStubProvider();
    provider.answer(payoutRoute, failure);
    const client = connect(provider, { credentials: { apiKey: "key-1" }, ...options });
    for (let call = 0; call < 5; call += 1) await failureOf(client.post("/payout", {}, "payout"));
    return { provider, client };
  }

  test.each([
    ["fails", down],
    ["loses connections", reset],
    ["refuses the credential", { status: 401, body: { message: "No." } }],
    ["forbids the address", { status: 403, body: { message: "No." } }],
  ] as [string, StubHandler][])("is left alone once it %s five times in a row", async (_name, failure) => {
    const budget = openBudget("100/1m");
    const { provider, client } = await breakIt(failure, { budget });
    const startedAtMs = performance.now();
    for (let call = 0; call < 3; call += 1) {
      const error = await failureOf(client.post("/payout", {}, "payout"));
      expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "NOT_DONE", retryAfterSeconds: 5 });
    }
    expect(performance.now() - startedAtMs).toBeLessThan(500);
    expect(provider.received(payoutRoute)).toHaveLength(5);
    expect((await budget.snapshot()).windows[0]?.used).toBe(5);
    // Only this endpoint: failing payouts do not stop what finds out what became of them.
    provider.answer(walletRoute, { body: [] });
    await expect(client.get("/wallet")).resolves.toEqual([]);
  });

  // Both wait out the same five seconds.
  test("is tried by one call at a time after five seconds, and one that the budget holds back proves nothing", async () => {
    const budget = openBudget("10/1m");
    const [healing, failing] = await Promise.all([breakIt(down), breakIt(down, { budget })]);
    await new Promise((resolve) => setTimeout(resolve, 5_050));

    const release = holdAnswers(healing.provider, payoutRoute, { body: {} });
    const probe = healing.client.post("/payout", {}, "payout");
    await until(() => healing.provider.received(payoutRoute).length === 6);
    expect(await failureOf(healing.client.post("/payout", {}, "payout"))).toMatchObject({ outcome: "NOT_DONE" });
    release();
    await probe;
    healing.provider.answer(payoutRoute, { body: { ok: true } });
    await expect(healing.client.post("/payout", {}, "payout")).resolves.toEqual({ ok: true });
    expect(healing.provider.received(payoutRoute)).toHaveLength(7);

    // Half of the window is spent: nothing to spare for reconciliation. The payout tries in its place, and fails.
    const spare = await failureOf(failing.client.post("/payout", {}, "reconciliation"));
    expect(spare).toMatchObject({ kind: "RATE_LIMITED", outcome: "NOT_DONE" });
    const fail = holdAnswers(failing.provider, payoutRoute, down);
    const tried = failureOf(failing.client.post("/payout", {}, "payout"));
    expect(await failureOf(failing.client.post("/payout", {}, "payout"))).toMatchObject({ outcome: "NOT_DONE" });
    fail();
    expect(await tried).toMatchObject({ outcome: "UNKNOWN" });
    expect(await failureOf(failing.client.post("/payout", {}, "payout"))).toMatchObject({ outcome: "NOT_DONE" });
    expect(failing.provider.received(payoutRoute)).toHaveLength(6);
  });

  test("answers in between, also refusals, show that it is there", async () => {
    const provider = await startStubProvider();
    const client = connect(provider, { credentials: { apiKey: "key-1" } });
    const no: StubHandler = { status: 422, body: { message: "No." } };
    provider.answer(payoutRoute, down, down, down, down, no, down, down, down, down, no);
    for (let call = 0; call < 10; call += 1) await failureOf(client.post("/payout", {}, "payout"));
    expect(provider.received(payoutRoute)).toHaveLength(10);
  });
});
