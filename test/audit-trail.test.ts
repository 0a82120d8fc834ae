import { createHash } from "node:crypto";
import Sqlite from "better-sqlite3";
import { createClient } from "graphql-ws";
import { pino } from "pino";
import WebSocket from "ws";
import { AccessError } from "../src/access/access-error.js";
import { verifyChain } from "../src/access/audit-chain.js";
import { AuditTrail } from "../src/access/audit-trail.js";
import { Refusals } from "../src/access/refusals.js";
import { type EntrySeen, startAuditedGateway, trailOf } from "./support/audited-gateway.js";
import { eventually } from "./support/eventually.js";
import { readPrintedSchema } from "./support/fixed-api.js";
import { openSocket } from "./support/raw-socket.js";
import { smallestMutation } from "./support/smallest-input.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { customerInput, payoutInput } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

const mutations = Object.values(readPrintedSchema().getMutationType()?.getFields() ?? {});
const createCustomer = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id } replayed userErrors { code } }
}`;
const createPayout = `mutation ($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id status } userErrors { code field } }
}`;

/** Without what differs from run to run. */
function brief({ tenant, principal, action, object_type, object_id, outcome, detail }: EntrySeen) {
  const { attempt: _, ...rest } = detail ?? {};
  return { tenant, principal, action, object: object_type && [object_type, object_id], outcome, detail: rest };
}

async function startOpenGateway() {
  const databaseUrl = await newSqliteUrl();
  const started = await startTestGateway({ config: { databaseUrl } });
  return { ...started, databaseUrl, ...(await openTestDatabase(databaseUrl)) };
}

function expectPair(entries: readonly EntrySeen[], action: string): void {
  expect(entries.map(({ action: done }) => done)).toEqual([action, action]);
  expect(entries[0]?.outcome).toBe("ATTEMPTED");
  expect(["DONE", "REPLAYED", "REFUSED", "FAILED"]).toContain(entries[1]?.outcome);
  expect(entries[1]?.detail.attempt).toBe(entries[0]?.seq);
}

describe("a mutation leaves its attempt and its outcome", () => {
  test("whichever it is of all that the schema has, over HTTP and multipart", async () => {
    const { client, db } = await startOpenGateway();
    expect(mutations.length).toBeGreaterThanOrEqual(8);
    for (const field of mutations) {
      const seen = (await trailOf(db)).length;
      const { query, variables, files } = smallestMutation(field, "userErrors { code }");
      const hasFiles = Object.keys(files).length > 0;
      const { data, errors } = await (hasFiles
        ? client.upload(query, variables, files)
        : client.request(query, variables));
      expect({ field: field.name, errors, data }).toMatchObject({ data: { [field.name]: expect.anything() } });
      expectPair((await trailOf(db)).slice(seen), field.name);
    }
  });

  test("whichever it is, over WebSocket", async () => {
    const { client, db } = await startOpenGateway();
    const socket = createClient({ url: `${client.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
    for (const field of mutations) {
      const { query, variables, files } = smallestMutation(field, "userErrors { code }");
      // There is no way for a file through a socket.
      if (Object.keys(files).length > 0) continue;
      const seen = (await trailOf(db)).length;
      await socket.iterate({ query, variables }).next();
      expectPair((await trailOf(db)).slice(seen), field.name);
    }
    await socket.dispose();
  });

  test("each, where one request has several", async () => {
    const { client, db } = await startOpenGateway();
    const one = 'updateCustomer(input: { customerId: "none", city: "Lagos" }) { userErrors { code } }';
    await client.run(`mutation { a: ${one} b: ${one} }`);
    const trail = await trailOf(db);
    expect(trail).toHaveLength(4);
    expectPair(trail.slice(0, 2), "updateCustomer");
    expectPair(trail.slice(2), "updateCustomer");
    expect(new Set(trail.map(({ request_id }) => request_id)).size).toBe(1);
  });
});

