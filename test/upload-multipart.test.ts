import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { MultipartLimits, ReceivedMultipart } from "../src/http/uploads/receive-multipart.js";
import type { SpooledFile } from "../src/http/uploads/spool-file.js";
import { UploadAborted } from "../src/http/uploads/upload-faults.js";
import { type FilePart, multipartBody, operationFields, type Part, partHead } from "./support/multipart-body.js";
import { spooledIn } from "./support/spool-descriptors.js";
import { type Handler, httpChunk, startUploadServer, type UploadServer } from "./support/upload-server.js";

let server: UploadServer | undefined;
let endOperation = () => {};

afterEach(async () => {
  endOperation();
  await server?.stop();
  server = undefined;
});

async function serve(handler: Handler, limits: Partial<MultipartLimits> = {}): Promise<UploadServer> {
  server = await startUploadServer(handler, limits);
  return server;
}

const awaitAll: Handler = async (files) => (await Promise.all(files)).map(facts);

function facts(file: SpooledFile) {
  return { fileName: file.fileName, size: file.size, sha256: file.sha256, isTruncated: file.isTruncated };
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function filePart(name: string, content: Buffer): FilePart {
  return { name, fileName: `${name}.png`, contentType: "image/png", content };
}

function expectedFacts(name: string, content: Buffer) {
  return { fileName: `${name}.png`, size: content.length, sha256: sha256(content), isTruncated: false };
}

/** Turns until nothing is kept any more, without anybody asking for it. */
async function untilNothingIsKept(directory: string): Promise<void> {
  while (spooledIn(directory).length > 0) await nextTurn();
}

/** Says goodbye after what was sent, so that all of it is read before. */
async function hangUp(socket: Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end();
  socket.resume();
  await closed;
}

test("two large files can be awaited in either order", async () => {
  const contents = [randomBytes(900_000), randomBytes(700_000)];
  const { post } = await serve(async ([first, second]) => {
    const later = await second;
    const earlier = await first;
    return [earlier, later].map((file) => file && facts(file));
  });
  const parts = contents.map((content, index) => filePart(String(index), content));
  const expected = contents.map((content, index) => expectedFacts(String(index), content));
  expect(await post(multipartBody([...operationFields(2), ...parts]))).toEqual({ status: 200, body: expected });
});

test("files arrive in another order than the map names them", async () => {
  const contents = [randomBytes(300_000), randomBytes(10), randomBytes(300_000)];
  const { post } = await serve(awaitAll);
  const parts = contents.map((content, index) => filePart(String(index), content)).reverse();
  const expected = contents.map((content, index) => expectedFacts(String(index), content));
  expect(await post(multipartBody([...operationFields(3), ...parts]))).toEqual({ status: 200, body: expected });
});

test("eight files in one request are all kept, byte for byte, and removed after it", async () => {
  const contents = Array.from({ length: 8 }, (_, index) => randomBytes(40_000 * (index + 1)));
  const { post, handled, directory } = await serve(async (files) => {
    const kept = await Promise.all(files);
    return Promise.all(kept.map(async (file) => sha256(await buffer(file.open()))));
  });
  const parts = contents.map((content, index) => filePart(String(index), content));
  const answer = await post(multipartBody([...operationFields(8), ...parts]));
  expect(answer).toEqual({ status: 200, body: contents.map(sha256) });
  await handled();
  expect(spooledIn(directory)).toEqual([]);
});

test("a form as browsers send it is read", async () => {
  const content = randomBytes(120_000);
  const { port } = await serve(awaitAll);
  const form = new FormData();
  for (const { name, value } of operationFields(1)) form.append(name, value);
  form.append("0", new Blob([new Uint8Array(content)], { type: "image/png" }), "gesicht-ä.png");
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: form });
  expect(await response.json()).toEqual([{ ...expectedFacts("0", content), fileName: "gesicht-ä.png" }]);
});

