// What a collector of traces is told, in the form in which it comes there.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { startTestGateway, type TestGatewayOptions } from "./support/start-test-gateway.js";
import { payoutInput, TestClient } from "./support/test-client.js";
import { type CollectedSpan, TraceCollector } from "./support/trace-collector.js";

jest.setTimeout(60_000);

const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const traceparent = (flags: "00" | "01") => `00-${caller.traceId}-${caller.spanId}-${flags}`;
const pay = `mutation Pay($input: CreatePayoutInput!) { createPayout(input: $input) { payout { id status } userErrors { message } } }`;

let collector: TraceCollector;
beforeEach(async () => {
  collector = await TraceCollector.start();
});
afterEach(() => collector.stop());

function startTraced({ config, ...options }: TestGatewayOptions = {}, ratio = 1) {
  const traces = { url: `${collector.url}/v1/traces`, headers: {}, serviceName: "payouts", ratio };
  // Time to hand over what is not yet delivered, also on a machine that is busy.
  return startTestGateway({ config: { traces, shutdownTimeoutMs: 20_000, ...config }, ...options });
}

/** Pays as a caller who traces, and answers the payout's id once it has ended. */
async function payTraced(client: TestClient, customerId: string, headers: Record<string, string>): Promise<string> {
  const answer = await client.post({ query: pay, variables: { input: payoutInput({ customerId }) } }, headers);
  const { data } = await answer.json();
  const { id } = data.createPayout.payout;
  await client.payoutReaching(id, "SUCCESSFUL");
  return id;
}

const isChildOf = (parent: CollectedSpan) => (span: CollectedSpan) =>
  span.traceId === parent.traceId && span.parentId === parent.spanId;

test("a payout is one trace from its caller's request to the request to the provider", async () => {
  const { client, provider, stop } = await startTraced();
  const { id: customerId } = await client.verifiedCustomer();
  const id = await payTraced(client, customerId, { traceparent: traceparent("01"), tracestate: "shop=42" });
  const sent = provider.received("POST /payout")[0]?.headers;
  await stop();

  const [request, ...others] = collector.named("mutation Pay");
  expect(others).toEqual([]);
  expect(request).toMatchObject({
    traceId: caller.traceId,
    parentId: caller.spanId,
    traceState: "shop=42",
    kind: "SERVER",
    isError: false,
    service: { "service.name": "payouts", "service.version": expect.stringMatching(/^\d+\.\d+\.\d+$/) },
  });
  expect(request?.attributes).toEqual({
    "http.request.method": "POST",
    "http.route": "/graphql",
    "http.response.status_code": 200,
    "graphql.operation.type": "mutation",
    "graphql.operation.name": "Pay",
    "payout_gateway.outcome": "ok",
    "payout_gateway.request.id": expect.stringMatching(/^[\da-f-]{36}$/),
  });
  const sending = collector.spans.find(isChildOf(request as CollectedSpan));
  expect(sending).toMatchObject({ name: "send payout", kind: "INTERNAL" });
  expect(sending?.attributes).toEqual({ "payout_gateway.subject.id": id, "payout_gateway.attempt": 1 });
  const calls = collector.spans.filter(isChildOf(sending as CollectedSpan));
  const call = calls.find(({ name }) => name === "provider POST /payout");
  expect(call).toMatchObject({ kind: "CLIENT", isError: false });
  expect(call?.attributes).toEqual({
    "http.request.method": "POST",
    "url.template": "/payout",
    "http.response.status_code": expect.any(Number),
    "payout_gateway.budget.class": "payout",
    "payout_gateway.budget.waited_ms": expect.any(Number),
  });
  // The provider is not told.
  expect(Object.keys(sent ?? {})).not.toContain("traceparent");
  expect(Object.keys(sent ?? {})).not.toContain("tracestate");
});

