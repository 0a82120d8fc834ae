// What becomes of bad HTTP and bad GraphQL. What is not here has a test of its own: operation-limits, caller-limits,
// graphql-cop, graphql-over-http and errors.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { pino } from "pino";
import { readConfig } from "../src/config.js";
import { startGateway } from "../src/gateway.js";
import { eventually } from "./support/eventually.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { customerInput, payoutInput } from "./support/test-client.js";

const json = { "content-type": "application/json" };
const response = "application/graphql-response+json";

async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  // Whatever breaks it is what the test looks at.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Sends these bytes, and answers what came until the other side closed. */
async function exchange(url: string, text: string): Promise<string> {
  const socket = await open(url);
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    answer += chunk;
  });
  const closed = once(socket, "close");
  socket.write(text);
  await closed;
  return answer;
}

const lines = (...parts: string[]) => parts.join("\r\n");

function bodyOf(answer: string): { errors: { message: string; extensions: Record<string, unknown> }[] } {
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
}

test("malformed JSON: 400 with an error in the shape of GraphQL, a request id, no HTML, no stack, and not a byte of it in the log", async () => {
  const log: string[] = [];
  const logger = pino({ level: "trace" }, { write: (line: string) => void log.push(line) });
  const variables = { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:", RECONCILE_SECONDS: "0" };
  const gateway = await startGateway(readConfig(variables), { logger });
  try {
    const body = '{"query": "canary-in-a-body", }';
    const answer = await fetch(`${gateway.url}/graphql`, { method: "POST", headers: json, body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: "The body is not valid JSON.", extensions: { code: "BAD_USER_INPUT" } }],
    });
    expect(log.join("") + text).not.toContain("canary-in-a-body");
  } finally {
    await gateway.stop();
  }
});

test.each([
  ["a syntax error", "{ statusCursor ", "GRAPHQL_PARSE_FAILED"],
  ["a field that is not there", "{ statusCorsor }", "GRAPHQL_VALIDATION_FAILED"],
])(
  "%s: 400 for application/graphql-response+json, 200 for application/json, no data, one error",
  async (_what, query, code) => {
    const { client } = await startTestGateway({ config: { introspection: "nobody" } });
    for (const [accept, status] of [
      [response, 400],
      ["application/json", 200],
      [`${response}, application/json;q=0.9`, 400],
      [`application/json, ${response};q=0.9`, 200],
      ["*/*", 200],
    ] as const) {
      const answer = await client.post({ query }, { accept });
      expect({ accept, status: answer.status }).toEqual({ accept, status });
      expect(answer.headers.get("content-type")).toMatch(
        status === 400 ? /graphql-response\+json/ : /^application\/json/,
      );
      const { data, errors } = (await answer.json()) as { data?: unknown; errors: { message: string }[] };
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([{ extensions: { code } }]);
      expect(errors[0]?.message).not.toMatch(/did you mean/i);
    }
  },
);

test("the keys __proto__ and constructor reach nothing, over HTTP and WebSocket", async () => {
  const { client } = await startTestGateway();
  const query = "query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }";
  for (const filter of ['{"__proto__": {"search": "x"}}', '{"constructor": {"prototype": {"search": "x"}}}']) {
    const answer = await client.post(`{"query": ${JSON.stringify(query)}, "variables": {"filter": ${filter}}}`);
    expect(answer.status).toBe(400);
    const socket = await (await openSocket(client.url)).init();
    socket.send(
      `{"id": "1", "type": "subscribe", "payload": {"query": ${JSON.stringify(query)}, "variables": {"filter": ${filter}}}}`,
    );
    const { type, payload } = await socket.take();
    expect({ type, code: (payload.errors ?? payload)[0].extensions.code }).toMatchObject({ code: "BAD_USER_INPUT" });
  }
  expect({}).not.toHaveProperty("search");
  const named = await client.post(
    '{"query": "{ statusCursor }", "constructor": 1, "toString": 2, "hasOwnProperty": 3}',
  );
  expect(named.status).toBe(200);
});

