// Plants a value that can be recognised in every secret and every input, has the built gateway do its work and fail in every
// way that is known, at the most talkative log level, and then searches everything that was written.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { sql } from "kysely";
import WebSocket from "ws";
import { ApiKeys } from "../src/access/api-keys.js";
import type { Sandbox, SandboxFault } from "../src/sandbox/sandbox.js";
import { trailOf } from "./support/audited-gateway.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { leaksOf } from "./support/canaries.js";
import { eventually } from "./support/eventually.js";
import { moveCustomer } from "./support/move-customer.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { deliver, post } from "./support/signed-webhooks.js";
import { wallets } from "./support/test-client.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";
import { TraceCollector } from "./support/trace-collector.js";

const person = {
  firstName: "Canaryfirst",
  lastName: "Canarylast",
  email: "canary.mail@example.com",
  phone: "+2348031415926",
  idNumber: "CANARYID47110815",
  tin: "CANARYTIN0815",
  street: "17 Canary Street",
  city: "Canaryville",
  zipCode: "CANARY101",
};
const inputs = {
  ...person,
  accountNumber: "0318309887",
  iban: "DE75512108001245126199",
  interacEmail: "canary.interac@example.com",
  note: "Canary note about a debt",
  customerKey: "canary-customer-key",
  payoutKey: "canary-payout-key",
  fileName: "canary-passport.png",
  search: "canarysearchword",
};
const providerSecrets = {
  clientSecret: "canary-client-secret-51c2d7",
  providerKey: "canary-provider-key-9a1e44",
  signingSecret: "canary-signing-secret-c0ffee77",
};
const redisPassword = "canary-redis-password-3b";
const collectorKey = "canary-collector-key-77aa";
const databasePassword = "canary-database-password-8c";
const echo = Object.values(inputs).join(" ");

let build: Build;
beforeAll(async () => {
  build = await buildGateway();
});
afterAll(() => build.remove());
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await stopAll();
});

/** Publishes one key, and signs with it. */
async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k", alg: "ES256", use: "sig" };
  const server: Server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => server.close());
  const sign = (tenant: string, scope: string) =>
    new SignJWT({ tenant, scope, nickname: "Canarynick" })
      .setProtectedHeader({ alg: "ES256", kid: "k" })
      .setIssuer("https://issuer.example.com")
      .setAudience("payout-gateway")
      .setSubject("someone")
      .setExpirationTime("10m")
      .sign(privateKey);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    sign,
  };
}

/** A caller that keeps every answer it gets. */
class Caller {
  readonly answers: string[] = [];

  constructor(
    readonly url: string,
    readonly credential: string,
  ) {}

  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async ask(query: string, variables: object = {}): Promise<any> {
    return this.raw(JSON.stringify({ query, variables }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async raw(body: string, headers: Record<string, string> = {}): Promise<any> {
    return this.send(body, { "content-type": "application/json", ...headers });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async send(body: string | FormData, headers: Record<string, string>, path = "/graphql"): Promise<any> {
    const authorization = { authorization: `Bearer ${this.credential}` };
    const response = await fetch(`${this.url}${path}`, {
      method: "POST",
      headers: { ...authorization, ...headers },
      body,
    });
    const text = await response.text();
    this.answers.push(text);
    return JSON.parse(text || "{}");
  }

  /** With one file at the variable's path. */
  upload(query: string, variables: object, path: string) {
    const png = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
      "base64",
    );
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables }));
    form.set("map", JSON.stringify({ 0: [path] }));
    form.set("0", new File([png], inputs.fileName, { type: "image/png" }));
    return this.send(form, { "apollo-require-preflight": "1" });
  }
}

