import { Agent } from "node:http";
import { AccessToken } from "../src/datasources/access-token.js";
import { ProviderError } from "../src/datasources/provider-error.js";
import { connect, failureOf, type StubProvider, startStubProvider, stubCredentials } from "./support/stub-provider.js";

const tokenRoute = "POST /oauth/token";
const walletRoute = "GET /api/external/wallet";

function tokens(...names: string[]) {
  return names.map((name) => ({ body: { token_type: "Bearer", expires_in: 900, access_token: name } }));
}

function sentTokens(provider: StubProvider): (string | undefined)[] {
  return provider.received(walletRoute).map((request) => request.headers.authorization);
}

test("the token is asked for with the client's credentials as a form", async () => {
  const provider = await startStubProvider();
  provider.answer(walletRoute, { body: [] });
  await connect(provider).get("/wallet");
  const [request] = provider.received(tokenRoute);
  expect(request?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(Object.fromEntries(new URLSearchParams(request?.body.toString()))).toEqual({
    grant_type: "client_credentials",
    client_id: "client-1",
    client_secret: "s3cret-value",
    scope: "customer:read payout:create",
  });
  expect(sentTokens(provider)).toEqual(["Bearer token-1"]);
});

test("callers that come together share one token", async () => {
  const provider = await startStubProvider();
  provider.answer(walletRoute, { body: [] });
  const client = connect(provider);
  await Promise.all(Array.from({ length: 20 }, (_, page) => client.get("/wallet", { page: String(page) })));
  await client.get("/wallet");
  expect(provider.received(tokenRoute)).toHaveLength(1);
  expect(sentTokens(provider)).toHaveLength(21);
});

test.each([
  ["900", 839, 841],
  [900, 839, 841],
  [undefined, 839, 841],
  ["soon", 839, 841],
  [40, 19, 21],
])("a token with expires_in %p is used for the life it has left less a margin", async (expiresIn, until, from) => {
  const provider = await startStubProvider();
  const answer = (token: string) => ({ body: { access_token: token, expires_in: expiresIn } });
  provider.answer(tokenRoute, answer("first"), answer("second"));
  const agent = new Agent();
  let nowMs = 5_000;
  const token = new AccessToken({
    url: `${provider.url}/oauth/token`,
    client: stubCredentials,
    limits: { agent, timeoutMs: 5_000, maxResponseBytes: 10_000 },
    userAgent: "payout-gateway/test",
    nowMs: () => nowMs,
  });
  await token.get();
  nowMs = 5_000 + until * 1000;
  expect(await token.get()).toBe("first");
  nowMs = 5_000 + from * 1000;
  expect(await token.get()).toBe("second");
  agent.destroy();
});

test("a call refused with 401 is sent once more with a new token", async () => {
  const provider = await startStubProvider();
  provider.answer(tokenRoute, ...tokens("old", "new"));
  provider.answer("POST /api/external/payout", { status: 401, body: { message: "Invalid" } }, { body: { ok: true } });
  await expect(connect(provider).post("/payout", { note: "once" })).resolves.toEqual({ ok: true });
  const sent = provider.received("POST /api/external/payout");
  expect(sent.map((request) => request.headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
  expect(sent.map((request) => request.body.toString())).toEqual(['{"note":"once"}', '{"note":"once"}']);
});

test("callers refused together mint one new token between them", async () => {
  const provider = await startStubProvider();
  provider.answer(tokenRoute, ...tokens("old", "new"));
  provider.answer(walletRoute, (request) =>
    request.headers.authorization === "Bearer new" ? { body: [] } : { status: 401, body: { message: "Invalid" } },
  );
  const client = connect(provider);
  await Promise.all(Array.from({ length: 8 }, (_, page) => client.get("/wallet", { page: String(page) })));
  expect(provider.received(tokenRoute)).toHaveLength(2);
});

test("a second 401 is the provider's last word", async () => {
  const provider = await startStubProvider();
  provider.answer(walletRoute, { status: 401, body: { status: false, message: "Invalid or missing access token" } });
  const error = await failureOf(connect(provider).get("/wallet"));
  expect(error).toMatchObject({ kind: "UNAUTHENTICATED", outcome: "NOT_DONE", httpStatus: 401 });
  expect(provider.received(walletRoute)).toHaveLength(2);
  expect(provider.received(tokenRoute)).toHaveLength(2);
});

test.each([
  [
    { status: 401, body: { error: "invalid_client", error_description: "Client authentication failed." } },
    "UNAUTHENTICATED",
  ],
  [
    { status: 400, body: { error: "invalid_scope", error_description: "Invalid scope(s) provided" } },
    "UNAUTHENTICATED",
  ],
  [{ status: 500, body: "oops" }, "UNAVAILABLE"],
  [{ status: 429, body: { message: "Too Many Attempts." } }, "RATE_LIMITED"],
  [{ status: 200, body: { token_type: "Bearer" } }, "GARBLED"],
  [{ status: 200, body: { access_token: "a\r\nX-Injected: 1" } }, "GARBLED"],
])("without a token (%j) nothing is sent and the failure says so", async (answer, kind) => {
  const provider = await startStubProvider();
  provider.answer(tokenRoute, answer);
  const error = await failureOf(connect(provider).post("/payout", {}, "payout"));
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({ kind, outcome: "NOT_DONE" });
  expect(String(error)).not.toContain("s3cret-value");
  expect(provider.received("POST /api/external/payout")).toHaveLength(0);
});

test("a failed request for a token does not stick", async () => {
  const provider = await startStubProvider();
  provider.answer(tokenRoute, { status: 503 }, ...tokens("late"));
  provider.answer(walletRoute, { body: [] });
  const client = connect(provider);
  await failureOf(client.get("/wallet"));
  await client.get("/wallet");
  expect(sentTokens(provider)).toEqual(["Bearer late"]);
});

test("the older key goes out as a header of its own", async () => {
  const provider = await startStubProvider();
  provider.answer(walletRoute, { body: [] });
  await connect(provider, { credentials: { apiKey: "key-1" } }).get("/wallet");
  expect(provider.received(walletRoute)[0]?.headers).toMatchObject({ "x-blaaiz-api-key": "key-1" });
  expect(provider.received(tokenRoute)).toHaveLength(0);
});

test("OAuth is used where both credentials are there", async () => {
  const provider = await startStubProvider();
  provider.answer(walletRoute, { body: [] });
  await connect(provider, { credentials: { ...stubCredentials, apiKey: "key-1" } }).get("/wallet");
  const [request] = provider.received(walletRoute);
  expect(request?.headers.authorization).toBe("Bearer token-1");
  expect(request?.headers).not.toHaveProperty("x-blaaiz-api-key");
});

test("a refused key is not tried again", async () => {
  const provider = await startStubProvider();
  provider.answer(walletRoute, { status: 401, body: { message: "Invalid or missing API key" } });
  const error = await failureOf(connect(provider, { credentials: { apiKey: "key-1" } }).get("/wallet"));
  expect(error).toMatchObject({ kind: "UNAUTHENTICATED", outcome: "NOT_DONE" });
  expect(provider.received(walletRoute)).toHaveLength(1);
});