test("a webhook is one trace from its delivery to its application, which leads back to the payout's", async () => {
  const { client, stop } = await startTraced();
  const { id: customerId } = await client.verifiedCustomer();
  await payTraced(client, customerId, { traceparent: traceparent("01") });
  await stop();

  const [request] = collector.named("mutation Pay");
  const leadBack = collector
    .named("apply webhook event")
    .filter(({ links }) => links.some(({ spanId }) => spanId === request?.spanId));
  expect(leadBack.length).toBeGreaterThan(0);
  for (const span of leadBack) {
    expect(span).toMatchObject({ kind: "CONSUMER", links: [{ traceId: caller.traceId, spanId: request?.spanId }] });
    expect(span.attributes).toMatchObject({
      "payout_gateway.event.kind": "payout",
      "payout_gateway.outcome": "applied",
    });
    expect(span.traceId).not.toBe(caller.traceId);
    const delivery = collector.spans.find(({ spanId }) => spanId === span.parentId);
    expect(delivery).toMatchObject({ name: "POST /webhooks", kind: "SERVER", parentId: "", traceId: span.traceId });
    expect(delivery?.attributes).toMatchObject({
      "payout_gateway.outcome": "stored",
      "http.response.status_code": 200,
    });
  }
});

test("a payout that is sent after a restart, or looked up, leads back to the call that asked for it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "payout-gateway-traces-"));
  try {
    const options = {
      config: { databaseUrl: `sqlite:${join(directory, "gateway.db")}` },
      sandbox: { stateFile: join(directory, "sandbox.db") },
      patience: { absenceGapMs: 100 },
    };
    const before = await startTraced(options);
    const { id: customerId } = await before.client.verifiedCustomer();
    // After it the account is known to give references back: what is not found by its own was not accepted.
    await payTraced(before.client, customerId, {});
    before.provider.failNext({ route: "POST /payout", kind: "reset", when: "before" });
    const answer = await before.client.post(
      { query: pay, variables: { input: payoutInput({ customerId }) } },
      { traceparent: traceparent("01") },
    );
    const { id, status } = (await answer.json()).data.createPayout.payout;
    expect(status).toBe("UNCONFIRMED");
    await before.stop();
    const { client, stop } = await startTraced(options);
    await client.payoutReaching(id, "SUCCESSFUL");
    await stop();

    const request = collector.named("mutation Pay").find(({ traceId }) => traceId === caller.traceId);
    const links = [{ traceId: caller.traceId, spanId: request?.spanId }];
    const about = (name: string) =>
      collector.named(name).filter(({ attributes }) => attributes["payout_gateway.subject.id"] === id);
    const [asked, again, ...more] = about("send payout");
    expect(more).toEqual([]);
    expect(asked).toMatchObject({ traceId: caller.traceId, links: [] });
    expect(again).toMatchObject({ parentId: "", links });
    expect(again?.traceId).not.toBe(caller.traceId);
    const lookUps = about("confirm payout");
    expect(lookUps.length).toBeGreaterThan(1);
    for (const lookUp of lookUps) expect(lookUp).toMatchObject({ parentId: "", links });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("what is kept is what the caller says, and of the rest the share that is set", async () => {
  const { client, stop } = await startTraced({}, 0);
  const query = "query Cursor { statusCursor }";
  // Often enough to be answered ahead of the framework.
  const ask = async (headers: Record<string, string> = {}) => {
    const response = await client.post({ query }, headers);
    const { date: _date, "x-request-id": id, ...rest } = Object.fromEntries(response.headers);
    return { id, rest, text: await response.text() };
  };
  const plain = [];
  for (let times = 0; times < 4; times += 1) plain.push(await ask());
  const kept = await ask({ traceparent: traceparent("01") });
  await ask({ traceparent: traceparent("00") });
  await ask({ traceparent: "00-nonsense" });
  // And the answer is the same whichever way it went.
  for (const { rest, text } of plain) expect({ rest, text }).toEqual({ rest: kept.rest, text: kept.text });
  await stop();
  expect(collector.spans.map(({ name, traceId }) => [name, traceId])).toEqual([["query Cursor", caller.traceId]]);
  expect(collector.spans[0]?.attributes["payout_gateway.request.id"]).toBe(kept.id);
});

test("a request that fails tells our codes of it, and an operation over a socket is traced as well", async () => {
  const { client, provider, stop } = await startTraced();
  provider.failNext({ route: "POST /bank/account-lookup", kind: "answer", status: 500, body: "a secret", times: 10 });
  await client.request('query Account { bankAccount(bankId: "1", accountNumber: "0222500691") { accountName } }');
  await client.request("query Wrong { nothing }");
  await client.post("{", {});
  const socket = createClient({ url: `${client.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
  for await (const { data } of socket.iterate({ query: "query Socket { statusCursor }" })) expect(data).toBeDefined();
  await socket.dispose();
  await stop();

  const [account] = collector.named("query Account");
  expect(account?.attributes).toMatchObject({
    "payout_gateway.outcome": "errors",
    "error.type": "PROVIDER_UNAVAILABLE",
  });
  const calls = collector.spans.filter(
    ({ name, traceId }) => name === "provider POST /bank/account-lookup" && traceId === account?.traceId,
  );
  expect(calls.map(({ isError, attributes }) => [isError, attributes["http.request.resend_count"]])).toEqual([
    [true, undefined],
    [true, 1],
    [true, 2],
  ]);
  const refused = collector.named("POST /graphql");
  expect(refused.map(({ attributes }) => attributes["payout_gateway.outcome"])).toEqual(["refused", "refused"]);
  expect(collector.named("query Socket")).toMatchObject([{ kind: "SERVER", parentId: "" }]);
  for (const span of collector.spans) expect(span).toMatchObject({ statusMessage: "", events: 0 });
});

describe("the process", () => {
  let build: Build;
  beforeAll(async () => {
    build = await buildGateway();
  });
  afterAll(() => build.remove());

  const coverage = () => join(build.directory, "coverage");

  /** The files of ours and of packages that the last process has loaded. */
  async function filesLoaded(): Promise<string> {
    const [name = ""] = await readdir(coverage());
    const { result } = JSON.parse(await readFile(join(coverage(), name), "utf8"));
    await rm(coverage(), { recursive: true });
    return result.map(({ url }: { url: string }) => url).join("\n");
  }

  async function start(environment: Record<string, string> = {}) {
    const child = build.run("index.js", {
      // What it has run is written there at its end.
      NODE_V8_COVERAGE: coverage(),
      PORT: "0",
      SANDBOX_PORT: "0",
      DATABASE_URL: "sqlite::memory:",
      ...environment,
    });
    const url = await child.printed(/GraphQL API\s+(http\S+)\/graphql/);
    return { child, client: new TestClient(url) };
  }

  test("without a collector loads nothing to trace with, and tells nobody", async () => {
    const { child, client } = await start({ OTEL_SERVICE_NAME: "payouts" });
    await client.createCustomer();
    expect(await child.stop()).toMatchObject({ exitCode: 0 });
    const loaded = await filesLoaded();
    expect(loaded).toContain("dist/index.js");
    expect(loaded).not.toMatch(/otlp|opentelemetry/);
    expect(child.output).not.toContain("traceId");
    expect(collector.headers).toEqual([]);
  });

  test("hands over what it has at its end, says in its log which trace a line belongs to, and shows its key", async () => {
    const { child, client } = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=it%27s%20me",
      SANDBOX_REVIEW_MS: "50",
    });
    await client.verifiedCustomer();
    await client.stop();
    expect(await child.stop()).toMatchObject({ exitCode: 0 });
    expect(await filesLoaded()).toMatch(/otlp-tracing/);
    const requests = collector.named("mutation");
    expect(requests).toMatchObject(Array(2).fill({ service: { "service.name": "payout-gateway" } }));
    const lines = child.output.split("\n").filter((line) => line.includes('"status changed"'));
    const changes = lines.map((line) => JSON.parse(line));
    const [created, ...submitted] = changes.filter(({ source }) => source === "MUTATION");
    expect(created.traceId).toBe(requests[0]?.traceId);
    expect(new Set(submitted.map(({ traceId }) => traceId))).toEqual(new Set([requests[1]?.traceId]));
    // What was applied for many deliveries at once is none's alone.
    expect(changes.find(({ source }) => source === "WEBHOOK")).not.toHaveProperty("traceId");
    expect(collector.headers[0]).toMatchObject({ "api-key": "it's me" });
  });

  test("is not held up by a collector that fails or hangs, and says so once", async () => {
    collector.answerWith(400);
    const { child, client } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const warnings = () => child.output.split("\n").filter((line) => line.includes("traces do not arrive"));
    for (const times of [1, 2]) {
      await client.run("{ statusCursor }");
      await eventually(async () => collector.headers.length >= times);
    }
    await eventually(async () => warnings().length > 0);
    expect(warnings()).toHaveLength(1);
    collector.answerWith(200);
    await client.run("{ statusCursor }");
    await child.printed(/traces arrive again/);
    collector.answerWith("never");
    await client.run("{ statusCursor }");
    const { exitCode, tookMs } = await child.stop();
    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(5_000);
  });
});