const createCustomer = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id name email } replayed userErrors { field code message } }
}`;
const createPayout = `mutation ($input: CreatePayoutInput!) { createPayout(input: $input) {
  payout { id status interacInstruction { question answer } recipient { accountName accountNumber } note } userErrors { field code message }
} }`;
const updateCustomer = `mutation ($input: UpdateCustomerInput!) {
  updateCustomer(input: $input) { customer { id } userErrors { message } }
}`;
const uploadDocument = `mutation ($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { document { id status } userErrors { field code message } }
}`;
const submitDocuments = `mutation ($input: SubmitDocumentsInput!) {
  submitDocuments(input: $input) { documents { id } userErrors { field code message } }
}`;
const requestUpload = `mutation ($input: RequestDocumentUploadInput!) {
  requestDocumentUpload(input: $input) { upload { url } userErrors { field code message } }
}`;

function customer(more: object = {}) {
  const { zipCode: _, ...told } = person;
  return { type: "INDIVIDUAL", country: "NG", idType: "PASSPORT", state: "Lagos", ...told, ...more };
}

function payout(customerId: string, more: object = {}) {
  return {
    idempotencyKey: `${inputs.payoutKey}-${Math.random()}`,
    customerId,
    walletId: wallets.NGN,
    sourceCurrency: "NGN",
    amount: { send: "5000.00" },
    destination: { ngnBank: { bankId: "1", accountNumber: inputs.accountNumber } },
    note: inputs.note,
    ...more,
  };
}

/** Bytes on a socket, and then nothing more. */
async function breakOff(url: string, bytes: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.end(bytes);
  socket.resume();
  await once(socket, "close");
}

/** One socket that says these things, and stays until it is closed or the last is answered. */
async function talk(url: string, messages: readonly (object | string)[]): Promise<string> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  let heard = "";
  socket.on("message", (data) => {
    heard += String(data);
  });
  socket.on("error", () => {});
  await once(socket, "open");
  for (const message of messages) socket.send(typeof message === "string" ? message : JSON.stringify(message));
  const timer = setTimeout(() => socket.close(), 700);
  const [, reason] = await once(socket, "close");
  clearTimeout(timer);
  return heard + String(reason);
}

interface Scene {
  url: string;
  caller: Caller;
  provider: Sandbox;
}

async function playTheMainJob({
  caller,
  provider,
}: Scene): Promise<{ customerId: string; answer: string; urlQuery: string }> {
  const input = customer({ idempotencyKey: inputs.customerKey });
  const { data } = await caller.ask(createCustomer, { input });
  if (!data?.createCustomer.customer) throw new Error(caller.answers.join());
  const customerId: string = data.createCustomer.customer.id;
  await caller.ask(createCustomer, { input });
  const { fileName } = inputs;
  const asked = { customerId, category: "IDENTITY_BACK", fileName, contentType: "image/png" };
  const slot = await caller.ask(requestUpload, { input: asked });
  const urlQuery = new URL(slot.data.requestDocumentUpload.upload.url).searchParams.get("X-Amz-Signature") ?? "";
  await caller.upload(
    uploadDocument,
    { input: { customerId, category: "PROOF_OF_ADDRESS", file: null } },
    "variables.input.file",
  );
  const documents = [{ category: "IDENTITY", file: null }];
  await caller.upload(submitDocuments, { input: { customerId, documents } }, "variables.input.documents.0.file");
  await moveCustomer(provider.url, customerId, "VERIFIED");
  await eventually(async () => {
    const read = await caller.ask("query ($id: ID!) { customer(id: $id) { status name email } }", { id: customerId });
    return read.data.customer.status === "VERIFIED";
  });
  await caller.ask(createPayout, { input: payout(customerId) });
  const interac = { email: inputs.interacEmail, firstName: person.firstName, lastName: person.lastName };
  const cad = { walletId: wallets.CAD, sourceCurrency: "CAD", amount: { send: "50.00" }, destination: { interac } };
  const paid = await caller.ask(createPayout, { input: payout(customerId, cad) });
  const { id } = paid.data.createPayout.payout;
  const instruction = await eventually(async () => {
    const read = await caller.ask("query ($id: ID!) { payout(id: $id) { status interacInstruction { answer } } }", {
      id,
    });
    return read.data.payout.status === "SUCCESSFUL" && read.data.payout.interacInstruction?.answer;
  });
  await caller.ask("query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }", {
    filter: { search: inputs.search },
  });
  await caller.ask(`{ bankAccount(bankId: "1", accountNumber: "${inputs.accountNumber}") { accountName } }`);
  return { customerId, answer: String(instruction), urlQuery };
}

async function playRefusals({ caller }: Scene, customerId: string): Promise<void> {
  const wrong = [
    customer({ idempotencyKey: inputs.customerKey, firstName: "Other" }),
    customer({ email: `${inputs.note}@` }),
    customer({ phone: inputs.idNumber, country: inputs.city }),
  ];
  for (const input of wrong) await caller.ask(createCustomer, { input });
  const eur = {
    holder: 1,
    destination: { eurBank: { accountName: person.firstName, iban: `${inputs.iban}0`, bic: "X" } },
  };
  await caller.ask(createPayout, { input: payout(customerId, { ...eur, holder: undefined }) });
  await caller.ask(createPayout, { input: payout(inputs.idNumber) });
  await caller.upload(
    uploadDocument,
    { input: { customerId, category: "IDENTITY", file: null } },
    "variables.input.file",
  );
}

async function playProviderFaults({ caller, provider }: Scene, customerId: string, secrets: string): Promise<void> {
  const said = `${echo} ${secrets}`;
  const body = { message: said, errors: { account_number: [said], [inputs.accountNumber]: [said] } };
  const faults: Omit<SandboxFault & { kind: "answer" }, "route">[] = [
    { kind: "answer", status: 422, body },
    { kind: "answer", status: 400, body: { message: said } },
    { kind: "answer", status: 404, body: { message: said } },
    { kind: "answer", status: 403, body: { message: said } },
    { kind: "answer", status: 500, body: said },
    { kind: "answer", status: 200, body: { transaction: { id: { nested: said } } } },
    { kind: "answer", status: 200, body: `<html>${said}</html>` },
    { kind: "answer", status: 302, headers: { location: `http://127.0.0.1:9/?${encodeURIComponent(said)}` } },
  ];
  const clear = () => fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
  const steps: [string, () => Promise<unknown>][] = [
    ["POST /payout", () => caller.ask(createPayout, { input: payout(customerId) })],
    [
      "POST /customer",
      () => {
        const fresh = `canary.mail+${Math.random()}@example.com`;
        return caller.ask(createCustomer, { input: customer({ email: fresh, idempotencyKey: fresh }) });
      },
    ],
    [
      "PUT /customer/{id}",
      () => caller.ask(updateCustomer, { input: { customerId, street: person.street, zipCode: person.zipCode } }),
    ],
    ["GET /bank", () => caller.ask('{ banks(currency: "KES") { id } }')],
  ];
  const hit = async (fault: object) => {
    for (const [route, step] of steps) {
      provider.failNext({ route, times: 3, ...fault } as SandboxFault);
      await step();
      await clear();
      // One good answer, so that the gateway does not keep away from a provider that only fails.
      await caller.ask(`{ bankAccount(bankId: "1", accountNumber: "${inputs.accountNumber}") { accountName } }`);
    }
  };
  // A storage that says what it was sent, to an upload of a customer that still needs one.
  const { data } = await caller.ask(createCustomer, { input: customer({ email: "canary.mail+2@example.com" }) });
  const other = data.createCustomer.customer?.id;
  provider.failNext({ route: "PUT /storage", kind: "answer", status: 500, body: said, times: 2 });
  await caller.upload(
    uploadDocument,
    { input: { customerId: other, category: "IDENTITY", file: null } },
    "variables.input.file",
  );
  provider.failNext({ route: "PUT /storage", kind: "reset", when: "before", times: 2 });
  await caller.upload(
    uploadDocument,
    { input: { customerId: other, category: "IDENTITY", file: null } },
    "variables.input.file",
  );
  await clear();
  for (const fault of faults) await hit(fault);
  await hit({ kind: "reset", when: "after" });
  await hit({ kind: "hang", when: "before" });
}

