import { createHash, randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Sandbox } from "../src/sandbox/sandbox.js";
import { untilSpooled } from "./support/gateway-spool.js";
import { multipartBody } from "./support/multipart-body.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { openConnection, sendUpload, streamUpload } from "./support/stream-upload.js";
import { pngFile, type TestClient, type TestFile } from "./support/test-client.js";

const maxBytes = 10_485_760;

const uploadDocument = `mutation ($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { document { id status size sha256 contentType fileName } userErrors { field code message } }
}`;
const submitDocuments = `mutation ($input: SubmitDocumentsInput!) {
  submitDocuments(input: $input) {
    customer { id status } documents { id category status size sha256 } userErrors { field code message }
  }
}`;
const attachDocuments = `mutation ($input: AttachDocumentsInput!) {
  attachDocuments(input: $input) { customer { id status documents { id status } } userErrors { field code message } }
}`;

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A PNG whose bytes are like no other's. */
function somePng(size: number, name?: string): TestFile {
  const file = pngFile(size, name);
  const headBytes = 100;
  file.bytes.set(randomBytes(Math.max(0, size - headBytes)), headBytes);
  return file;
}

function textFile(name: string, type: string, text: string): TestFile {
  return { name, type, bytes: new Uint8Array(Buffer.from(text)) };
}

function upload(client: TestClient, customerId: string, file: TestFile) {
  const input = { customerId, category: "IDENTITY", file: null };
  return client.upload(uploadDocument, { input }, { "variables.input.file": file });
}

function submit(client: TestClient, customerId: string, files: TestFile[], categories: string[] = []) {
  const documents = files.map((_, index) => ({ category: categories[index] ?? "IDENTITY", file: null }));
  const places = Object.fromEntries(files.map((file, index) => [`variables.input.documents.${index}.file`, file]));
  return client.upload(submitDocuments, { input: { customerId, documents } }, places);
}

async function newCustomer(client: TestClient, input: Record<string, unknown> = {}): Promise<string> {
  const { customer } = await client.createCustomer(input);
  return customer.id;
}

async function documentsOf(client: TestClient, id: string): Promise<{ id: string; status: string }[]> {
  const { customer } = await client.run("query ($id: ID!) { customer(id: $id) { documents { id status } } }", { id });
  return customer.documents;
}

function expectNothingSent(provider: Sandbox): void {
  expect(provider.received("POST /file/get-presigned-url")).toEqual([]);
  expect(provider.received("PUT /storage")).toEqual([]);
}

