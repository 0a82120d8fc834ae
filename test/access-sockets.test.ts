import { type KeyedGateway, startKeyedGateway } from "./support/credentials.js";
import { eventually } from "./support/eventually.js";
import { openSocket, type RawSocket } from "./support/raw-socket.js";
import type { TestClient } from "./support/test-client.js";
import { startTokenIssuer, type TokenIssuer } from "./support/token-issuer.js";

const changes = "subscription { statusChanged { cursor __typename } }";
const tenantA = { tenant: "a", scope: "customers:read customers:write payouts:read" };
const seconds = () => Math.floor(Date.now() / 1000);

async function start(): Promise<{ gateway: KeyedGateway; issuer: TokenIssuer }> {
  const issuer = await startTokenIssuer();
  return { issuer, gateway: await startKeyedGateway({ issuer }) };
}

/** A socket that follows everything its credential lets it see. */
async function follow(gateway: KeyedGateway, credential: string, query = changes): Promise<RawSocket> {
  const socket = await (await openSocket(gateway.gateway.url)).init(credential);
  socket.subscribe("1", query);
  socket.subscribe("ready", "{ __typename }");
  while ((await socket.take()).type !== "complete");
  return socket;
}

/** The next event, and which customer's it is must be the one that was just made. */
async function takes(socket: RawSocket, customer: { cursor: string }): Promise<void> {
  expect(await socket.take()).toMatchObject({
    type: "next",
    payload: { data: { statusChanged: { cursor: customer.cursor } } },
  });
}

async function make(client: TestClient): Promise<{ cursor: string; id: string }> {
  return (await client.createCustomer()).customer;
}

test("a socket without a credential, or with a bad one, is closed with 4403 and the reason", async () => {
  const { gateway } = await start();
  const cases: [Record<string, unknown> | undefined, RegExp][] = [
    [undefined, /authorization: Bearer/],
    [{}, /authorization: Bearer/],
    [{ authorization: 7 }, /authorization: Bearer/],
    [{ authorization: "Bearer pgk_x" }, /not valid/],
    [{ authorization: "Bearer a.b.c" }, /not valid/],
  ];
  for (const [payload, reason] of cases) {
    const socket = await openSocket(gateway.gateway.url);
    socket.send({ type: "connection_init", payload });
    expect(await socket.closed).toBe(4403);
    expect(await socket.closeReason).toMatch(reason);
  }
});

test("what is asked before the credential is told is closed with 4401, and nothing of it is run", async () => {
  const { gateway } = await start();
  const socket = await openSocket(gateway.gateway.url);
  socket.subscribe("1", changes);
  expect(await socket.closed).toBe(4401);
});

test("a socket ends with its token, after the last change was delivered", async () => {
  const { gateway, issuer } = await start();
  const a = await gateway.clientOf("a");
  const socket = await follow(gateway, await issuer.token({ ...tenantA, exp: seconds() + 2 }));
  const first = await make(a);
  await takes(socket, first);
  // What happens up to the end is told, whether or not it is read at once.
  const made: { cursor: string }[] = [];
  while (socket.socket.readyState === socket.socket.OPEN && made.length < 40) {
    made.push(await make(a));
    await takes(socket, made.at(-1) as { cursor: string }).catch(() => made.pop());
  }
  expect(await socket.closed).toBe(4403);
  expect(await socket.closeReason).toBe("The credential has expired");
  expect(made.length).toBeGreaterThan(0);
});

test("a client that has not read everything when its token expires gets the rest before it is closed", async () => {
  const { gateway, issuer } = await start();
  const a = await gateway.clientOf("a");
  const exp = seconds() + 2;
  const socket = await follow(gateway, await issuer.token({ ...tenantA, exp }));
  socket.socket.pause();
  const made = [await make(a), await make(a), await make(a)];
  await eventually(async () => Date.now() > exp * 1000 + 200);
  socket.socket.resume();
  for (const customer of made) await takes(socket, customer);
  expect(await socket.closed).toBe(4403);
});

test("a new token on the open socket carries the subscription on", async () => {
  const { gateway, issuer } = await start();
  const a = await gateway.clientOf("a");
  const exp = seconds() + 2;
  const socket = await follow(gateway, await issuer.token({ ...tenantA, exp }));
  socket.send({ type: "ping", payload: { authorization: `Bearer ${await issuer.token(tenantA)}` } });
  expect(await socket.take()).toMatchObject({ type: "pong", payload: { accepted: true } });
  await eventually(async () => Date.now() > exp * 1000 + 300);
  await takes(socket, await make(a));
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
});