async function playBadWebhooks({ url }: Scene): Promise<void> {
  const signer = { gateway: { url }, secret: providerSecrets.signingSecret };
  const event = { event_id: "e-1", type: "payout", transaction_id: "t-unknown", recipient: person, comment: echo };
  await post(url, JSON.stringify(event), {
    "x-blaaiz-signature": inputs.note,
    "x-blaaiz-timestamp": inputs.accountNumber,
  });
  await post(url, JSON.stringify(event), {});
  await deliver({ ...signer, secret: "another" }, event);
  await deliver(signer, event);
  await deliver(signer, `{ "type": "payout", "note": "${echo}`);
  await deliver(signer, { ...event, event_id: "e-2", transaction_id: { nested: echo } });
  await deliver(signer, { ...event, event_id: "e-3", transaction_status: 7, extras: { interac_instruction: echo } });
  await deliver(signer, {
    type: "customer",
    event_id: "e-4",
    customer_id: "c-unknown",
    new_status: "VERIFIED",
    ...person,
  });
  await deliver(signer, { event_id: "e-5", type: "weather.changed", ...inputs });
  await post(url, echo, { "content-type": "text/plain" }, { path: `/webhooks/${inputs.payoutKey}` });
}

async function playBrokenSockets({ url, caller }: Scene): Promise<void> {
  const credential = `authorization: Bearer ${caller.credential}\r\n`;
  const head = `POST /graphql?note=${encodeURIComponent(inputs.note)} HTTP/1.1\r\nhost: x\r\n${credential}`;
  const broken = [
    `${head}content-type: application/json\r\ncontent-length: 900\r\n\r\n{"query":"${inputs.accountNumber}`,
    `${head}x: ${inputs.note}\x00\r\n\r\n`,
    `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${inputs.accountNumber}`,
    `${head}content-type: multipart/form-data; boundary=b\r\napollo-require-preflight: 1\r\ncontent-length: 999\r\n\r\n--b\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"${inputs.note}"`,
    `${inputs.note} ${inputs.accountNumber} / nonsense\r\n\r\n`,
    `GET /${inputs.payoutKey}?q=${inputs.accountNumber} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${credential}\r\n`,
    `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ${inputs.accountNumber}\r\n${credential}\r\n`,
  ];
  for (const bytes of broken) await breakOff(url, bytes);
  const init = { type: "connection_init", payload: { authorization: `Bearer ${caller.credential}` } };
  const sent = `subscription { statusChanged(customerId: "x") { nothing(note: "${inputs.note}") } }`;
  const conversations = [
    [`{ "note": "${inputs.note}"`],
    [{ type: "connection_init", payload: { authorization: `Bearer ${inputs.payoutKey}` } }],
    [init, init],
    [init, { type: inputs.note }],
    [init, { id: inputs.payoutKey, type: "subscribe", payload: { query: sent } }],
    [
      init,
      { id: "1", type: "subscribe", payload: { query: createPayout, variables: { input: payout(inputs.idNumber) } } },
    ],
    [init, { type: "ping", payload: { authorization: inputs.payoutKey, note: inputs.note } }],
    [init, "x".repeat(200_000) + inputs.note],
  ];
  for (const messages of conversations) caller.answers.push(await talk(url, messages));
}