describe("the bytes", () => {
  test("of a file of exactly the largest size reach the storage as they were", async () => {
    const { client, provider } = await startTestGateway();
    const file = somePng(maxBytes);
    const { data } = await upload(client, await newCustomer(client), file);
    const { document, userErrors } = data.uploadDocument;
    expect(userErrors).toEqual([]);
    const facts = { size: maxBytes, sha256: sha256(file.bytes), contentType: "image/png" };
    expect(document).toMatchObject({ ...facts, status: "UPLOADED", fileName: "passport.png" });
    expect(provider.storedObject(document.id)).toEqual(facts);
  });

  test("of files that come in the opposite order of the variables reach each its own document", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const files = [somePng(900_000), somePng(200_000), somePng(100)];
    const categories = ["IDENTITY", "IDENTITY_BACK", "PROOF_OF_ADDRESS"];
    const documents = categories.map((category) => ({ category, file: null }));
    const places = files.map((file, index) => [`variables.input.documents.${index}.file`, file] as const).reverse();
    const input = { customerId, documents };
    const { data } = await client.upload(submitDocuments, { input }, Object.fromEntries(places));
    expect(data.submitDocuments).toMatchObject({
      customer: { id: customerId, status: "PROCESSING" },
      documents: files.map(({ bytes }, index) => ({
        category: categories[index],
        status: "ATTACHED",
        size: bytes.length,
        sha256: sha256(bytes),
      })),
      userErrors: [],
    });
    const stored = data.submitDocuments.documents.map(({ id }: { id: string }) => provider.storedObject(id)?.sha256);
    expect(stored).toEqual(files.map(({ bytes }) => sha256(bytes)));
  });

  test("of two uploads in one operation are told apart, also where the second comes first", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const [front, back] = [somePng(400_000, "front.png"), somePng(300_000, "back.png")];
    const { data } = await client.upload(
      `mutation ($front: UploadDocumentInput!, $back: UploadDocumentInput!) {
        front: uploadDocument(input: $front) { document { id fileName } userErrors { code } }
        back: uploadDocument(input: $back) { document { id fileName } userErrors { code } }
      }`,
      {
        front: { customerId, category: "IDENTITY", file: null },
        back: { customerId, category: "IDENTITY_BACK", file: null },
      },
      { "variables.back.file": back, "variables.front.file": front },
    );
    expect(data).toMatchObject({
      front: { document: { fileName: "front.png" }, userErrors: [] },
      back: { document: { fileName: "back.png" }, userErrors: [] },
    });
    expect(provider.storedObject(data.front.document.id)?.sha256).toBe(sha256(front.bytes));
    expect(provider.storedObject(data.back.document.id)?.sha256).toBe(sha256(back.bytes));
  });

  test("of eight large files in one request pass through without being held in memory", async () => {
    const { gateway, client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const head = pngFile(65_536).bytes;
    const chunk = randomBytes(65_536);
    const hash = createHash("sha256");
    function* chunks() {
      yield Buffer.from(head);
      for (let sent = head.length; sent < maxBytes; sent += chunk.length) yield chunk;
    }
    for (const part of chunks()) hash.update(part);
    const expected = hash.digest("hex");

    setFlagsFromString("--expose-gc");
    const collectGarbage: () => void = runInNewContext("gc");
    const held = () => {
      collectGarbage();
      collectGarbage();
      const { rss, external, heapUsed } = process.memoryUsage();
      return { rss, used: external + heapUsed };
    };
    const before = held();
    const peak = { ...before };
    const sample = () => {
      const { rss, used } = held();
      peak.rss = Math.max(peak.rss, rss);
      peak.used = Math.max(peak.used, used);
    };
    const documents = Array.from({ length: 8 }, () => ({ category: "IDENTITY", file: null }));
    const sending = streamUpload(
      gateway.url,
      { query: submitDocuments, variables: { input: { customerId, documents } } },
      documents.map((_, index) => ({
        path: `variables.input.documents.${index}.file`,
        fileName: `${index}.png`,
        contentType: "image/png",
        *chunks() {
          yield* chunks();
          sample();
        },
      })),
    );
    // The way in is sampled after each file, and so is the way out.
    for (let stored = 1; stored <= 8; stored += 1) {
      while (provider.received("PUT /storage").length < stored) await new Promise((resolve) => setImmediate(resolve));
      sample();
    }
    const { data } = await sending;

    expect(data.submitDocuments.userErrors).toEqual([]);
    const ids = data.submitDocuments.documents.map(({ id }: { id: string }) => id);
    expect(ids.map((id: string) => provider.storedObject(id))).toEqual(
      Array(8).fill({ size: maxBytes, sha256: expected, contentType: "image/png" }),
    );
    const sentBytes = 8 * maxBytes;
    expect(peak.used - before.used).toBeLessThan(sentBytes / 8);
    expect(peak.rss - before.rss).toBeLessThan(sentBytes / 2);
  }, 120_000);
});

