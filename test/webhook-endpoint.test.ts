import SqliteDatabase from "better-sqlite3";
import type { Config } from "../src/config.js";
import { startSandbox } from "../src/sandbox/sandbox.js";
import type { Database } from "../src/store/database.js";
import type { InboxRow } from "../src/store/inbox.queries.js";
import { eventually } from "./support/eventually.js";
import { createCustomerAtProvider } from "./support/provider-calls.js";
import { deliver, post, signatureOf, unixSeconds } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { administer, forEachDatabase, newSqliteUrl, openTestDatabase, sharedKinds } from "./support/test-databases.js";

const secret = "whsec_test_0123456789abcdef";

interface Endpoint extends TestGateway {
  secret: string;
  database: Database;
  stored(): Promise<InboxRow[]>;
}

/** A gateway, and a second look into its inbox. */
async function startEndpoint(config: Partial<Config> = {}): Promise<Endpoint> {
  const databaseUrl = config.databaseUrl ?? (await newSqliteUrl());
  const database = await openTestDatabase(databaseUrl);
  const running = await startTestGateway({ config: { ...config, databaseUrl }, sandbox: { signingSecret: secret } });
  return {
    ...running,
    secret,
    database,
    stored: () => database.db.selectFrom("inbox").selectAll().orderBy("id").execute(),
  };
}

/** Of no concern to the gateway, so nothing but the inbox is touched. */
function collection(fields: Record<string, unknown> = {}) {
  return { event_id: unique("event"), type: "collection", transaction_status: "SUCCESSFUL", ...fields };
}

describe("a delivery that is signed as agreed", () => {
  test("is answered 200 when it is in the inbox, with the bytes as they came", async () => {
    const endpoint = await startEndpoint();
    const event = `{"event_id":"e-1", "type":"collection","transaction_status":"SUCCESSFUL","transaction_amount":20.00,"name":"Zo\\u00eb Çelik"}\n`;
    const answer = await deliver(endpoint, event);
    expect(answer).toMatchObject({ status: 200, text: '{"received":true}' });
    expect(await endpoint.stored()).toEqual([
      expect.objectContaining({ raw_body: event, kind: "other", type: "collection", is_conflict: 0 }),
    ]);
  });

  test("may spell its signature in upper case, and its time in milliseconds or ISO 8601", async () => {
    const endpoint = await startEndpoint();
    const body = JSON.stringify(collection());
    const now = unixSeconds();
    const upper = signatureOf(body, secret, now).toUpperCase();
    const headers = { "x-blaaiz-signature": upper, "x-blaaiz-timestamp": now };
    expect((await post(endpoint.gateway.url, body, headers)).status).toBe(200);
    expect((await deliver(endpoint, collection(), String(Date.now()))).status).toBe(200);
    expect((await deliver(endpoint, collection(), new Date().toISOString())).status).toBe(200);
    expect((await deliver(endpoint, collection(), unixSeconds(-290))).status).toBe(200);
    expect(await endpoint.stored()).toHaveLength(4);
  });

  test("has no effect when it comes again, at once or later, signed anew or not", async () => {
    const endpoint = await startEndpoint();
    const event = collection();
    const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(endpoint, event)));
    answers.push(await deliver(endpoint, event, unixSeconds(-60)));
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(
      Array.from({ length: 9 }, () => '200 {"received":true}'),
    );
    expect(await endpoint.stored()).toHaveLength(1);
    const metrics = await (await fetch(`${endpoint.gateway.url}/metrics`)).text();
    expect(metrics).toContain('payout_gateway_webhooks_total{kind="other",outcome="stored"} 1');
    expect(metrics).toContain('payout_gateway_webhooks_total{kind="other",outcome="repeated"} 8');
  });

  test("is kept beside the other where the same event comes with other content, and the conflict is flagged", async () => {
    const endpoint = await startEndpoint();
    const event = collection({ transaction_amount: 1 });
    for (const next of [event, { ...event, transaction_amount: 2 }, event, { ...event, transaction_amount: 2 }]) {
      expect((await deliver(endpoint, next)).status).toBe(200);
    }
    // Another status under the same id is another event, and no conflict.
    expect((await deliver(endpoint, { ...event, transaction_status: "FAILED" })).status).toBe(200);
    const stored = await endpoint.stored();
    expect(stored.map(({ is_conflict, raw_body }) => [is_conflict, JSON.parse(raw_body).transaction_amount])).toEqual([
      [0, 1],
      [1, 2],
      [0, 1],
    ]);
  });

  test("may carry whatever it wants: nothing in it breaks the endpoint", async () => {
    const endpoint = await startEndpoint();
    const bodies = ["", "null", "[]", '"text"', "{", `{"type":"${"x".repeat(5000)}"}`, Buffer.from([0xff, 0xfe, 0])];
    for (const body of bodies) expect([body, (await deliver(endpoint, body)).status]).toEqual([body, 200]);
    const kinds = (await endpoint.stored()).map(({ kind }) => kind);
    expect(kinds).toEqual(bodies.map(() => "unknown"));
  });
});