/** `other` keeps the answers to what is no GraphQL, or has its values in variables: none of them repeats one. */
async function playBadGraphql({ caller }: Scene, other: Caller): Promise<void> {
  const { note, accountNumber, payoutKey } = inputs;
  // A document's own text may be quoted to its author.
  const literals = [
    `{ customer(id: "${accountNumber}", note: "${note}") { id } }`,
    `{ customer(id: { note: "${note}" }) { id } }`,
    `{ customer(id: "${accountNumber}" `,
  ];
  const bodies = [
    `{ "query": "${note}`,
    JSON.stringify({ query: createPayout, variables: { input: payout("c", { amount: { send: note } }) } }),
    JSON.stringify({ query: createPayout, variables: { input: note } }),
    JSON.stringify({ query: createCustomer, variables: { input: customer({ type: note, [payoutKey]: note }) } }),
    JSON.stringify({ query: "query A { statusCursor }", operationName: note, extensions: { note } }),
    JSON.stringify({
      query: "query ($after: Cursor) { statusChanges(after: $after) { cursor } }",
      variables: { after: note },
    }),
    JSON.stringify([{ query: note }]),
    JSON.stringify({ query: "{ statusCursor }", variables: { padding: note.repeat(6_000) } }),
  ];
  const json = { "content-type": "application/json" };
  const asked = [
    ...literals.map((query) => [caller, JSON.stringify({ query })] as const),
    ...bodies.map((body) => [other, body] as const),
  ];
  for (const [sender, body] of asked) {
    for (const path of ["/graphql", "/graphql/stream"]) await sender.send(body, json, path);
  }
  await other.raw(JSON.stringify({ query: note }), { "content-type": `text/${accountNumber}` });
}

