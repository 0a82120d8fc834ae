import { type SandboxClient, startSandboxClient, stopAll } from "./support/sandbox-client.js";

afterEach(stopAll);

async function askToken({ sandbox }: SandboxClient, fields: Record<string, string | undefined> = {}) {
  const form = new URLSearchParams();
  const all = {
    grant_type: "client_credentials",
    client_id: sandbox.clientId,
    client_secret: sandbox.clientSecret,
    scope: "customer:read payout:create",
    ...fields,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.set(name, value);
  const response = await fetch(`${sandbox.url}/oauth/token`, { method: "POST", body: form });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function get({ sandbox }: SandboxClient, path: string, headers: Record<string, string>) {
  const response = await fetch(`${sandbox.url}/api/external${path}`, { headers });
  return { status: response.status, body: await response.json() };
}

test("a token opens what its scopes say for 900 seconds, and nothing else", async () => {
  const client = await startSandboxClient();
  const minted = await askToken(client);
  expect(minted).toEqual({
    status: 200,
    body: { token_type: "Bearer", expires_in: 900, access_token: expect.any(String) },
  });
  const headers = { authorization: `Bearer ${minted.body.access_token}` };
  expect(await get(client, "/customer", headers)).toMatchObject({ status: 200 });
  expect(await get(client, "/wallet", headers)).toEqual({ status: 403, body: { message: "Access Denied" } });
});

test("a token without scopes is minted and opens nothing", async () => {
  const client = await startSandboxClient();
  const minted = await askToken(client, { scope: undefined });
  expect(minted.status).toBe(200);
  const headers = { authorization: `Bearer ${minted.body.access_token}` };
  expect(await get(client, "/customer", headers)).toMatchObject({ status: 403 });
});

test.each([
  ["a missing secret", { client_secret: undefined }, 400, "invalid_request"],
  ["a missing grant type", { grant_type: undefined }, 400, "invalid_request"],
  ["another grant type", { grant_type: "password" }, 400, "unsupported_grant_type"],
  ["a wrong secret", { client_secret: "wrong" }, 401, "invalid_client"],
  ["a wrong id", { client_id: "wrong" }, 401, "invalid_client"],
  ["an unknown scope", { scope: "customer:read everything" }, 400, "invalid_scope"],
  ["the name of a bundle", { scope: "full-access" }, 400, "invalid_scope"],
])("the token endpoint refuses %s", async (_what, fields, status, error) => {
  const refused = await askToken(await startSandboxClient(), fields);
  expect(refused).toEqual({ status, body: { error, error_description: expect.any(String) } });
});

test("revoked, malformed and missing credentials are answered with 401", async () => {
  const client = await startSandboxClient();
  const { body } = await askToken(client);
  const token = { authorization: `Bearer ${body.access_token}` };
  client.sandbox.revokeTokens();
  const unauthorized = { status: 401, body: { message: "Invalid or missing access token" } };
  expect(await get(client, "/customer", token)).toEqual(unauthorized);
  expect(await get(client, "/customer", { authorization: "Bearer" })).toEqual(unauthorized);
  expect(await get(client, "/customer", { "x-blaaiz-api-key": "wrong" })).toEqual(unauthorized);
  expect(await get(client, "/customer", {})).toEqual(unauthorized);
  expect(await get(client, "/customer", { "x-blaaiz-api-key": client.sandbox.apiKey })).toMatchObject({ status: 200 });
});

test("every answer carries the minute's rate limit, and 429 follows when it is used up", async () => {
  const client = await startSandboxClient({ rateLimit: { perMinute: 3, perHour: 100 } });
  const remaining: (string | null)[] = [];
  for (const path of ["/wallet", "/transaction/unknown", "/no-such-path"]) {
    const { headers } = await client.call("GET", path);
    expect(headers.get("x-ratelimit-limit")).toBe("3");
    remaining.push(headers.get("x-ratelimit-remaining"));
  }
  expect(remaining).toEqual(["2", "1", "0"]);
  const over = await client.call("GET", "/wallet");
  expect(over).toMatchObject({ status: 429, body: { message: "Too Many Attempts." } });
  const resetsIn = Number(over.headers.get("x-ratelimit-reset")) - Date.now() / 1000;
  expect(resetsIn).toBeGreaterThan(0);
  expect(resetsIn).toBeLessThanOrEqual(61);
  expect((await askToken(client)).status).toBe(200);
});

test("the hour's limit runs out without a warning in the headers", async () => {
  const client = await startSandboxClient({ rateLimit: { perMinute: 100, perHour: 2 } });
  await client.call("GET", "/wallet");
  await client.call("GET", "/wallet");
  const over = await client.call("GET", "/wallet");
  expect(over.status).toBe(429);
  expect(Number(over.headers.get("x-ratelimit-remaining"))).toBeGreaterThan(0);
});

test("broken JSON, other content types and unknown paths are answered with JSON errors", async () => {
  const client = await startSandboxClient();
  expect(await client.call("POST", "/customer", "{")).toMatchObject({
    status: 400,
    body: { message: expect.any(String) },
  });
  expect(await client.call("POST", "/customer", "[1]")).toMatchObject({ status: 422 });
  expect(await client.call("POST", "/customer", "a=b", { "content-type": "text/plain" })).toMatchObject({
    status: 415,
    body: { message: expect.any(String) },
  });
  expect(await client.call("GET", "/nothing")).toMatchObject({ status: 404, body: { message: "Not Found" } });
  expect(
    await client.call("POST", "/payout", `{"from_amount":1e999999999,"__proto__":{"method":"ach"}}`),
  ).toMatchObject({
    status: 422,
    body: { errors: { method: [expect.any(String)], from_amount: [expect.any(String)] } },
  });
});