describe("the PUT to the storage", () => {
  test("carries the length and exactly the headers that were given, and no credential", async () => {
    const { client, provider } = await startTestGateway({ sandbox: { presignedHeaders: "lists" } });
    await upload(client, await newCustomer(client), somePng(70_000));
    const [put] = provider.received("PUT /storage");
    const { host, connection, ...headers } = put?.headers ?? {};
    expect({ host, connection }).toEqual({ host: new URL(provider.url).host, connection: expect.any(String) });
    expect(headers).toEqual({
      "content-length": "70000",
      "content-type": "image/png",
      "x-amz-server-side-encryption": "AES256",
    });
  });

  test("is tried once more with a new URL where the first has expired", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext({ route: "PUT /storage", kind: "answer", status: 403, body: "<Error/>" });
    const file = somePng(200_000);
    const { data } = await upload(client, customerId, file);
    expect(data.uploadDocument.userErrors).toEqual([]);
    expect(provider.received("POST /file/get-presigned-url")).toHaveLength(2);
    const [first, second] = provider.received("PUT /storage");
    expect(first?.path).not.toBe(second?.path);
    expect(provider.storedObject(data.uploadDocument.document.id)?.sha256).toBe(sha256(file.bytes));
  });

  test("is not tried a third time, and the document stays REQUESTED", async () => {
    const { client, provider } = await startTestGateway({ sandbox: { presignLifeMs: 0 } });
    const customerId = await newCustomer(client);
    const { data, errors } = await upload(client, customerId, somePng(200_000));
    expect(data?.uploadDocument ?? null).toBeNull();
    expect(errors).toMatchObject([{ path: ["uploadDocument"], extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
    expect(JSON.stringify(errors)).not.toContain("storage");
    expect(provider.received("POST /file/get-presigned-url")).toHaveLength(2);
    expect(provider.received("PUT /storage")).toHaveLength(2);
    expect((await documentsOf(client, customerId)).map(({ status }) => status)).toEqual(["REQUESTED", "REQUESTED"]);
    await untilSpooled((count) => count === 0);
  });

  test("that fails for another reason is not tried again", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext({ route: "PUT /storage", kind: "answer", status: 500 });
    const { errors } = await upload(client, customerId, somePng(200_000));
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
    expect(provider.received("PUT /storage")).toHaveLength(1);
    expect((await documentsOf(client, customerId)).map(({ status }) => status)).toEqual(["REQUESTED"]);
  });
});

test("where attaching fails the stored document stays UPLOADED, and attachDocuments goes on from there", async () => {
  const { client, provider } = await startTestGateway();
  const customerId = await newCustomer(client);
  provider.failNext({ route: "POST /customer/{id}/files", kind: "answer", status: 500, times: 2 });
  const { errors } = await submit(client, customerId, [somePng(100_000)]);
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  const [document] = await documentsOf(client, customerId);
  expect(document?.status).toBe("UPLOADED");

  const input = { customerId, documentIds: [document?.id] };
  const { attachDocuments: attached } = await client.run(attachDocuments, { input });
  expect(attached).toEqual({
    customer: { id: customerId, status: "PROCESSING", documents: [{ id: document?.id, status: "ATTACHED" }] },
    userErrors: [],
  });
  expect(provider.received("PUT /storage")).toHaveLength(1);
});

describe("a file that cannot be taken", () => {
  test("because it is one byte too large is told of, and the others were fine", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const files = [somePng(300_000), somePng(maxBytes + 1), somePng(300_000)];
    const { data } = await submit(client, customerId, files, ["IDENTITY", "IDENTITY_BACK", "PROOF_OF_ADDRESS"]);
    expect(data.submitDocuments).toEqual({
      customer: null,
      documents: [],
      userErrors: [
        { field: ["documents", "1", "file"], code: "FILE_TOO_LARGE", message: expect.stringContaining("10485760") },
      ],
    });
    expectNothingSent(provider);
    expect(await documentsOf(client, customerId)).toEqual([]);
    await untilSpooled((count) => count === 0);
  });

  test("is told of together with all others of the request, each with its place", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const { data } = await submit(client, customerId, [
      somePng(1000),
      textFile("id.png", "image/png", "no picture at all"),
      textFile("empty.pdf", "application/pdf", ""),
      { ...somePng(1000), name: "id.pdf" },
      { ...somePng(1000), type: "image/jpeg" },
      somePng(maxBytes + 1),
      textFile("page.pdf", "application/pdf", "%PDF-1.7\n<script>alert(1)</script>"),
      { ...somePng(1000), name: "id.png.exe" },
    ]);
    const faults = data.submitDocuments.userErrors.map(
      ({ field, code }: { field: string[]; code: string }) => `${field.join(".")} ${code}`,
    );
    expect(faults).toEqual([
      "documents.1.file FILE_TYPE_NOT_ALLOWED",
      "documents.2.file FILE_EMPTY",
      "documents.3.file FILE_TYPE_MISMATCH",
      "documents.4.file FILE_TYPE_MISMATCH",
      "documents.5.file FILE_TOO_LARGE",
      "documents.6.file FILE_TYPE_NOT_ALLOWED",
      "documents.7.file FILE_TYPE_NOT_ALLOWED",
    ]);
    expectNothingSent(provider);
  });

  test("of uploadDocument is named by its field", async () => {
    const { client, provider } = await startTestGateway();
    const { data } = await upload(client, await newCustomer(client), textFile("a.png", "image/png", "<svg/>"));
    expect(data.uploadDocument).toMatchObject({
      document: null,
      userErrors: [{ field: ["file"], code: "FILE_TYPE_NOT_ALLOWED" }],
    });
    expectNothingSent(provider);
  });
});