test("files of 10 MB keep their bytes and do not pile up in memory", async () => {
  const fileBytes = 10_485_760;
  const chunk = randomBytes(65_536);
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const held = () => {
    // Once to find what is free, and once to have it counted: buffers are swept after the collection.
    collectGarbage();
    collectGarbage();
    return process.memoryUsage();
  };
  const before = held();
  const peak = { ...before };
  const sample = () => {
    const { arrayBuffers, rss } = held();
    peak.arrayBuffers = Math.max(peak.arrayBuffers, arrayBuffers);
    peak.rss = Math.max(peak.rss, rss);
  };
  const { postChunks } = await serve(async (files) => {
    const kept = await Promise.all(files);
    sample();
    return kept.map((file) => file.sha256);
  });
  const boundary = "memory-boundary";
  function* chunks() {
    for (const field of operationFields(8)) {
      yield Buffer.concat([partHead(field, boundary), Buffer.from(`${field.value}\r\n`)]);
    }
    for (let index = 0; index < 8; index += 1) {
      yield partHead({ name: String(index), content: "" }, boundary);
      for (let sent = 0; sent < fileBytes; sent += chunk.length) yield chunk;
      sample();
      yield Buffer.from("\r\n");
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  }
  const answer = await postChunks(`multipart/form-data; boundary=${boundary}`, chunks());
  const hash = createHash("sha256");
  for (let sent = 0; sent < fileBytes; sent += chunk.length) hash.update(chunk);
  expect(answer).toEqual({ status: 200, body: Array(8).fill(hash.digest("hex")) });
  expect(peak.arrayBuffers - before.arrayBuffers).toBeLessThan(5_000_000);
  expect(peak.rss - before.rss).toBeLessThan(30_000_000);
  // It collects two dozen times, which takes a second each where the process has run many files before.
}, 120_000);

test("a file over its limit is marked and read past, the others are fine", async () => {
  const contents = [randomBytes(50_000), randomBytes(800_000), randomBytes(100_000)];
  const { post, directory } = await serve(awaitAll, { maxFileBytes: 100_000 });
  const parts = contents.map((content, index) => filePart(String(index), content));
  const { status, body } = await post(multipartBody([...operationFields(3), ...parts]));
  expect(status).toBe(200);
  expect(body).toMatchObject([{ isTruncated: false }, { isTruncated: true, size: 800_000 }, { isTruncated: false }]);
  await untilNothingIsKept(directory);
});

test("a request over its whole limit is refused by its length before it is read", async () => {
  const { openRaw } = await serve(awaitAll, { maxTotalBytes: 100_000 });
  const body = multipartBody([...operationFields(1), filePart("0", randomBytes(200_000))]);
  const socket = await openRaw(body, 0);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
});

test("a request that tells no length is cut off at its whole limit, and its sender gets the reason", async () => {
  const { postChunks, directory } = await serve(awaitAll, { maxTotalBytes: 400_000 });
  const body = multipartBody([...operationFields(1), filePart("0", Buffer.alloc(500_000))]);
  function* chunks() {
    for (let at = 0; at < body.bytes.length; at += 50_000) yield body.bytes.subarray(at, at + 50_000);
  }
  const answer = await postChunks(body.contentType, chunks());
  expect(answer).toMatchObject({ status: 413, body: { name: "UploadTooLarge" } });
  await untilNothingIsKept(directory);
});

test("a sender that does not stop after the refusal is disconnected", async () => {
  const { openRaw } = await serve(awaitAll, { maxTotalBytes: 100_000 });
  const body = multipartBody([...operationFields(1), filePart("0", Buffer.alloc(30_000_000))]);
  const socket = await openRaw(body, 0);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined).resume();
  const written = new Promise((resolve) => socket.write(body.bytes, resolve));
  await closed;
  expect(await written).toHaveProperty("code");
});

test("a sender that goes on without end after a malformed start is disconnected", async () => {
  const { openChunked } = await serve(awaitAll, { maxTotalBytes: 2_000_000 });
  const socket = await openChunked(multipartBody([file]));
  let isClosed = false;
  const closed = new Promise<void>((resolve) => socket.once("close", resolve)).then(() => {
    isClosed = true;
  });
  socket.on("error", () => undefined).resume();
  const chunk = httpChunk(Buffer.alloc(65_536));
  for (let sent = 0; !isClosed && sent < 50_000_000; sent += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
  }
  expect(isClosed).toBe(true);
});

test("a file that fails while nobody awaits it is no unhandled rejection", async () => {
  let started = () => {};
  const underWay = new Promise<void>((resolve) => {
    started = resolve;
  });
  // The operation outlives the test: a rejection that is handled at last would be forgiven here, but end a real process.
  const { openRaw } = await serve(async ([first]) => {
    await first;
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    started();
    await new Promise<void>((resolve) => {
      endOperation = resolve;
    });
  });
  const body = multipartBody([...operationFields(2), filePart("0", randomBytes(500))]);
  await openRaw(body, body.bytes.length);
  await underWay;
});