test("a new credential of somebody else's, or a bad one, is not taken, and the old one ends as it would have", async () => {
  const { gateway, issuer } = await start();
  const socket = await follow(gateway, await issuer.token({ ...tenantA, exp: seconds() + 3 }));
  const others = [
    issuer.token({ ...tenantA, tenant: "b" }),
    issuer.token({ scope: "operator", tenant: "a" }),
    issuer.token({ ...tenantA, exp: seconds() - 100 }),
    "pgk_x",
  ];
  for (const other of others) {
    socket.send({ type: "ping", payload: { authorization: `Bearer ${await other}` } });
    expect(await socket.take()).toMatchObject({ type: "pong", payload: { accepted: false } });
  }
  const { auditEntries } = await gateway.client.run(
    `{ auditEntries(filter: { action: "renewCredential" }) { nodes { tenant outcome } } }`,
  );
  expect(auditEntries.nodes).toEqual(expect.arrayContaining([{ tenant: "b", outcome: "REFUSED" }]));
  socket.send({ type: "ping", payload: { note: "only a ping" } });
  expect(await socket.take()).toEqual({ type: "pong", payload: { note: "only a ping" } });
  expect(await socket.closed).toBe(4403);
});

test("a new token with less scope shows less from then on", async () => {
  const { gateway, issuer } = await start();
  const a = await gateway.clientOf("a");
  const socket = await follow(gateway, await issuer.token(tenantA));
  await takes(socket, await make(a));
  const token = await issuer.token({ ...tenantA, scope: "payouts:read" });
  socket.send({ type: "ping", payload: { authorization: `Bearer ${token}` } });
  expect(await socket.take()).toMatchObject({ type: "pong", payload: { accepted: true } });
  await make(a);
  // Had the change been told, it would stand before this answer.
  socket.subscribe("after", "{ statusCursor }");
  expect(await socket.take()).toMatchObject({ id: "after", type: "next" });
});

test("revoking a key closes its sockets and streams within seconds, on another node too", async () => {
  const { gateway } = await start();
  const [a, b] = [await gateway.clientOf("a"), await gateway.clientOf("b")];
  const [ofA, ofB] = [await follow(gateway, a.key), await follow(gateway, b.key)];
  const stream = await fetch(`${gateway.gateway.url}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${a.key}` },
    body: JSON.stringify({ query: changes }),
  });
  // Written to the database, as a command or another node would.
  const since = performance.now();
  await gateway.keys.revoke(a.keyId);
  expect(await ofA.closed).toBe(4403);
  expect(await ofA.closeReason).toBe("The credential was revoked");
  await stream.text();
  expect(performance.now() - since).toBeLessThan(5_000);
  expect(ofB.socket.readyState).toBe(ofB.socket.OPEN);
  await takes(ofB, await make(b));
});

test("revoking a tenant closes the sockets of its tokens and keys", async () => {
  const { gateway, issuer } = await start();
  const a = await gateway.clientOf("a");
  const sockets = [await follow(gateway, a.key), await follow(gateway, await issuer.token(tenantA))];
  await gateway.database.db.insertInto("revoked_tenants").values({ tenant: "a", revoked_at: Date.now() }).execute();
  for (const socket of sockets) expect(await socket.closed).toBe(4403);
});

test("a stream ends with its token, and is refused with the old one when it comes back", async () => {
  const { gateway, issuer } = await start();
  const a = await gateway.clientOf("a");
  const token = await issuer.token({ ...tenantA, exp: seconds() + 2 });
  const open = (credential: string) =>
    fetch(`${gateway.gateway.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
      body: JSON.stringify({ query: changes }),
    });
  const stream = await open(token);
  const { cursor } = await make(a);
  const text = await stream.text();
  expect(text).toContain(cursor);
  // Complete is what the client would not come back after.
  expect(text).not.toContain("event: complete");
  expect((await open(await issuer.token({ ...tenantA, exp: seconds() - 70 }))).status).toBe(401);
});

test("a socket whose token is about to expire is told when", async () => {
  const { gateway, issuer } = await start();
  const exp = seconds() + 32;
  const socket = await follow(gateway, await issuer.token({ ...tenantA, exp }));
  expect(await socket.take()).toEqual({
    type: "ping",
    payload: { credentialExpiresAt: new Date(exp * 1000).toISOString() },
  });
});