describe("a customer", () => {
  const refusals = (data: { [name: string]: { userErrors: { field: string[]; code: string }[] } }) =>
    Object.values(data)[0]?.userErrors.map(({ field, code }) => [field?.join("."), code]);

  test("that is a business has its documents taken elsewhere", async () => {
    const { client, provider } = await startTestGateway();
    const business = {
      type: "BUSINESS",
      firstName: undefined,
      lastName: undefined,
      idType: undefined,
      idNumber: undefined,
      businessName: "Obi Trading",
      registrationNumber: "RC12345",
      incorporationCountry: "NG",
    };
    const id = await newCustomer(client, business);
    expect(refusals((await upload(client, id, pngFile())).data)).toEqual([["customerId", "INVALID"]]);
    expect(refusals((await submit(client, id, [pngFile()])).data)).toEqual([["customerId", "INVALID"]]);
    expectNothingSent(provider);
  });

  test("that is verified needs no more documents", async () => {
    const { client, provider } = await startTestGateway();
    const { id } = await client.verifiedCustomer();
    const sentBefore = provider.received("PUT /storage").length;
    expect(refusals((await upload(client, id, pngFile())).data)).toEqual([["customerId", "ALREADY_VERIFIED"]]);
    expect(refusals((await submit(client, id, [pngFile()])).data)).toEqual([["customerId", "ALREADY_VERIFIED"]]);
    expect(provider.received("PUT /storage")).toHaveLength(sentBefore);
  });

  test("that nobody knows is not found", async () => {
    const { client, provider } = await startTestGateway();
    const id = "5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10";
    expect(refusals((await upload(client, id, somePng(300_000))).data)).toEqual([["customerId", "NOT_FOUND"]]);
    expect(refusals((await submit(client, id, [somePng(300_000)])).data)).toEqual([["customerId", "NOT_FOUND"]]);
    expectNothingSent(provider);
    await untilSpooled((count) => count === 0);
  });

  test("of an invalid id is refused while its files are still coming", async () => {
    const { client } = await startTestGateway();
    const files = [somePng(6_000_000), somePng(6_000_000)];
    expect(refusals((await submit(client, "a b", files)).data)).toEqual([["customerId", "INVALID"]]);
    await untilSpooled((count) => count === 0);
  });
});