test("a client that goes away in the middle leaves nothing and holds nobody up", async () => {
  let outcome: unknown;
  let received: ReceivedMultipart | undefined;
  let wakeUp = () => {};
  const settled = new Promise<void>((resolve) => {
    wakeUp = resolve;
  });
  const { openRaw, directory, port } = await serve(async (files, current) => {
    received = current;
    const [first, second] = await Promise.allSettled(files);
    outcome = [first?.status, second?.status === "rejected" && second.reason];
    // The operation goes on without asking for the files' removal: that has to come by itself.
    await untilNothingIsKept(directory);
    wakeUp();
    return null;
  });
  const parts = [filePart("0", randomBytes(300_000)), filePart("1", randomBytes(3_000_000))];
  const socket = await openRaw(multipartBody([...operationFields(2), ...parts]), 1_500_000);
  while (spooledIn(directory).length < 2) await nextTurn();
  socket.destroy();
  await settled;
  expect(outcome).toEqual(["fulfilled", expect.any(UploadAborted)]);
  expect(received?.fault).toBeInstanceOf(UploadAborted);
  expect(spooledIn(directory)).toEqual([]);
  const next = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: new FormData() });
  expect(next.status).toBe(400);
});

test("a client that goes away while its operation runs takes its files with it", async () => {
  let kept: SpooledFile | undefined;
  let removed = () => {};
  const isRemoved = new Promise<void>((resolve) => {
    removed = resolve;
  });
  const { openRaw, directory } = await serve(async ([file]) => {
    kept = await file;
    await untilNothingIsKept(directory);
    removed();
  });
  const body = multipartBody([...operationFields(1), filePart("0", randomBytes(200_000))]);
  const socket = await openRaw(body, body.bytes.length);
  while (kept === undefined) await nextTurn();
  socket.destroy();
  await isRemoved;
  expect(() => kept?.open()).toThrow(UploadAborted);
});