forEachDatabase((kind, open, newUrl) => {
  test("nothing secret or personal is written anywhere, whatever the gateway does and however it fails", async () => {
    const issuer = await startIssuer();
    const { sandbox: provider } = await startSandboxClient({
      clientSecret: providerSecrets.clientSecret,
      apiKey: providerSecrets.providerKey,
      signingSecret: providerSecrets.signingSecret,
    });
    const databaseUrl = await newUrl();
    const database = await open(databaseUrl);
    const keys = new ApiKeys(database);
    const { key } = await keys.create({ tenant: "acme", name: null, scopes: allScopes, expiresAt: null });
    const collector = await TraceCollector.start();
    stops.push(() => collector.stop());
    const withPassword = databaseUrl.replace("postgres@", `postgres:${databasePassword}@`);
    const child = build.run("index.js", {
      PORT: "0",
      LOG_LEVEL: "trace",
      DATABASE_URL: withPassword,
      PROVIDER_URL: provider.url,
      PROVIDER_RATE_LIMIT: "1000000/1m",
      PROVIDER_TIMEOUT_MS: "700",
      RECONCILE_SECONDS: "1",
      WEBHOOK_SIGNING_SECRET: provider.signingSecret,
      AUTH_JWKS_URL: issuer.url,
      AUTH_ISSUER: "https://issuer.example.com",
      AUTH_AUDIENCE: "payout-gateway",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `api-key=${collectorKey}`,
      // One of the two has the older of the provider's credentials, and Redis.
      ...(kind === "PostgreSQL"
        ? { PROVIDER_API_KEY: provider.apiKey, REDIS_URL: `redis://:${redisPassword}@127.0.0.1:6379` }
        : { PROVIDER_CLIENT_ID: provider.clientId, PROVIDER_CLIENT_SECRET: provider.clientSecret }),
    });
    stops.push(() => child.kill());
    const url = await child.printed(/GraphQL API\s+(http\S+)\/graphql/);
    provider.setWebhookUrl(`${url}/webhooks`);
    const jwt = await issuer.sign("acme", allScopes.join(" "));
    const [, claims = "", signature = ""] = jwt.split(".");
    const caller = new Caller(url, key);
    const scene = { url, caller, provider };
    const { customerId, answer, urlQuery } = await playTheMainJob(scene);
    await new Caller(url, jwt).ask("{ statusCursor }");
    await new Caller(url, `${jwt}x`).ask("{ statusCursor }");
    await new Caller(url, key.replace(/.$/, "")).ask("{ statusCursor }");
    const { headers = {} } = provider.received("POST /payout")[0] ?? {};
    const credential = String(headers["x-blaaiz-api-key"] ?? headers.authorization?.slice("Bearer ".length));
    const signed = provider
      .received("PUT /storage")
      .flatMap(({ path }) => /X-Amz-Signature=(\w+)/.exec(path)?.[1] ?? []);
    const secrets: Record<string, string> = {
      ...providerSecrets,
      redisPassword,
      collectorKey,
      databasePassword,
      apiKey: key.slice(-43),
      claims,
      signature,
      credential,
      urlQuery,
      storedUrl: signed[0] ?? "",
    };
    await playRefusals(scene, customerId);
    const { clientSecret, signingSecret } = providerSecrets;
    const known = [credential, signingSecret, ...(kind === "PostgreSQL" ? [] : [clientSecret])];
    await playProviderFaults(scene, customerId, known.join(" "));
    await playBadWebhooks(scene);
    await playBrokenSockets(scene);
    const coercions = new Caller(url, key);
    await playBadGraphql(scene, coercions);
    // The database itself speaks of what it was given.
    await sql`alter table payouts rename to payouts_away`.execute(database.db);
    await caller.ask(createPayout, { input: payout(customerId) });
    await caller.ask("{ payouts { totalCount } }");
    await sql`alter table payouts_away rename to payouts`.execute(database.db);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const trail = JSON.stringify(await trailOf(database.db));
    expect(await child.stop()).toMatchObject({ exitCode: 0 });
    // All of it came to pass: a silent gateway would leak nothing either.
    for (const message of happened) expect(child.output).toContain(message);
    expect(trail).toContain("createPayout");
    for (const name of traced) expect(collector.named(name)).not.toEqual([]);
    expect(metrics).toMatch(/refusals_total\{reason="http"\} [1-9]/);
    // Four digits stand everywhere: the answer is known by what stands before it.
    const personal = { ...inputs, interacAnswer: `"answer":${answer}`, interacText: `"answer":"${answer}"` };
    // What is too long is cut off in a trace, and with it what the URL of an upload would be known by.
    expect(collector.written).not.toContain("X-Amz-");
    const written = { log: child.output, stderr: child.errors, metrics, trail, traces: collector.written };
    expect(leaksOf({ ...secrets, ...personal }, written)).toEqual([]);
    const errors = [...caller.answers, ...coercions.answers].filter((text) => /"errors"|userErrors/.test(text));
    expect(errors.length).toBeGreaterThan(20);
    const { urlQuery: _, ...notAnswered } = secrets;
    expect(leaksOf(notAnswered, { errors: errors.join("\n") })).toEqual([]);
    expect(leaksOf(inputs, { coercions: coercions.answers.join("\n") })).toEqual([]);
  }, 120_000);
}, sharedKinds);