test("invalid UTF-8, lone surrogates and NUL are refused, and every other character comes back as it was sent", async () => {
  const { client, provider } = await startTestGateway();
  const query =
    "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { firstName } userErrors { code field } } }";
  const send = async (name: string | Buffer) => {
    const [before, after] = JSON.stringify({ query, variables: { input: customerInput({ firstName: "@" }) } }).split(
      '"@"',
    );
    const parts = [`${before}"`, name, `"${after}`].map((part) =>
      typeof part === "string" ? Buffer.from(part) : part,
    );
    const answer = await fetch(`${client.url}/graphql`, {
      method: "POST",
      headers: json,
      body: new Uint8Array(Buffer.concat(parts)),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, never> };
  };
  const refused = [Buffer.from([0xff, 0xfe]), Buffer.from([0xc3]), "\\ud83d", "\\udc00\\ud83d", "A\\u0000B"];
  for (const name of refused) expect({ name, status: (await send(name)).status }).toEqual({ name, status: 400 });
  expect(provider.received("POST /customer")).toHaveLength(0);
  for (const name of ["Zoë", "Владимир", "محمد", "𝓐𝓭𝓪", "e\u0301", "李"]) {
    const { body } = await send(name);
    expect(body).toMatchObject({ data: { createCustomer: { customer: { firstName: name }, userErrors: [] } } });
  }
  const literal = await client.post({ query: '{ payout(id: "a\\u0000b") { id } }' });
  expect(literal.status).toBe(400);
  const withMark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"query": "{ __typename }"}')]);
  const marked = await fetch(`${client.url}/graphql`, {
    method: "POST",
    headers: json,
    body: new Uint8Array(withMark),
  });
  expect(await marked.json()).toEqual({ data: { __typename: "Query" } });
});