describe("a delivery that is not", () => {
  test("is answered 401 without a word why, and leaves nothing", async () => {
    const endpoint = await startEndpoint();
    const body = JSON.stringify(collection());
    const now = unixSeconds();
    const good = signatureOf(body, secret, now);
    const signed = (signature: string, timestamp = now) => ({
      "x-blaaiz-signature": signature,
      "x-blaaiz-timestamp": timestamp,
    });
    const old = unixSeconds(-301);
    const future = unixSeconds(305);
    const refused: Record<string, Record<string, string | string[]>> = {
      "no headers at all": {},
      "no timestamp": { "x-blaaiz-signature": good },
      "no signature": { "x-blaaiz-timestamp": now },
      "an empty signature": signed(""),
      "a signature cut short": signed(good.slice(0, 32)),
      "a signature of odd length": signed(good.slice(0, 63)),
      "a signature that is too long": signed(`${good}00`),
      "a signature in other letters": signed(`${good.slice(0, 62)}\u00e9\u00fc`),
      "a prefixed signature": signed(`sha256=${good}`),
      "a signature of zeros": signed("0".repeat(64)),
      "two signatures": { "x-blaaiz-signature": [good, good], "x-blaaiz-timestamp": now },
      "another key's signature": signed(signatureOf(body, "another", now)),
      "an empty key's signature": signed(signatureOf(body, "", now)),
      "another body's signature": signed(signatureOf(`${body} `, secret, now)),
      "another time's signature": signed(good, unixSeconds(1)),
      "a signature over the body alone": signed(signatureOf(body, secret, "").replace(/^\./, "")),
      "a time long gone": signed(signatureOf(body, secret, old), old),
      "a time to come": signed(signatureOf(body, secret, future), future),
      "a time that is none": signed(signatureOf(body, secret, "soon"), "soon"),
      "a negative time": signed(signatureOf(body, secret, "-1"), "-1"),
    };
    for (const [why, headers] of Object.entries(refused)) {
      const { status, text } = await post(endpoint.gateway.url, body, headers);
      expect([why, status, text]).toEqual([why, 401, '{"received":false}']);
    }
    expect(await endpoint.stored()).toEqual([]);
    const metrics = await (await fetch(`${endpoint.gateway.url}/metrics`)).text();
    const count = Object.keys(refused).length;
    expect(metrics).toContain(`payout_gateway_webhooks_total{kind="unknown",outcome="refused"} ${count}`);
    expect((await deliver(endpoint, body)).status).toBe(200);
  });

  test("is not let in by an old signature of its own either", async () => {
    const endpoint = await startEndpoint({ webhookToleranceSeconds: 30 });
    expect((await deliver(endpoint, collection(), unixSeconds(-25))).status).toBe(200);
    expect((await deliver(endpoint, collection(), unixSeconds(-40))).status).toBe(401);
    expect(await endpoint.stored()).toHaveLength(1);
  });

  test("finds nothing at another path or method, and learns nothing", async () => {
    const endpoint = await startEndpoint();
    const { url } = endpoint.gateway;
    const body = JSON.stringify(collection());
    const timestamp = unixSeconds();
    const headers = { "x-blaaiz-signature": signatureOf(body, secret, timestamp), "x-blaaiz-timestamp": timestamp };
    for (const path of ["/webhook", "/webhooks/", "/webhooks/payout", "/WEBHOOKS", "/"]) {
      expect([path, (await post(url, body, headers, { path })).status]).toEqual([path, 404]);
    }
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await post(url, ["PUT", "PATCH"].includes(method) ? body : "", headers, { method });
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, "POST"]);
    }
    expect(await endpoint.stored()).toEqual([]);
  });

  test("is read as JSON whatever its content type, and rejected like any other where its signature is not good", async () => {
    const endpoint = await startEndpoint();
    const { url } = endpoint.gateway;
    const types = [
      "application/json; charset=utf-8",
      "application/vnd.api+json",
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "nonsense",
      "",
      ["text/html", "application/json"],
      undefined,
    ];
    for (const type of types) {
      const body = JSON.stringify(collection());
      const timestamp = unixSeconds();
      const headers = { "x-blaaiz-signature": signatureOf(body, secret, timestamp), "x-blaaiz-timestamp": timestamp };
      const typed = { "content-type": type };
      const answer = await post(url, body, { ...headers, ...typed });
      expect([type, answer.status, answer.text]).toEqual([type, 200, '{"received":true}']);
      const forged = await post(url, `${body} `, { ...headers, ...typed });
      expect([type, forged.status, forged.text]).toEqual([type, 401, '{"received":false}']);
    }
    expect((await endpoint.stored()).map(({ kind }) => kind)).toEqual(types.map(() => "other"));
  });

  test("is cut off above a megabyte, before anything is checked", async () => {
    const endpoint = await startEndpoint();
    const large = JSON.stringify(collection({ padding: "x".repeat(1_000_001) }));
    const answer = await deliver(endpoint, large).catch((error: NodeJS.ErrnoException) => error.code);
    // A server that stops reading may break the connection before its answer was read.
    expect(typeof answer === "object" ? answer.status : answer).toEqual(
      typeof answer === "object" ? 413 : expect.stringMatching(/EPIPE|ECONNRESET/),
    );
    expect(await endpoint.stored()).toEqual([]);
    expect((await deliver(endpoint, collection({ padding: "x".repeat(900_000) }))).status).toBe(200);
  });
});