test("a request that breaks off after any of its bytes is handled to an end and leaves nothing", async () => {
  const { openRaw, handled, directory } = await serve(async (files) => {
    await Promise.all(files);
    return "all received";
  });
  const parts = [
    filePart("0", randomBytes(70_000)),
    filePart("1", randomBytes(100)),
    filePart("2", randomBytes(70_000)),
  ];
  const body = multipartBody([...operationFields(3), ...parts], "cut");
  const lastBytes = "--\r\n".length; // the last file is complete before them
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: body.bytes.length - lastBytes - 1 }), async (sentBytes) => {
      const socket = await openRaw(body, sentBytes);
      await hangUp(socket);
      const outcomes = await handled();
      expect(outcomes.at(-1)).toMatchObject({ status: 499, body: { name: "UploadAborted" } });
      expect(spooledIn(directory)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("a client that stalls is answered at the deadline", async () => {
  const { openRaw, directory } = await serve(awaitAll, { deadlineMs: 150 });
  const body = multipartBody([...operationFields(1), filePart("0", randomBytes(300_000))]);
  const socket = await openRaw(body, 200_000);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 (.|\s)*UploadTimedOut/);
  await untilNothingIsKept(directory);
});

test("an operation that answers without its files does not wait for them", async () => {
  const { post, handled, directory } = await serve(async () => "refused");
  const body = multipartBody([
    ...operationFields(2),
    filePart("0", randomBytes(400_000)),
    filePart("1", randomBytes(9)),
  ]);
  expect(await post(body)).toEqual({ status: 200, body: "refused" });
  await handled();
  expect(spooledIn(directory)).toEqual([]);
});

test("a connection serves the next request after one whose files nobody wanted", async () => {
  const { openRaw } = await serve(async () => "refused");
  const body = multipartBody([...operationFields(1), filePart("0", randomBytes(400_000))]);
  const socket = await openRaw(body, body.bytes.length);
  const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${body.contentType}\r\n`;
  socket.write(Buffer.concat([Buffer.from(`${head}Content-Length: ${body.bytes.length}\r\n\r\n`), body.bytes]));
  expect((await text(socket)).match(/^HTTP\/1\.1 200 /gm)).toHaveLength(2);
});

test("parts that nobody waits for are read past, and so is a file that comes twice", async () => {
  const wanted = randomBytes(200_000);
  const { post } = await serve(awaitAll);
  const [operations] = operationFields(1);
  const parts: Part[] = [
    ...(operations ? [operations] : []),
    { name: "map", value: JSON.stringify({ "0": ["variables.files.0"], unplaced: [] }) },
    filePart("orphan", randomBytes(300_000)),
    filePart("unplaced", randomBytes(300_000)),
    filePart("0", wanted),
    filePart("0", randomBytes(300_000)),
    { name: "comment", value: "x".repeat(200_000) },
  ];
  expect(await post(multipartBody(parts))).toEqual({ status: 200, body: [expectedFacts("0", wanted)] });
});

test("a file that the map promises and the request does not bring is told as missing", async () => {
  const { post } = await serve(awaitAll);
  const answer = await post(multipartBody([...operationFields(2), filePart("1", randomBytes(10))]));
  expect(answer).toMatchObject({ status: 400, body: { name: "MalformedUpload", message: /missing/i } });
});

const operations = { name: "operations", value: '{"query":"{ x }","variables":{"files":[null,null],"note":"text"}}' };
const file = filePart("0", Buffer.from("x"));

function map(value: unknown): Part {
  return { name: "map", value: JSON.stringify(value) };
}

test.each<[string, Part[]]>([
  ["without any part", []],
  ["without operations", [map({ "0": ["variables.files.0"] }), file]],
  ["without a map", [operations, file]],
  ["with only operations", [operations]],
  ["whose map comes first", [map({ "0": ["variables.files.0"] }), operations, file]],
  ["whose file comes first", [file, operations, map({ "0": ["variables.files.0"] })]],
  ["with operations that are not JSON", [{ name: "operations", value: "{" }, map({}), file]],
  ["with operations that are a number", [{ name: "operations", value: "1" }, map({}), file]],
  ["with a map that is not JSON", [operations, { name: "map", value: "{" }, file]],
  ["with a map that is a list", [operations, map([["variables.files.0"]]), file]],
  ["with a map to a number", [operations, map({ "0": 1 }), file]],
  ["with a map to a list of numbers", [operations, map({ "0": [1] }), file]],
  ["with a path that leads nowhere", [operations, map({ "0": ["variables.other.0"] }), file]],
  ["with a path to something that is not null", [operations, map({ "0": ["variables.note"] }), file]],
  ["with an empty path", [operations, map({ "0": [""] }), file]],
  ["with a path into what all objects share", [operations, map({ "0": ["toString.polluted"] }), file]],
  ["with a path into a prototype", [operations, map({ "0": ["__proto__.polluted"] }), file]],
  ["with one file in two places", [operations, map({ "0": ["variables.files.0", "variables.files.1"] }), file]],
  ["with two files in one place", [operations, map({ "0": ["variables.files.0"], "1": ["variables.files.0"] }), file]],
])("a request %s is refused with 400 at once", async (_, parts) => {
  const { post } = await serve(awaitAll);
  const answer = await post(multipartBody(parts));
  expect(answer).toMatchObject({ status: 400, body: { name: "MalformedUpload" } });
  expect(Object.prototype.toString).not.toHaveProperty("polluted");
  expect({}).not.toHaveProperty("polluted");
});

test.each<[string, Part[], Partial<MultipartLimits>]>([
  ["more files than allowed in the map", [...operationFields(3), file], { maxFiles: 2 }],
  [
    "more files than allowed in parts",
    [...operationFields(1), file, filePart("a", Buffer.from("a")), filePart("b", Buffer.from("b"))],
    { maxFiles: 2 },
  ],
  ["a field that is too long", [operations, map({ "0": ["variables.files.0"] }), file], { maxFieldBytes: 20 }],
])("a request with %s is refused with 413", async (_, parts, limits) => {
  const { post } = await serve(awaitAll, limits);
  expect(await post(multipartBody(parts))).toMatchObject({ status: 413, body: { name: "UploadTooLarge" } });
});

const boundary = "x-boundary";
const fieldBytes = operationFields(1).map((field) => `${partHead(field, boundary)}${field.value}\r\n`);
const brokenHead = `--${boundary}\r\nContent-Disposition: form-data; name="0"; filename="a"\r\n\u0001bad\r\n\r\nx\r\n`;

test.each([
  ["a broken part header", [...fieldBytes, brokenHead, `--${boundary}--\r\n`]],
  [
    "a broken part header in the same breath as a broken field",
    [`${partHead(operations, boundary)}{\r\n${brokenHead}--${boundary}--\r\n`],
  ],
  ["no end", [...fieldBytes, `${partHead(file, boundary)}half`]],
  ["nothing but noise", ["\u0000\u0001noise"]],
])("a body with %s is refused with 400, and the process lives on", async (_, chunks) => {
  const { post } = await serve(awaitAll);
  const contentType = `multipart/form-data; boundary=${boundary}`;
  const answer = await post({ contentType, bytes: Buffer.from(chunks.join(""), "latin1") });
  expect(answer).toMatchObject({ status: 400, body: { name: "MalformedUpload" } });
  const again = await post(multipartBody([...operationFields(1), file]));
  expect(again.status).toBe(200);
});

test.each([
  "multipart/form-data",
  "multipart/form-data; charset=utf-8",
  "multipart/mixed; boundary=x",
  "application/x-www-form-urlencoded; multipart/form-data; boundary=x",
])("the content type %s is refused with 400", async (contentType) => {
  const { post } = await serve(awaitAll);
  const answer = await post({ contentType, bytes: Buffer.from("operations=%7B%7D&map=%7B%7D") });
  expect(answer).toMatchObject({ status: 400, body: { name: "MalformedUpload" } });
});