test("an oversized body: 413 from the length header alone, without reading it, and the connection is closed", async () => {
  const { client } = await startTestGateway();
  const head = lines("POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 100001");
  const answer = await exchange(client.url, `${head}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toMatch(/connection: close/i);
  expect(bodyOf(answer).errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit: "body" } }]);
});

test("a compressed bomb is never inflated", async () => {
  const { client } = await startTestGateway();
  const bomb = gzipSync(Buffer.alloc(50_000_000, " "));
  expect(bomb.length).toBeLessThan(100_000);
  const answer = await fetch(`${client.url}/graphql`, {
    method: "POST",
    headers: { ...json, "content-encoding": "gzip" },
    body: new Uint8Array(bomb),
  });
  expect(answer.status).toBe(415);
});

test("variable bombs: an error that names the path and its type, and never the value", async () => {
  const { client, provider } = await startTestGateway();
  const createPayout =
    "mutation ($input: CreatePayoutInput!) { createPayout(input: $input) { replayed userErrors { field message } } }";
  const payout = payoutInput({ customerId: "c" });
  const page = "query ($first: Int, $filter: PayoutFilter) { payouts(first: $first, filter: $filter) { totalCount } }";
  const canary = "canary-4929123412341234";
  const bombs: [string, string, string, string][] = [
    [
      "a number for an amount",
      createPayout,
      JSON.stringify({ input: { ...payout, amount: { send: 0.1 + 0.2 } } }),
      "input.amount.send",
    ],
    [
      "a number beyond all",
      createPayout,
      JSON.stringify({ input: payout }).replace('"5000.00"', "1e400"),
      "input.amount.send",
    ],
    ["minus nothing", createPayout, JSON.stringify({ input: payout }).replace('"5000.00"', "-0"), "input.amount.send"],
    ["a text for a number", page, JSON.stringify({ first: canary }), "first"],
    ["no word of an enum", page, JSON.stringify({ filter: { status: [canary] } }), "filter.status.0"],
    ["a field of no type", createPayout, JSON.stringify({ input: { ...payout, [canary]: 1 } }), "input"],
    [
      "a list of 9,000 wrong things",
      page,
      JSON.stringify({ filter: { status: Array(9_000).fill(7) } }),
      "filter.status.0",
    ],
    [
      "an object for a text",
      createPayout,
      JSON.stringify({ input: { ...payout, walletId: { canary } } }),
      "input.walletId",
    ],
    ["nothing where something must be", createPayout, JSON.stringify({ input: null }), "input"],
  ];
  for (const [what, query, variables, path] of bombs) {
    const body = `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`;
    const answer = await client.post(body, { accept: response });
    const text = await answer.text();
    expect({ what, status: answer.status }).toEqual({ what, status: 400 });
    const { errors } = JSON.parse(text) as { errors: { message: string }[] };
    expect({ what, message: errors[0]?.message }).toEqual({
      what,
      message: expect.stringMatching(new RegExp(`^The variable ${path} `)),
    });
    expect(errors.length).toBeLessThanOrEqual(10);
    expect(text).not.toMatch(/canary|0\.30000|Infinity/);
    const socket = await (await openSocket(client.url)).init();
    socket.send(`{"id": "1", "type": "subscribe", "payload": ${body}}`);
    expect((await socket.take()).payload.errors).toEqual(errors);
    socket.socket.close();
  }
  const nested = await client.post(
    `{"query": "{ statusCursor }", "variables": {"a": ${"[".repeat(40_000)}${"]".repeat(40_000)}}}`,
  );
  expect(nested.status).toBe(400);
  expect(await nested.text()).not.toMatch(/call stack/);
  expect(provider.received("POST /payout")).toHaveLength(0);
});

describe("a client that draws things out", () => {
  const patient = { limits: { headersMs: 400, requestMs: 400 } };

  test("slow headers: 408 and the end, and others are answered meanwhile", async () => {
    const { client } = await startTestGateway(patient);
    const answering = exchange(client.url, "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    expect(await client.run("{ __typename }")).toEqual({ __typename: "Query" });
    const answer = await answering;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(bodyOf(answer).errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED" } }]);
  });

  test("a slow body: 408 and the end, however steadily it drips", async () => {
    const { client } = await startTestGateway(patient);
    const socket = await open(client.url);
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    const closed = once(socket, "close");
    socket.write(
      `${lines("POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 9000")}\r\n\r\n{`,
    );
    const drip = setInterval(() => socket.write(" "), 50);
    await closed;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/connection: close/i);
    expect(bodyOf(answer).errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit: "requestTime" } }]);
    expect(await client.run("{ __typename }")).toEqual({ __typename: "Query" });
  });

  test("a slow read: an answer that is not read ends the connection, and a stream is left alone", async () => {
    const { client } = await startTestGateway({
      limits: { ...patient.limits, aliases: 700, rootFields: 700, tokens: 20_000 },
    });
    const stream = await fetch(`${client.url}/graphql/stream`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ query: "subscription { statusChanged { cursor } }" }),
    });
    // More than the system's own buffers between two sockets hold.
    const types = "types { description fields { description args { description } } }";
    const asked = Array.from({ length: 600 }, (_, index) => `a${index}: __schema { ${types} }`);
    const body = JSON.stringify({ query: `{ ${asked.join(" ")} }` });
    const head = [
      "POST /graphql HTTP/1.1",
      "Host: x",
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
    ];
    const socket = await open(client.url);
    socket.write(`${lines(...head)}\r\n\r\n${body}`);
    const [first] = await once(socket, "data");
    socket.pause();
    const length = Number(/content-length: (\d+)/i.exec(String(first))?.[1]);
    expect(length).toBeGreaterThan(10_000_000);
    // Twice the time that an answer may take to be read, and the time to look for such answers.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    let bytes = first.length;
    const ended = new Promise((resolve) => {
      socket.once("close", resolve).on("data", (chunk) => {
        bytes += chunk.length;
        if (bytes > length) resolve(null);
      });
    });
    socket.resume();
    await ended;
    expect(bytes).toBeLessThan(length);
    const reading = stream.body?.getReader().read();
    await client.createCustomer();
    expect((await reading)?.done).toBe(false);
    await stream.body?.cancel().catch(() => undefined);
  });
});

describe("smuggling", () => {
  const inner = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  const requests = {
    "a length and chunks together": `${lines("POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 6", "Transfer-Encoding: chunked")}\r\n\r\n0\r\n\r\n${inner}`,
    "two lengths": `${lines("POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 0", `Content-Length: ${inner.length}`)}\r\n\r\n${inner}`,
    "a length that is no number": `${lines("POST /graphql HTTP/1.1", "Host: x", "Content-Length: +3")}\r\n\r\nabc${inner}`,
    "lines that end in LF alone": `POST /graphql HTTP/1.1\nHost: x\nContent-Length: 0\n\n${inner}`,
    "a chunk's end that is missing": `${lines("POST /graphql HTTP/1.1", "Host: x", "Content-Type: application/json", "Transfer-Encoding: chunked")}\r\n\r\n2\r\n{}X\r\n0\r\n\r\n${inner}`,
    "an unknown transfer encoding": `${lines("POST /graphql HTTP/1.1", "Host: x", "Transfer-Encoding: xchunked")}\r\n\r\n${inner}`,
    "a header name with a space": `${lines("POST /graphql HTTP/1.1", "Host: x", "Content-Length : 0")}\r\n\r\n${inner}`,
  };

  test.each(Object.keys(requests) as (keyof typeof requests)[])("by %s: 400 and the end", async (name) => {
    const { client } = await startTestGateway();
    const answer = await exchange(client.url, requests[name]);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer).not.toContain("payout_gateway_");
    expect(bodyOf(answer).errors).toHaveLength(1);
  });
});

test("a client that leaves after its payout was sent does not stop it, and the payout is made once", async () => {
  const { client, provider } = await startTestGateway();
  const customer = await client.verifiedCustomer();
  const leaving = new AbortController();
  provider.failNext({ route: "POST /payout", kind: "delay", delayMs: 500 });
  const input = payoutInput({ customerId: customer.id });
  const query = "mutation ($input: CreatePayoutInput!) { createPayout(input: $input) { payout { id } } }";
  const asking = fetch(`${client.url}/graphql`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ query, variables: { input } }),
    signal: leaving.signal,
  });
  await eventually(async () => provider.received("POST /payout").length === 1);
  leaving.abort();
  await expect(asking).rejects.toThrow();
  const { payoutByIdempotencyKey: payout } = await client.run(
    "query ($key: ID!) { payoutByIdempotencyKey(idempotencyKey: $key) { id } }",
    { key: input.idempotencyKey },
  );
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  expect(provider.received("POST /payout")).toHaveLength(1);
});

describe("what a browser is told", () => {
  test("answers carry no page: a policy of nothing, no sniffing, no storing, no frames", async () => {
    const { client } = await startTestGateway();
    for (const path of ["/graphql", "/livez", "/nothing"]) {
      const { headers } = await fetch(`${client.url}${path}`, { headers: { "apollo-require-preflight": "1" } });
      expect(headers.get("content-security-policy")).toBe("default-src 'none';frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-frame-options")).toBe("DENY");
    }
    const page = await fetch(`${client.url}/graphiql`);
    expect(page.headers.get("content-security-policy")).toContain("connect-src 'self'");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    await page.body?.cancel();
  });

  test("pages of a configured origin may call and subscribe, others may not", async () => {
    const friend = "https://app.example.com";
    const { client } = await startTestGateway({ config: { corsOrigins: [friend] } });
    const preflight = (origin: string) =>
      fetch(`${client.url}/graphql`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,authorization",
        },
      });
    const allowed = await preflight(friend);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(friend);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
    expect((await preflight("https://other.example.com")).headers.get("access-control-allow-origin")).toBeNull();
    const answer = await client.post({ query: "{ __typename }" }, { origin: friend });
    expect(answer.headers.get("access-control-allow-origin")).toBe(friend);
    const stream = await fetch(`${client.url}/graphql/stream`, {
      method: "POST",
      headers: { ...json, origin: friend },
      body: JSON.stringify({ query: "subscription { statusChanged { cursor } }" }),
    });
    expect(stream.headers.get("access-control-allow-origin")).toBe(friend);
    expect(stream.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await stream.body?.cancel();
    const upgrade = async (origin: string) => {
      const socket = await open(client.url);
      const key = "dGhlIHNhbXBsZSBub25jZQ==";
      const head = [
        "GET /graphql HTTP/1.1",
        "Host: x",
        `Origin: ${origin}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
      ];
      socket.write(`${lines(...head, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${key}`)}\r\n\r\n`);
      const [answer] = await once(socket, "data");
      socket.destroy();
      return String(answer);
    };
    expect(await upgrade(friend)).toMatch(/^HTTP\/1\.1 101 /);
    expect(await upgrade("https://other.example.com")).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("without configured origins no page of another site may read an answer", async () => {
    const { client } = await startTestGateway();
    const answer = await client.post({ query: "{ __typename }" }, { origin: "https://app.example.com" });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});