const happened = [
  "status changed",
  "webhook received",
  "webhook refused",
  "webhook event parked",
  "payout is unconfirmed",
  "unexpected error",
  '"kind":"GARBLED"',
  '"kind":"REFUSED"',
];

const traced = [
  "mutation",
  "POST /graphql",
  "POST /webhooks",
  "apply webhook event",
  "send payout",
  "confirm payout",
  "send customer",
  "provider PUT /customer/{id}",
  "provider GET /transaction/{id}",
  "storage PUT",
];

const allScopes = [
  "customers:read",
  "customers:write",
  "documents:write",
  "payouts:read",
  "payouts:write",
  "wallets:read",
  "pii:read",
] as const;

test("a configuration that cannot be used is told without what is secret in it", async () => {
  const run = async (environment: Record<string, string>): Promise<RunningProcess> => {
    const child = build.run("index.js", { PORT: "0", ...environment });
    expect(await child.exitCode).not.toBe(0);
    return child;
  };
  const secret = "canary-of-the-configuration";
  const children = [
    await run({
      DATABASE_URL: secret,
      REDIS_URL: `http://:${secret}@x`,
      LOG_LEVEL: secret,
      PROVIDER_URL: `ftp://${secret}@x`,
    }),
    await run({
      PROVIDER_URL: "https://provider.example",
      PROVIDER_CLIENT_SECRET: secret,
      WEBHOOK_SIGNING_SECRET: secret,
    }),
    await run({ DATABASE_URL: `postgres://postgres:${secret}@127.0.0.1:1/none` }),
    await run({ DATABASE_URL: `postgres://nobody-here:${secret}@127.0.0.1:5432/no_such_database` }),
  ];
  for (const { output, errors } of children) {
    expect(errors).toMatch(/\w/);
    expect(leaksOf({ secret }, { output, errors })).toEqual([]);
  }
});

test("a canary is found in every spelling", () => {
  const secret = 'canary "1" \u00e9';
  const bytes = Buffer.from(secret);
  const written = {
    plain: `x ${secret} y`,
    json: JSON.stringify({ text: secret }),
    nested: JSON.stringify({ body: bytes }),
    url: `?q=${encodeURIComponent(secret)}`,
    base64: Buffer.from(`Bearer ${secret} and more`).toString("base64"),
    hex: bytes.toString("hex").toUpperCase(),
    nothing: "nothing of it",
  };
  expect(leaksOf({ secret }, written).map(({ where }) => where)).toEqual([
    "plain",
    "json",
    "nested",
    "url",
    "base64",
    "hex",
  ]);
});
