import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { readConfig } from "../src/config.js";
import { startGateway } from "../src/gateway.js";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const known = "query Head { statusCursor }";
const followed = "subscription Follow { statusChanged { cursor } }";
const foreign = "query Foreign { payouts { totalCount } }";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trusted-documents-"));
  file = join(folder, "manifest.json");
  await writeFile(file, JSON.stringify(Object.fromEntries([known, followed].map((text) => [hashOf(text), text]))));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (mode: "enforce" | "log") => startTestGateway({ config: { trustedDocuments: { file, mode } } });

const notFound = [{ extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } }];

/** As they were spelt, which tells the two ways that an answer can take from each other. */
function namesOfHeaders(url: string, body: object): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const outgoing = request(`${url}/graphql`, { method: "POST", headers }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.rawHeaders.filter((_, at) => at % 2 === 0).sort()));
    });
    outgoing.once("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}

test("what comes again by its hash alone is answered ahead of the framework, as by its text", async () => {
  const { client } = await start("enforce");
  const ways: Record<string, string[][]> = {};
  for (const [name, body] of Object.entries({ text: { query: known }, hash: { documentId: hashOf(known) } })) {
    const headers: string[][] = [];
    for (let time = 0; time < 3; time += 1) headers.push(await namesOfHeaders(client.url, body));
    ways[name] = headers;
  }
  const [long, , short] = ways.text ?? [];
  expect(short).not.toEqual(long);
  expect([ways.hash?.[0], ways.hash?.[2]]).toEqual([long, short]);
});

test("an operation of the manifest is served by its text or by its hash alone, over POST and GET", async () => {
  const { client } = await start("enforce");
  const sha256Hash = hashOf(known);
  const bodies = [
    { query: known },
    { documentId: sha256Hash },
    { extensions: { persistedQuery: { version: 1, sha256Hash } } },
    { query: known, extensions: { persistedQuery: { version: 1, sha256Hash } } },
  ];
  for (const body of bodies) {
    expect(await (await client.post(body)).json()).toEqual({ data: { statusCursor: expect.any(String) } });
  }
  const searches: Record<string, string>[] = [
    { documentId: sha256Hash },
    { query: known },
    { extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }), variables: "{}" },
  ];
  for (const parameters of searches) {
    const response = await fetch(`${client.url}/graphql?${new URLSearchParams(parameters)}`, {
      headers: { "apollo-require-preflight": "1" },
    });
    expect(await response.json()).toEqual({ data: { statusCursor: expect.any(String) } });
  }
});

test("whatever is not in the manifest is refused, through every door, and sending it with its hash does not add it", async () => {
  const { client } = await start("enforce");
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf(foreign) } };
  for (const body of [
    { query: foreign },
    { query: foreign, extensions },
    { extensions },
    { documentId: "0".repeat(64) },
  ]) {
    const response = await client.post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: notFound });
  }
  const stream = await fetch(`${client.url}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "subscription { statusChanged { source } }" }),
  });
  expect(stream.status).toBe(400);
  expect(await stream.json()).toMatchObject({ errors: notFound });
  const socket = await (await openSocket(client.url)).init();
  socket.subscribe("1", foreign);
  expect(await socket.take()).toMatchObject({ type: "error", payload: notFound });
});

test("a hash that is not that of the text beside it is refused", async () => {
  const { client } = await start("enforce");
  const response = await client.post({ query: known, documentId: hashOf(foreign) });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
});

test("a subscription is followed by its hash over WebSocket and SSE", async () => {
  const { client } = await start("enforce");
  const socket = await (await openSocket(client.url)).init();
  socket.send({ id: "1", type: "subscribe", payload: { query: "", documentId: hashOf(followed) } });
  socket.send({ id: "2", type: "subscribe", payload: { query: "", documentId: hashOf(known) } });
  expect(await socket.take()).toMatchObject({ id: "2", type: "next" });
  const parameters = new URLSearchParams({ documentId: hashOf(followed) });
  for (const [path, init] of [
    [`/graphql/stream?${parameters}`, {}],
    [
      "/graphql/stream",
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ documentId: hashOf(followed) }),
      },
    ],
  ] as const) {
    const stream = await fetch(`${client.url}${path}`, init);
    expect(stream.status).toBe(200);
    expect(stream.headers.get("content-type")).toMatch(/text\/event-stream/);
    await stream.body?.cancel();
  }
});

test("in log mode other operations are served, and their hash and name are logged once", async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const variables = { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:", RECONCILE_SECONDS: "0" };
  const config = { ...readConfig(variables), trustedDocuments: { file, mode: "log" as const } };
  const gateway = await startGateway(config, { logger });
  try {
    for (const query of [known, foreign, foreign]) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
      });
      expect(await response.json()).toMatchObject({ data: expect.anything() });
    }
    expect(lines).toMatchObject([{ documentHash: hashOf(foreign), operationName: "Foreign" }]);
    expect(JSON.stringify(lines)).not.toContain("totalCount");
  } finally {
    await gateway.stop();
  }
});

test.each([
  ["is no JSON", "{", "cannot be read as JSON"],
  ["is no object of texts", '{"a": 1}', "must be an object of texts"],
  ["has a hash that is not its text's", JSON.stringify({ [hashOf(foreign)]: known }), "is not the SHA-256 of its text"],
  [
    "has a document that is not valid",
    JSON.stringify({ [hashOf("{ gone }")]: "{ gone }" }),
    'Cannot query field "gone"',
  ],
])("a gateway does not start with a manifest that %s", async (_what, text, message) => {
  await writeFile(file, text);
  await expect(start("enforce")).rejects.toThrow(message);
});

test("without a manifest a hash alone is not found, and no query is ever remembered by it", async () => {
  const { client } = await startTestGateway();
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf(known) } };
  const first = await client.post({ query: known, extensions });
  expect(await first.json()).toMatchObject({ data: { statusCursor: expect.any(String) } });
  expect(await (await client.post({ extensions })).json()).toMatchObject({ errors: notFound });
});

describe("the command", () => {
  let build: Build;
  beforeAll(async () => {
    build = await buildGateway();
  });
  afterAll(() => build.remove());

  const run = (...args: string[]) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const script = join(build.directory, "dist/cli.js");
      execFile(process.execPath, [script, "trusted-documents", ...args], (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
    });

  test("makes a manifest of a folder's documents, which a gateway starts with", async () => {
    await mkdir(join(folder, "src/deep"), { recursive: true });
    await writeFile(join(folder, "src/head.graphql"), known);
    await writeFile(join(folder, "src/deep/follow.graphql"), followed);
    await writeFile(join(folder, "src/readme.md"), "no document");
    const made = join(folder, "made.json");
    expect(await run(join(folder, "src"), made)).toMatchObject({ code: 0 });
    const manifest = JSON.parse(await readFile(made, "utf8"));
    expect(manifest).toEqual({ [hashOf(known)]: known, [hashOf(followed)]: followed });
    const { client } = await startTestGateway({ config: { trustedDocuments: { file: made, mode: "enforce" } } });
    expect(await client.run(known)).toEqual({ statusCursor: expect.any(String) });
  });

  test("says which document does not fit the schema, and makes nothing", async () => {
    await writeFile(join(folder, "wrong.graphql"), "{ gone }");
    const made = join(folder, "made.json");
    const { code, output } = await run(folder, made);
    expect(code).toBe(1);
    expect(output).toContain('wrong.graphql: Cannot query field "gone"');
    await expect(readFile(made)).rejects.toThrow();
  });
});