describe("a multipart request", () => {
  const operations = (
    query: string,
    variables: object = { input: { customerId: "c", category: "IDENTITY", file: null } },
  ) => JSON.stringify({ query, variables });
  const map = JSON.stringify({ 0: ["variables.input.file"] });
  const bodyFor = (query: string, bytes: Uint8Array, variables?: object) =>
    multipartBody([
      { name: "operations", value: operations(query, variables) },
      { name: "map", value: map },
      { name: "0", fileName: "id.png", contentType: "image/png", content: Buffer.from(bytes) },
    ]);

  test("without the preflight header is refused with that header's name", async () => {
    const { gateway, client, provider } = await startTestGateway();
    const { contentType, bytes } = bodyFor(uploadDocument, pngFile(300_000).bytes);
    const headers = { "content-type": contentType };
    const body = new Uint8Array(bytes);
    const response = await fetch(`${gateway.url}/graphql`, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
    expect(errors).toMatchObject([{ message: expect.stringContaining("apollo-require-preflight") }]);
    expectNothingSent(provider);
    expect(await client.run("{ __typename }")).toEqual({ __typename: "Query" });
  });

  test("whose operation never uses its file is answered, and nothing is kept", async () => {
    const { client } = await startTestGateway();
    const file = somePng(3_000_000);
    const answer = await client.upload("{ statusCursor }", { unused: null }, { "variables.unused": file });
    expect(answer).toEqual({ data: { statusCursor: expect.any(String) } });
    await untilSpooled((count) => count === 0);
  });

  test.each([
    ["a field that does not exist", "mutation ($input: UploadDocumentInput!) { upload(input: $input) { id } }"],
    ["what is no GraphQL", "mutation {"],
  ])("with %s is read to its end and refused, and its connection goes on", async (_what, query) => {
    const { gateway } = await startTestGateway();
    const body = bodyFor(query, pngFile(6_000_000).bytes);
    const socket = await openConnection(gateway.url);
    const answers = socket.setEncoding("utf8")[Symbol.asyncIterator]();
    for (let request = 0; request < 3; request += 1) {
      await sendUpload(socket, body, body.bytes.length);
      let answer = "";
      while (!answer.includes('"code":"GRAPHQL_')) answer += (await answers.next()).value;
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    }
    socket.destroy();
    await untilSpooled((count) => count === 0);
  });

  test("that breaks off in the middle of its file leaves nothing behind and sends nothing on", async () => {
    const { gateway, client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const variables = { input: { customerId, category: "IDENTITY", file: null } };
    const body = bodyFor(uploadDocument, somePng(5_000_000).bytes, variables);
    for (const isReset of [false, true]) {
      const socket = await openConnection(gateway.url);
      await sendUpload(socket, body, 2_000_000);
      await untilSpooled((count) => count > 0);
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
      await untilSpooled((count) => count === 0);
    }
    expectNothingSent(provider);
    expect(await documentsOf(client, customerId)).toEqual([]);
  });

  test("whose sender leaves while its file is on the way to the storage leaves nothing behind", async () => {
    const { gateway, client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext({ route: "PUT /storage", kind: "hang", when: "before" });
    const variables = { input: { customerId, category: "IDENTITY", file: null } };
    const body = bodyFor(uploadDocument, somePng(5_000_000).bytes, variables);
    const socket = await openConnection(gateway.url);
    await sendUpload(socket, body, body.bytes.length);
    while (provider.received("PUT /storage").length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await untilSpooled((count) => count === 0);
    const { data } = await upload(client, customerId, somePng(100_000));
    expect(data.uploadDocument).toMatchObject({ document: { status: "UPLOADED" }, userErrors: [] });
  });

  test("that is in the middle of its file does not hold up the gateway's stop", async () => {
    const { gateway, client, stop } = await startTestGateway();
    const variables = { input: { customerId: await newCustomer(client), category: "IDENTITY", file: null } };
    const body = bodyFor(uploadDocument, somePng(5_000_000).bytes, variables);
    const socket = await openConnection(gateway.url);
    await sendUpload(socket, body, 2_000_000);
    await untilSpooled((count) => count > 0);
    const startedAt = performance.now();
    await stop();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await untilSpooled((count) => count === 0);
    socket.destroy();
  });
});
