// Deliveries are answered ahead of the framework once it has answered one. On either way they are told the same.

import { request } from "node:http";
import { sql } from "kysely";
import { sendInParts } from "./support/send-in-parts.js";
import { signatureOf, unixSeconds } from "./support/signed-webhooks.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

/** As a framework reads it, this is the same type; it is not the one that is looked for ahead of it. */
const longType = "application/json; charset=utf-8";
const shortType = "application/json";

interface Answer {
  status: number;
  headers: string[];
  text: string;
  requestId: string;
}

async function startDoor(limits = {}) {
  const databaseUrl = await newSqliteUrl();
  const database = await openTestDatabase(databaseUrl);
  const { gateway, provider } = await startTestGateway({ config: { databaseUrl }, limits });
  const secret = provider.signingSecret;
  const deliver = (type: string, event: unknown, key = secret) => {
    const body = typeof event === "string" ? event : JSON.stringify(event);
    const timestamp = unixSeconds();
    const signed = { "x-blaaiz-signature": signatureOf(body, key, timestamp), "x-blaaiz-timestamp": timestamp };
    return post(gateway.url, body, { "content-type": type, ...signed });
  };
  // The first one goes the long way whatever it looks like.
  expect((await deliver(shortType, event())).status).toBe(200);
  return { gateway, database, secret, deliver };
}

function event() {
  return { event_id: unique("event"), type: "collection", transaction_status: "SUCCESSFUL" };
}

/** Its headers as they were spelt and repeated, without those of one answer alone. */
function post(url: string, body: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/webhooks`, { method: "POST", headers, agent: false }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += chunk;
      const { statusCode: status = 0, rawHeaders } = answer;
      const pairs = rawHeaders.flatMap((name, index) =>
        index % 2 ? [] : [[name.toLowerCase(), rawHeaders[index + 1]]],
      );
      const lines = pairs.flatMap(([name, value]) =>
        name === "date" || name === "x-request-id" ? [] : `${name}: ${value}`,
      );
      resolve({ status, headers: lines.sort(), text, requestId: String(answer.headers["x-request-id"]) });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

test("what is stored, comes again, is not signed, or cannot be stored is answered alike", async () => {
  const { database, deliver, gateway } = await startDoor();
  const seen = new Set<string>();
  const compare = async (status: number, make: () => unknown, key?: string) => {
    const long = await deliver(longType, make(), key);
    const short = await deliver(shortType, make(), key);
    expect({ ...short, requestId: "" }).toEqual({ ...long, requestId: "" });
    expect(short.status).toBe(status);
    for (const { requestId } of [long, short]) {
      expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      expect(seen).not.toContain(requestId);
      seen.add(requestId);
    }
  };
  await compare(200, event);
  const again = event();
  await compare(200, () => again);
  await compare(200, () => "\u0000 no JSON");
  await compare(401, event, "another secret");
  await sql`create trigger broken before insert on inbox begin select raise(abort, 'broken on purpose'); end`.execute(
    database.db,
  );
  await compare(503, event);
  await sql`drop trigger broken`.execute(database.db);
  await compare(200, event);
  const { count } = await database.db
    .selectFrom("inbox")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  expect(count).toBe(1 + 2 + 1 + 1 + 2);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toContain('payout_gateway_webhooks_total{kind="unknown",outcome="refused"} 2');
});

test("a delivery in pieces is stored, and one that does not come to its end is answered with 408", async () => {
  const { gateway, secret, deliver } = await startDoor({ requestMs: 600 });
  const body = JSON.stringify(event());
  const send = (parts: readonly string[]) => {
    const timestamp = unixSeconds();
    const head = [
      "POST /webhooks HTTP/1.1",
      `content-type: ${shortType}`,
      `content-length: ${body.length}`,
      `x-blaaiz-timestamp: ${timestamp}`,
      `x-blaaiz-signature: ${signatureOf(body, secret, timestamp)}`,
    ];
    return sendInParts(gateway.url, head, parts);
  };
  expect(await send([body.slice(0, 20), body.slice(20)])).toMatch(/^HTTP\/1.1 200 .*\{"received":true\}$/s);
  const cut = await send([body.slice(0, 20)]);
  expect(cut).toMatch(/^HTTP\/1.1 408 /);
  expect(cut).toContain('"limit":"requestTime"');
  expect((await deliver(shortType, event())).status).toBe(200);
});