test("while a secret is rotated, the old one and the new one both sign", async () => {
  const provider = await startSandbox({ port: 0, stateFile: ":memory:", signingSecret: "unused" });
  try {
    const { url, clientId, clientSecret } = provider;
    const endpoint = await startEndpoint({
      provider: { url, credentials: { clientId, clientSecret } },
      webhookSecrets: ["new-secret", "old-secret"],
    });
    expect(endpoint.gateway.sandbox).toBeNull();
    for (const current of ["new-secret", "old-secret"]) {
      expect((await deliver({ ...endpoint, secret: current }, collection())).status).toBe(200);
    }
    for (const foreign of ["unused", "new-secret,old-secret", "new-secret "]) {
      expect((await deliver({ ...endpoint, secret: foreign }, collection())).status).toBe(401);
    }
    expect(await endpoint.stored()).toHaveLength(2);
  } finally {
    await provider.stop();
  }
});

forEachDatabase((name, _open, newUrl) => {
  test("an event that cannot be stored is answered 503, and stored when it comes again", async () => {
    const databaseUrl = await newUrl();
    const endpoint = await startEndpoint({ databaseUrl });
    const event = collection();
    const { breakDown, mend } = faultOf(name, databaseUrl);
    await breakDown();
    const answer = await deliver(endpoint, event);
    expect([answer.status, answer.text]).toEqual([503, '{"received":false}']);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    // Nobody else learns what is wrong.
    expect((await post(endpoint.gateway.url, "{}", {})).status).toBe(401);
    await mend();
    expect((await deliver(endpoint, event)).status).toBe(200);
    expect(await endpoint.stored()).toHaveLength(1);
  });

  test.each([-3_600_000, 3_600_000])(
    "a signature is fresh by the database's clock where the node's steps by %i ms",
    async (stepMs) => {
      const endpoint = await startEndpoint({ databaseUrl: await newUrl() });
      const customerId = await createCustomerAtProvider(endpoint.provider);
      const timestamp = unixSeconds();
      const old = unixSeconds(-301);
      const event = { type: "customer", customer_id: customerId, new_status: "VERIFIED" };
      const rightDate = Date;
      globalThis.Date = steppedDate(stepMs);
      try {
        expect((await deliver(endpoint, event, timestamp)).status).toBe(200);
        expect((await deliver(endpoint, collection(), old)).status).toBe(401);
        // It takes a look-up, and so the inbox's leases and times.
        const [row] = await eventually(async () => {
          const rows = await endpoint.stored();
          return rows[0]?.state === "APPLIED" && rows;
        });
        expect(Math.abs((row?.received_at ?? 0) - Number(timestamp) * 1000)).toBeLessThan(60_000);
      } finally {
        globalThis.Date = rightDate;
      }
    },
  );

  test("an event with letters that a database cannot hold is stored all the same", async () => {
    const endpoint = await startEndpoint({ databaseUrl: await newUrl() });
    const bodies = [
      '{"type":"payout","transaction_id":"a\\u0000b","transaction_status":"PENDING","event_id":"e\\u0000"}',
      '{"type":"pay\\u0000out","event_id":"\\ud800"}',
      '{"type":"customer.status_changed","customer_id":"\\u0000","new_status":"VERIFIED"}',
    ];
    for (const body of bodies) {
      expect([body, (await deliver(endpoint, body)).status]).toEqual([body, 200]);
      expect([body, (await deliver(endpoint, body)).status]).toEqual([body, 200]);
    }
    expect((await endpoint.stored()).map(({ raw_body }) => raw_body)).toEqual(bodies);
  });
}, sharedKinds);

/** What a node reads whose wall clock is set. */
function steppedDate(stepMs: number): DateConstructor {
  const RealDate = Date;
  return class extends RealDate {
    constructor(...values: [] | [number | string]) {
      if (values.length === 0) super(RealDate.now() + stepMs);
      else super(...values);
    }

    static override now(): number {
      return RealDate.now() + stepMs;
    }
  } as DateConstructor;
}

/** What takes the store away from a running gateway, and gives it back. */
function faultOf(name: string, url: string): { breakDown(): Promise<void>; mend(): Promise<void> } {
  if (name === "PostgreSQL") {
    const database = new URL(url).pathname.slice(1);
    const allow = (isAllowed: boolean) =>
      administer(async (client) => {
        await client.query(`alter database ${database} allow_connections ${isAllowed}`);
        await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [database]);
      });
    return { breakDown: () => allow(false), mend: () => allow(true) };
  }
  const rename = async (from: string, to: string) => {
    const file = new SqliteDatabase(url.slice("sqlite:".length));
    file.exec(`alter table ${from} rename to ${to}`);
    file.close();
  };
  return { breakDown: () => rename("inbox", "lost"), mend: () => rename("lost", "inbox") };
}
