import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { payoutInput } from "./support/test-client.js";

interface ErrorAnswer {
  data?: unknown;
  errors: { message: string; path?: string[]; extensions: Record<string, unknown> }[];
}

async function send(gateway: TestGateway, path: string, init: RequestInit = {}) {
  const response = await fetch(`${gateway.client.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as ErrorAnswer };
}

const json = { "content-type": "application/json" };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const inside = /127\.0\.0\.1|localhost|\/api\/external|oauth|node_modules|\.js:\d|\.ts:\d|SQLITE|no such table| {4}at /;

describe("an error that nobody foresaw", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "payout-gateway-errors-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  test("tells the client one sentence and the request's id, and nothing of what happened", async () => {
    const file = join(directory, "gateway.db");
    const gateway = await startTestGateway({ config: { databaseUrl: `sqlite:${file}` } });
    const database = new Database(file);
    database.pragma("foreign_keys = OFF");
    database.exec("DROP TABLE payouts");
    database.close();
    const { status, headers, text, body } = await send(gateway, "/graphql", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ query: "{ payouts { totalCount } }" }),
    });
    expect(status).toBe(200);
    const requestId = headers.get("x-request-id");
    expect(requestId).toMatch(uuid);
    expect(body).toEqual({
      data: null,
      errors: [
        {
          message: "Something went wrong here.",
          path: ["payouts"],
          extensions: { code: "INTERNAL_SERVER_ERROR", requestId },
        },
      ],
    });
    expect(text).not.toMatch(inside);
  });
});

describe("a request that is not one", () => {
  const requests = {
    "malformed JSON": '{ "query": "{ statusCursor }',
    "an empty body": "",
    "no query": "{}",
    "a query that is no text": '{ "query": 7 }',
    "variables that are no object": '{ "query": "{ statusCursor }", "variables": "x" }',
    "variables that are a list": '{ "query": "{ statusCursor }", "variables": [1] }',
    "extensions that are no object": '{ "query": "{ statusCursor }", "extensions": "x" }',
    "keys that would reach a prototype": '{ "query": "{ statusCursor }", "variables": { "__proto__": { "a": 1 } } }',
    "a name that is no text": '{ "query": "{ statusCursor }", "operationName": 7 }',
    "an array of requests": '[{ "query": "{ statusCursor }" }]',
    "JSON that is no object": "null",
    "a name of no operation": '{ "query": "query A { statusCursor }", "operationName": "B" }',
    "several operations without a name": '{ "query": "query A { statusCursor } query B { statusCursor }" }',
    "a syntax error": '{ "query": "{ statusCursor" }',
    "a subscription": '{ "query": "subscription { statusChanged { cursor } }" }',
    "a variable that is missing": '{ "query": "query ($id: ID!) { payout(id: $id) { id } }" }',
  };

  test("is answered with 400 in the shape of GraphQL, with an id and without a stack", async () => {
    const gateway = await startTestGateway();
    const headers = { ...json, accept: "application/graphql-response+json" };
    for (const [name, body] of Object.entries(requests)) {
      const answer = await send(gateway, "/graphql", { method: "POST", headers, body });
      expect({ name, status: answer.status }).toEqual({ name, status: 400 });
      expect(answer.headers.get("content-type")).toMatch(/json/);
      expect(answer.headers.get("x-request-id")).toMatch(uuid);
      expect(answer.body.data).toBeUndefined();
      expect(answer.body.errors).toHaveLength(1);
      expect(["BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "LIMIT_EXCEEDED"]).toContain(
        answer.body.errors[0]?.extensions.code,
      );
      expect(answer.text).not.toMatch(inside);
    }
  });

  test("is told every fault of its document, by the code for it", async () => {
    const gateway = await startTestGateway();
    const ask = (query: string) =>
      send(gateway, "/graphql", { method: "POST", headers: json, body: JSON.stringify({ query }) });
    expect((await ask("{ nothing }")).body.errors).toMatchObject([
      { extensions: { code: "GRAPHQL_VALIDATION_FAILED" } },
    ]);
    expect((await ask("{ statusCursor ")).body.errors).toMatchObject([
      { extensions: { code: "GRAPHQL_PARSE_FAILED" } },
    ]);
  });

  test("of more than 100 kB is answered with 413, whether its length is told or not", async () => {
    const gateway = await startTestGateway();
    const body = JSON.stringify({ query: "{ statusCursor }", variables: { padding: "x".repeat(100_000) } });
    const told = await send(gateway, "/graphql", { method: "POST", headers: json, body });
    expect(told.status).toBe(413);
    expect(told.body.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED" } }]);

    const { port } = new URL(gateway.client.url);
    const socket = connect(Number(port), "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8").on("data", (text) => {
      answer += text;
    });
    // The gateway may close while the rest is still being sent.
    socket.on("error", () => {});
    const closed = once(socket, "close");
    socket.write(
      "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
    );
    for (let sent = 0; sent < 3; sent += 1) socket.write(`c350\r\n${"x".repeat(0xc350)}\r\n`);
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("LIMIT_EXCEEDED");
  });

  test("of just under 100 kB is answered", async () => {
    const gateway = await startTestGateway();
    const body = JSON.stringify({ query: "{ statusCursor }", variables: { padding: "x".repeat(99_900) } });
    expect((await send(gateway, "/graphql", { method: "POST", headers: json, body })).status).toBe(200);
  });

  test("by a URL that cannot be read is answered with 400 in the same shape", async () => {
    const gateway = await startTestGateway();
    const { status, headers, body } = await send(gateway, "/graphql%zz");
    expect(status).toBe(400);
    expect(headers.get("x-request-id")).toMatch(uuid);
    expect(body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  test("by a name that nothing has is answered with 404 in the same shape", async () => {
    const gateway = await startTestGateway();
    const { status, headers, body } = await send(gateway, "/graphq1?key=secret");
    expect(status).toBe(404);
    expect(headers.get("x-request-id")).toMatch(uuid);
    expect(body.errors).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain("secret");
  });
});

describe("a browser on a foreign page", () => {
  const query = encodeURIComponent("{ statusCursor }");
  const mutation = encodeURIComponent(
    'mutation { createCustomer(input: { type: INDIVIDUAL, email: "a@example.com", country: "NG" }) { replayed } }',
  );
  const header = "apollo-require-preflight";

  test("cannot read by GET without the header that the refusal names", async () => {
    const gateway = await startTestGateway();
    const refused = await send(gateway, `/graphql?query=${query}`);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0]?.message).toContain(header);
    const taken = await send(gateway, `/graphql?query=${query}`, { headers: { [header]: "1" } });
    expect(taken.status).toBe(200);
    expect(taken.body.data).toMatchObject({ statusCursor: expect.any(String) });
  });

  test("cannot change anything by GET, with the header or without", async () => {
    const gateway = await startTestGateway();
    const { status, body } = await send(gateway, `/graphql?query=${mutation}`, { headers: { [header]: "1" } });
    expect(status).toBe(405);
    expect(body.data).toBeUndefined();
    expect((await send(gateway, `/graphql?query=${mutation}`)).status).toBe(400);
    expect(gateway.provider.received("POST /customer")).toHaveLength(0);
  });

  test("cannot send a body of another type than JSON, and is told what to send", async () => {
    const gateway = await startTestGateway();
    const body = new TextEncoder().encode(JSON.stringify({ query: decodeURIComponent(mutation) }));
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]) {
      const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
      const answer = await send(gateway, "/graphql", { method: "POST", headers, body });
      expect([400, 415]).toContain(answer.status);
      expect(answer.body.errors[0]?.message).toMatch(/content-type: application\/json|apollo-require-preflight/i);
    }
    expect(gateway.provider.received("POST /customer")).toHaveLength(0);
  });
});

test("introspection can be turned off, and with it every hint of what there is", async () => {
  const gateway = await startTestGateway({ config: { introspection: "nobody" } });
  const { client } = gateway;
  for (const query of ["{ __schema { types { name } } }", '{ __type(name: "Payout") { name } }']) {
    const { data, errors } = await client.request(query);
    expect(data).toBeUndefined();
    expect(errors?.[0]).toMatchObject({ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } });
  }
  const { errors } = await client.request("{ payuots { totalCount } }");
  expect(errors?.[0]?.message).toMatch(/payuots/);
  expect(errors?.[0]?.message).not.toMatch(/did you mean|payouts/i);
  const overStream = await send(gateway, "/graphql/stream", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ query: "subscription { statusChagned { cursor } }" }),
  });
  expect(overStream.status).toBe(400);
  expect(overStream.text).not.toMatch(/did you mean|statusChanged/i);
  expect(await client.run("{ payouts { __typename } }")).toEqual({ payouts: { __typename: "PayoutConnection" } });
  expect((await send(gateway, "/graphiql")).status).toBe(404);
});

test("introspection is on by default", async () => {
  const { client } = await startTestGateway();
  expect(await client.run('{ __type(name: "Money") { name } }')).toEqual({ __type: { name: "Money" } });
});

describe("a provider in trouble", () => {
  const secret = "https://provider.internal/api?key=hunter2";
  const faults = [
    ["500", { kind: "answer", status: 500, body: { message: secret, trace: secret } }],
    ["a proxy's page", { kind: "answer", status: 200, body: `<html>${secret}</html>` }],
    ["an answer of another shape", { kind: "answer", status: 200, body: { data: [{ id: secret }] } }],
    ["a broken connection", { kind: "reset", when: "before" }],
    ["a redirect", { kind: "answer", status: 302, headers: { location: "http://127.0.0.1:9/hunter2" } }],
    ["403", { kind: "answer", status: 403, body: { message: secret } }],
    ["no answer in time", { kind: "hang", when: "before" }],
  ] as const;

  test("is PROVIDER_UNAVAILABLE to a query, without a word of what it said", async () => {
    const gateway = await startTestGateway({ config: { providerTimeoutMs: 300 } });
    for (const [name, fault] of faults) {
      gateway.provider.failNext({ route: "GET /wallet", times: 10, ...fault });
      const { status, text, body } = await send(gateway, "/graphql", {
        method: "POST",
        headers: json,
        body: JSON.stringify({ query: "{ wallets { id } statusCursor }" }),
      });
      await fetch(`${gateway.provider.url}/_sandbox/faults`, { method: "DELETE" });
      expect({ name, status }).toEqual({ name, status: 200 });
      expect(body.errors).toMatchObject([{ path: ["wallets"], extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
      expect(text).not.toMatch(inside);
      expect(text).not.toContain("hunter2");
    }
  });

  test("does not take along what is known without it", async () => {
    const { client, provider } = await startTestGateway();
    const { customer } = await client.createCustomer();
    provider.failNext({ route: "*", kind: "answer", status: 503, times: 100 });
    const { data, errors } = await client.request(
      `query ($id: ID!) {
        customer(id: $id) { id }
        other: customer(id: "never-seen") { id }
        customers { totalCount }
      }`,
      { id: customer.id },
    );
    expect(data).toEqual({ customer: { id: customer.id }, other: null, customers: { totalCount: 1 } });
    expect(errors).toMatchObject([{ path: ["other"], extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  });

  test("is PROVIDER_UNAVAILABLE to every mutation that it keeps from being done", async () => {
    const { client, provider } = await startTestGateway();
    const { customer } = await client.createCustomer();
    provider.failNext({ route: "*", kind: "answer", status: 503, times: 100 });
    const { data, errors } = await client.request(
      `mutation ($id: ID!, $payout: CreatePayoutInput!) {
        createCustomer(input: {
          type: INDIVIDUAL, firstName: "A", lastName: "B", email: "a@example.com", country: "NG", idType: PASSPORT, idNumber: "1"
        }) { replayed }
        updateCustomer(input: { customerId: $id, city: "Lagos" }) { customer { id } }
        requestDocumentUpload(input: { customerId: $id, category: IDENTITY, fileName: "a.png", contentType: "image/png" }) {
          document { id }
        }
        createPayout(input: $payout) { replayed }
      }`,
      { id: customer.id, payout: payoutInput({ customerId: "never-seen" }) },
    );
    expect(data ?? null).toBeNull();
    for (const { extensions, message } of errors ?? []) {
      expect(extensions?.code).toBe("PROVIDER_UNAVAILABLE");
      expect(message).not.toMatch(inside);
    }
    expect(errors?.length).toBeGreaterThan(0);
  });

  test("that takes no more calls is RATE_LIMITED, with the seconds to wait", async () => {
    const { client, provider } = await startTestGateway();
    provider.failNext({
      route: "GET /bank",
      kind: "answer",
      status: 429,
      body: { message: "Slow down." },
      headers: { "retry-after": "7" },
    });
    const { errors } = await client.request("{ banks { id } }");
    // It was asked once: the budget's own refusal of a second time would say 8.
    expect(errors).toMatchObject([{ path: ["banks"], extensions: { code: "RATE_LIMITED", retryAfterSeconds: 7 } }]);
  });

  test("whose limit is used up says until when", async () => {
    const { client } = await startTestGateway({ sandbox: { rateLimit: { perMinute: 2, perHour: 1000 } } });
    const answers = await Promise.all(
      ["GB", "NG", "DE", "US"].map((country) =>
        client.request("query ($country: String) { banks(country: $country) { id } }", { country }),
      ),
    );
    const limited = answers.flatMap(({ errors }) => errors ?? []);
    expect(limited.length).toBeGreaterThan(0);
    for (const { extensions } of limited) {
      expect(extensions?.code).toBe("RATE_LIMITED");
      expect(extensions?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
      // A minute, and the second by which a call counts longer.
      expect(extensions?.retryAfterSeconds).toBeLessThanOrEqual(61);
    }
  });
});
