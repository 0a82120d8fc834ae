import { createSecretKey } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { type KeyedGateway, startKeyedGateway } from "./support/credentials.js";
import { startTokenIssuer, type TokenIssuer } from "./support/token-issuer.js";

const tenantA = { tenant: "a", scope: "customers:read customers:write" };

async function start(alg?: string): Promise<{ gateway: KeyedGateway; issuer: TokenIssuer }> {
  const issuer = await startTokenIssuer(alg);
  return { issuer, gateway: await startKeyedGateway({ issuer }) };
}

/** The first error's code and message, or "answered". */
async function outcomeOf(gateway: KeyedGateway, token: string): Promise<string> {
  const { errors } = await gateway.clientWith(token).request("{ customers { totalCount } }");
  return errors ? `${errors[0]?.extensions?.code}: ${errors[0]?.message}` : "answered";
}

const seconds = () => Math.floor(Date.now() / 1000);

test("a token of the issuer opens what its scope says, for its tenant", async () => {
  const { gateway, issuer } = await start();
  const client = gateway.clientWith(await issuer.token(tenantA));
  const { customer } = await client.createCustomer();
  expect((await client.run("{ customers { nodes { id } } }")).customers.nodes).toEqual([{ id: customer.id }]);
  const other = gateway.clientWith(await issuer.token({ ...tenantA, tenant: "b" }));
  expect((await other.run("{ customers { nodes { id } } }")).customers.nodes).toEqual([]);
  const { errors } = await client.request("{ payouts { totalCount } }");
  expect(errors?.[0]).toMatchObject({
    extensions: { code: "FORBIDDEN" },
    message: "Query.payouts needs the scope payouts:read.",
  });
});

test("a token signed with RSA is taken too", async () => {
  const { gateway, issuer } = await start("RS256");
  expect(await outcomeOf(gateway, await issuer.token(tenantA))).toBe("answered");
});

test("an operator needs no tenant", async () => {
  const { gateway, issuer } = await start();
  expect(await outcomeOf(gateway, await issuer.token({ scope: "operator" }))).toBe("answered");
});

test("what is wrong with a token is said, and nothing of what is in it", async () => {
  const { gateway, issuer } = await start();
  const elsewhere = await startTokenIssuer();
  const wrong: [string, Promise<string> | string][] = [
    ["The token has expired.", issuer.token({ ...tenantA, exp: seconds() - 61 })],
    [`The token's claim "iss" is missing or wrong.`, issuer.token({ ...tenantA, iss: "https://other.example.com" })],
    [`The token's claim "aud" is missing or wrong.`, issuer.token({ ...tenantA, aud: "other" })],
    [`The token's claim "exp" is missing or wrong.`, issuer.token({ ...tenantA, exp: undefined })],
    [`The token's claim "sub" is missing or wrong.`, issuer.token({ ...tenantA, sub: undefined })],
    [`The token's claim "nbf" is missing or wrong.`, issuer.token({ ...tenantA, nbf: seconds() + 70 })],
    ["The token names no tenant.", issuer.token({ scope: "customers:read" })],
    ["The token names no tenant.", issuer.token({ ...tenantA, tenant: "" })],
    ["The token names a tenant that is not one.", issuer.token({ ...tenantA, tenant: "operator" })],
    ["The token is not valid.", elsewhere.token({ ...tenantA, sub: "secret-subject" })],
    ["The token is not valid.", `${await issuer.token(tenantA)}x`],
    ["The token is not valid.", "a.b.c"],
  ];
  for (const [message, token] of wrong) {
    expect(await outcomeOf(gateway, await token)).toBe(`UNAUTHENTICATED: ${message}`);
  }
});

test("a token within a minute of its times is taken", async () => {
  const { gateway, issuer } = await start();
  expect(await outcomeOf(gateway, await issuer.token({ ...tenantA, exp: seconds() - 40 }))).toBe("answered");
  expect(await outcomeOf(gateway, await issuer.token({ ...tenantA, nbf: seconds() + 40 }))).toBe("answered");
});

test("a token without a signature, or with one that anybody could make, is refused", async () => {
  const { gateway, issuer } = await start();
  const { issuer: iss, audience } = issuer.config;
  const claims = { ...tenantA, sub: "x", iss, aud: audience, exp: seconds() + 60 };
  const secret = createSecretKey(Buffer.from(JSON.stringify(await (await fetch(issuer.config.jwksUrl)).json())));
  for (const token of [
    new UnsecuredJWT(claims).encode(),
    await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(secret),
  ]) {
    expect(await outcomeOf(gateway, token)).toMatch(
      /^UNAUTHENTICATED: The token is (signed in a way that is not allowed|not valid)\.$/,
    );
  }
});

test("keys rotate while the gateway runs", async () => {
  const { gateway, issuer } = await start();
  const old = await issuer.token(tenantA);
  // Not yet asked for: the gateway hears of both at once.
  await issuer.rotate();
  expect(await outcomeOf(gateway, await issuer.token(tenantA))).toBe("answered");
  expect(await outcomeOf(gateway, old)).toBe("answered");
});

test("a flood of tokens by unknown keys does not become a flood of questions to the issuer", async () => {
  const { gateway, issuer } = await start();
  expect(await outcomeOf(gateway, await issuer.token(tenantA))).toBe("answered");
  const askedBefore = issuer.asked();
  const tokens = Array.from({ length: 30 }, (_, index) => issuer.token(tenantA, { kid: `unknown-${index}` }));
  for (const token of tokens) expect(await outcomeOf(gateway, await token)).toMatch(/^UNAUTHENTICATED/);
  expect(issuer.asked() - askedBefore).toBeLessThanOrEqual(1);
});

test("while the issuer does not answer, known keys go on, and a first token is refused for that reason", async () => {
  const { gateway, issuer } = await start();
  const token = await issuer.token(tenantA);
  issuer.isDown = true;
  expect(await outcomeOf(gateway, token)).toBe("UNAUTHENTICATED: The token cannot be checked at the moment.");
  issuer.isDown = false;
  const later = await start();
  const known = await later.issuer.token(tenantA);
  expect(await outcomeOf(later.gateway, known)).toBe("answered");
  later.issuer.isDown = true;
  expect(await outcomeOf(later.gateway, known)).toBe("answered");
});