test("the trail of the three steps names who did what to which object with which outcome", async () => {
  const { ask, keyFor, client, database, provider } = await startAuditedGateway({
    sandbox: { payoutStepDelayMs: 60_000 },
    patience: { answerWithinMs: 1_500 },
  });
  const { id: keyId, key } = await keyFor("acme", ["customers:write", "customers:read", "payouts:write"]);
  const caller = { tenant: "acme", principal: `key:${keyId}` };
  const input = customerInput({ idempotencyKey: "customer-key-1" });
  const keyHash = createHash("sha256").update("customer-key-1").digest("hex");
  const { data } = await ask(key, createCustomer, { input });
  const { id } = data.createCustomer.customer;
  const person = ["customer", id];
  await ask(key, createCustomer, { input });
  await ask(key, createCustomer, { input: { ...input, firstName: "Eve" } });
  await ask(key, createCustomer, { input: customerInput({ email: "no address", idempotencyKey: null }) });
  provider.failNext({ route: "POST /customer", kind: "answer", status: 503, times: 1_000 });
  await ask(key, createCustomer, { input: customerInput({}) });
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
  const response = await client.post(
    { query: createPayout, variables: { input: payoutInput({ customerId: id, idempotencyKey: "payout-key-1" }) } },
    { authorization: `Bearer ${key}` },
  );
  const trail = await trailOf(database.db);
  const made = { ...caller, action: "createCustomer" };
  const attempt = { ...made, object: null, outcome: "ATTEMPTED", detail: { idempotencyKeySha256: keyHash } };
  const paid = { ...caller, action: "createPayout", object: person };
  expect(trail.map(brief)).toEqual([
    attempt,
    { ...made, object: person, outcome: "DONE", detail: { status: "PENDING" } },
    attempt,
    { ...made, object: person, outcome: "REPLAYED", detail: { status: "PENDING" } },
    attempt,
    {
      ...made,
      object: null,
      outcome: "REFUSED",
      detail: { userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED", field: "idempotencyKey" }] },
    },
    { ...made, object: null, outcome: "ATTEMPTED", detail: {} },
    { ...made, object: null, outcome: "REFUSED", detail: { userErrors: [{ code: "INVALID", field: "email" }] } },
    { ...made, object: null, outcome: "ATTEMPTED", detail: {} },
    {
      ...made,
      object: null,
      outcome: "FAILED",
      detail: { code: "PROVIDER_UNAVAILABLE", fault: "UNAVAILABLE", isProvenUndone: false },
    },
    { ...paid, outcome: "ATTEMPTED", detail: { idempotencyKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    { ...paid, outcome: "REFUSED", detail: { userErrors: [{ code: "CUSTOMER_NOT_VERIFIED", field: "customerId" }] } },
  ]);
  expect(trail.at(-1)?.request_id).toBe(response.headers.get("x-request-id"));
  expect((await verifyChain(database.db)).fault).toBeNull();
});

test("a payout's entry names the payout and its status, a document's the document", async () => {
  const { client, db } = await startOpenGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  const trail = await trailOf(db);
  const submitted = trail.find(({ action, outcome }) => action === "submitDocuments" && outcome === "DONE");
  expect(submitted).toMatchObject({ object_type: "customer", object_id: customerId });
  expect(submitted?.detail.documents).toEqual([expect.any(String)]);
  expect(trail.at(-1)).toMatchObject({
    action: "createPayout",
    object_type: "payout",
    object_id: payout.id,
    outcome: "DONE",
    detail: { status: "PENDING" },
  });
});

test("the attempt is on disk before the provider is asked", async () => {
  const { client, db, provider } = await startOpenGateway();
  provider.failNext({ route: "POST /customer", kind: "delay", delayMs: 300 });
  const creating = client.createCustomer();
  await eventually(async () => provider.received("POST /customer").length === 1);
  expect((await trailOf(db)).map(({ outcome }) => outcome)).toEqual(["ATTEMPTED"]);
  await creating;
  expect((await trailOf(db)).map(({ outcome }) => outcome)).toEqual(["ATTEMPTED", "DONE"]);
});

test("where the trail cannot be written a mutation does nothing and says so, and reads go on", async () => {
  const { client, databaseUrl, provider } = await startOpenGateway();
  const { customer } = await client.createCustomer();
  const file = new Sqlite(databaseUrl.slice("sqlite:".length));
  file.exec("create trigger full before insert on audit_log begin select raise(abort, 'disk full'); end");
  const { data, errors } = await client.request(createCustomer, { input: customerInput() });
  expect(data).toBeNull();
  expect(errors).toMatchObject([
    {
      message: expect.stringContaining("cannot use its database"),
      path: ["createCustomer"],
      extensions: { code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 5 },
    },
  ]);
  expect(JSON.stringify(errors)).not.toContain("disk full");
  expect(provider.received("POST /customer")).toHaveLength(1);
  expect(await client.run("query ($id: ID!) { customer(id: $id) { id } }", { id: customer.id })).toMatchObject({
    customer: { id: customer.id },
  });
  file.exec("drop trigger full");
  file.close();
  expect((await client.createCustomer()).userErrors).toEqual([]);
});

describe("a refusal is an entry", () => {
  test("of a caller without the scope, over HTTP, WebSocket and SSE, and its answer does not wait for the disk", async () => {
    const { ask, keyFor, client, database } = await startAuditedGateway();
    const { id: keyId, key } = await keyFor("acme", ["wallets:read"]);
    for (const query of [createCustomer, "{ payouts { totalCount } }"]) {
      const { status, errors } = await ask(key, query, { input: customerInput() });
      expect({ status, errors }).toMatchObject({ status: 403, errors: [{ extensions: { code: "FORBIDDEN" } }] });
    }
    const socket = await openSocket(client.url);
    socket.send({ type: "connection_init", payload: { authorization: `Bearer ${key}` } });
    await socket.take();
    socket.subscribe("1", "subscription { statusChanged { cursor } }");
    expect(await socket.take()).toMatchObject({ type: "error", payload: [{ extensions: { code: "FORBIDDEN" } }] });
    const stream = await fetch(`${client.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: 'subscription { payoutStatusChanged(payoutId: "p") { cursor } }' }),
    });
    expect(stream.status).toBe(403);
    const trail = await eventually(async () => {
      const entries = await trailOf(database.db);
      return entries.length === 4 && entries;
    });
    const refused = {
      tenant: "acme",
      principal: `key:${keyId}`,
      object: null,
      outcome: "REFUSED",
      detail: { code: "FORBIDDEN" },
    };
    expect(trail.map(brief)).toEqual(
      ["createCustomer", "payouts", "statusChanged", "payoutStatusChanged"].map((action) => ({ ...refused, action })),
    );
    expect(trail[0]?.request_id).toEqual(expect.any(String));
  });

  test("of strangers, once for each reason however many they are, without a word of what they sent", async () => {
    const { ask, client, database } = await startAuditedGateway();
    for (let index = 0; index < 20; index += 1) await ask(null, "{ statusCursor }");
    for (let index = 0; index < 5; index += 1) await ask(`pgk_0123456789abcdef_${"s".repeat(43)}`, "{ statusCursor }");
    const socket = await openSocket(client.url);
    socket.send({ type: "connection_init", payload: { authorization: "Bearer secret-word" } });
    expect(await socket.closed).toBe(4403);
    const trail = await eventually(async () => {
      const entries = await trailOf(database.db);
      return entries.length === 3 && entries;
    });
    expect(trail.map(({ action, principal, detail }) => [action, principal, detail.code, detail.count])).toEqual([
      ["authenticate", "stranger", "UNAUTHENTICATED", 1],
      ["authenticate", "stranger", "UNAUTHENTICATED", 1],
      ["authenticate", "stranger", "UNAUTHENTICATED", 1],
    ]);
    expect(new Set(trail.map(({ detail }) => detail.node)).size).toBe(1);
    expect(JSON.stringify(trail)).not.toMatch(/secret-word|0123456789abcdef|sssss/);
  });

  test("of strangers counts those that came after the first, at the latest when the gateway stops", async () => {
    const { ask, database, stop } = await startAuditedGateway();
    for (let index = 0; index < 7; index += 1) await ask(null, "{ statusCursor }");
    await stop();
    expect((await trailOf(database.db)).map(({ detail }) => detail.count)).toEqual([1, 6]);
  });

  test("of strangers that go on is written again in the next minute, and of those that stop is not", async () => {
    const { db, ...database } = await openTestDatabase("sqlite::memory:");
    const audit = new AuditTrail({ ...database, db }, pino({ level: "silent" }));
    const refusals = new Refusals(audit, 40);
    const refuse = (message: string) => refusals.addStranger(new AccessError("UNAUTHENTICATED", message));
    for (let index = 0; index < 4; index += 1) refuse("The token is not valid.");
    refuse("The token has expired.");
    const counts = async () => (await trailOf(db)).map(({ detail }) => [detail.reason, detail.count]);
    await eventually(async () => (await counts()).length === 3);
    refuse("The token is not valid.");
    await eventually(async () => (await counts()).length === 4);
    refusals.stop();
    await audit.stop();
    expect(await counts()).toEqual([
      ["The token is not valid.", 1],
      ["The token has expired.", 1],
      ["The token is not valid.", 3],
      ["The token is not valid.", 1],
    ]);
  });

  test("of the sockets that a revoked key had open, once for all of them", async () => {
    const { keyFor, keys, client, database } = await startAuditedGateway();
    const { id: keyId, key } = await keyFor("acme", ["payouts:read"]);
    const sockets = [await openSocket(client.url), await openSocket(client.url)];
    for (const socket of sockets) {
      socket.send({ type: "connection_init", payload: { authorization: `Bearer ${key}` } });
      await socket.take();
    }
    await keys.revoke(keyId);
    for (const { closed } of sockets) expect(await closed).toBe(4403);
    const trail = await eventually(async () => {
      const entries = await trailOf(database.db);
      return entries.length > 0 && entries;
    });
    expect(trail.map(brief)).toEqual([
      {
        tenant: "acme",
        principal: `key:${keyId}`,
        action: "stayConnected",
        object: null,
        outcome: "REFUSED",
        detail: { code: "REVOKED", connections: 2 },
      },
    ]);
  });

  test("that cannot be written is refused all the same", async () => {
    const { ask, keyFor, database } = await startAuditedGateway();
    const { key } = await keyFor("acme", ["wallets:read"]);
    await database.db.deleteFrom("audit_head").execute();
    expect(await ask(key, "{ payouts { totalCount } }")).toMatchObject({
      errors: [{ extensions: { code: "FORBIDDEN" } }],
    });
    expect((await ask(null, "{ statusCursor }")).status).toBe(401);
    expect((await ask(key, "{ __typename }")).data).toEqual({ __typename: "Query" });
  });
});
