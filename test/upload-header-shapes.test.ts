// Uploads, all three ways, against every shape in which the provider writes the headers of a pre-signed URL, and what a
// bad pre-signed answer or a storage that fails leads to.

import { Writable } from "node:stream";
import type { PresignedHeaderShape, Sandbox } from "../src/sandbox/sandbox.js";
import { createLogger } from "../src/telemetry/logger.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { pngFile, type TestClient } from "./support/test-client.js";

const request = `mutation ($input: RequestDocumentUploadInput!) {
  requestDocumentUpload(input: $input) {
    document { id } upload { method url headers { name value } } userErrors { code message }
  }
}`;
const attach = `mutation ($input: AttachDocumentsInput!) {
  attachDocuments(input: $input) { customer { status documents { status } } userErrors { code message } }
}`;
const upload = `mutation ($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { document { id status } userErrors { code message } }
}`;
const submit = `mutation ($input: SubmitDocumentsInput!) {
  submitDocuments(input: $input) { customer { status } documents { status } userErrors { code message } }
}`;
const presign = "POST /file/get-presigned-url";

const ways: Record<string, (client: TestClient, customerId: string) => Promise<void>> = {
  async requestDocumentUpload(client, customerId) {
    const { document, upload: place } = await askForUrl(client, customerId);
    expect(place.headers.map(({ name }) => name.toLowerCase())).not.toContain("host");
    const headers = place.headers.map(({ name, value }): [string, string] => [name, value]);
    const stored = await fetch(place.url, { method: place.method, headers, body: pngFile().bytes });
    expect(stored.status).toBe(200);
    await attached(client, customerId, document.id);
  },
  async uploadDocument(client, customerId) {
    const { data } = await uploadFile(client, customerId);
    expect(data.uploadDocument).toMatchObject({ document: { status: "UPLOADED" }, userErrors: [] });
    await attached(client, customerId, data.uploadDocument.document.id);
  },
  async submitDocuments(client, customerId) {
    const input = { customerId, documents: [{ category: "IDENTITY", file: null }] };
    const { data } = await client.upload(submit, { input }, { "variables.input.documents.0.file": pngFile() });
    expect(data.submitDocuments).toEqual({
      customer: { status: "PROCESSING" },
      documents: [{ status: "ATTACHED" }],
      userErrors: [],
    });
  },
};

async function askForUrl(client: TestClient, customerId: string) {
  const input = { customerId, category: "IDENTITY", fileName: "passport.png", contentType: "image/png" };
  const { requestDocumentUpload } = await client.run(request, { input });
  expect(requestDocumentUpload.userErrors).toEqual([]);
  return requestDocumentUpload as {
    document: { id: string };
    upload: { method: string; url: string; headers: { name: string; value: string }[] };
  };
}

function uploadFile(client: TestClient, customerId: string) {
  const input = { customerId, category: "IDENTITY", file: null };
  return client.upload(upload, { input }, { "variables.input.file": pngFile() });
}

async function attached(client: TestClient, customerId: string, documentId: string): Promise<void> {
  const { attachDocuments } = await client.run(attach, { input: { customerId, documentIds: [documentId] } });
  expect(attachDocuments).toEqual({
    customer: { status: "PROCESSING", documents: [{ status: "ATTACHED" }] },
    userErrors: [],
  });
}

async function newCustomer(client: TestClient): Promise<string> {
  return (await client.createCustomer()).customer.id;
}

async function statusesOf(client: TestClient, id: string): Promise<string[]> {
  const { customer } = await client.run("query ($id: ID!) { customer(id: $id) { documents { status } } }", { id });
  return customer.documents.map(({ status }: { status: string }) => status);
}

const shapes: PresignedHeaderShape[] = ["host", "lists", "texts", "pairs", "objects", "empty", "none"];

describe.each(shapes)("with headers in the shape %s", (presignedHeaders) => {
  test.each(Object.keys(ways))("%s stores the file, and Host is sent once", async (way) => {
    const { client, provider } = await startTestGateway({ sandbox: { presignedHeaders, reviewDelayMs: 60_000 } });
    await ways[way]?.(client, await newCustomer(client));
    const [put] = provider.received("PUT /storage");
    expect(put?.headers).toMatchObject({ host: new URL(provider.url).host, "content-type": "image/png" });
  });
});

describe("an answer with a URL that cannot be used", () => {
  const url = "http://127.0.0.1:4010/storage/x?X-Amz-Signature=abc";
  test.each<[string, unknown]>([
    ["whose Host differs", { file_id: "f", url, headers: { Host: ["other.example"] } }],
    ["with an upload at the root and one under data", { file_id: "f", url, data: { file_id: "g", url } }],
    ["with a value that HTTP cannot carry", { file_id: "f", url, headers: { "x-a": "1\nx-b: 2" } }],
    ["in half a JSON", '{"file_id": "f", "url": "http'],
  ])("%s is asked for once more", async (_what, body) => {
    const { client, provider } = await startTestGateway();
    provider.failNext({ route: presign, kind: "answer", status: 200, body });
    const { data } = await uploadFile(client, await newCustomer(client));
    expect(data.uploadDocument.userErrors).toEqual([]);
    expect(provider.received(presign)).toHaveLength(2);
  });

  test("is named in the log by what is wrong with it, without the URL", async () => {
    const lines: string[] = [];
    const output = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const logger = createLogger("info", false, output);
    const { client, provider } = await startTestGateway({ logger });
    const body = { file_id: "f", url, headers: { Host: ["other.example"] } };
    provider.failNext({ route: presign, kind: "answer", status: 200, body });
    await uploadFile(client, await newCustomer(client));
    expect(lines.join("")).toContain("the Host in headers is not the host of the URL");
    expect(lines.join("")).not.toMatch(/X-Amz-Signature|other\.example|\/storage\//);
  });

  test("twice is PROVIDER_UNAVAILABLE, and sends no file", async () => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    const body = { file_id: "f", url, headers: { Host: ["other.example"] } };
    provider.failNext({ route: presign, kind: "answer", status: 200, body, times: 2 });
    const { errors } = await uploadFile(client, customerId);
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
    expect(provider.received("PUT /storage")).toEqual([]);
    expect(await statusesOf(client, customerId)).toEqual([]);
  });
});

describe("asking for a URL", () => {
  const page = "<html>blocked</html>";
  test.each<[string, Parameters<Sandbox["failNext"]>[0]]>([
    ["an HTML page with 403", { route: presign, kind: "answer", status: 403, body: page }],
    ["an HTML page with 400", { route: presign, kind: "answer", status: 400, body: page }],
    ["half a JSON with 422", { route: presign, kind: "answer", status: 422, body: '{"message": "No' }],
    ["500", { route: presign, kind: "answer", status: 500, body: { message: "Server Error" } }],
    ["409", { route: presign, kind: "answer", status: 409, body: { message: "Conflict" } }],
    ["a broken connection", { route: presign, kind: "reset", when: "after" }],
  ])("is repeated once after %s, and then PROVIDER_UNAVAILABLE", async (_what, fault) => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext(fault);
    expect((await uploadFile(client, customerId)).data.uploadDocument.userErrors).toEqual([]);
    provider.failNext({ ...fault, times: 2 });
    const { errors } = await uploadFile(client, customerId);
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
    expect(provider.received(presign)).toHaveLength(4);
  });

  test.each([400, 404, 422])("is rejected by %i in the provider's own JSON, at once", async (status) => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext({ route: presign, kind: "answer", status, body: { message: "Not this file." } });
    const { data } = await uploadFile(client, customerId);
    expect(data.uploadDocument.userErrors).toMatchObject([{ message: "Not this file." }]);
    expect(provider.received(presign)).toHaveLength(1);
  });

  test.each([
    [403, "PROVIDER_UNAVAILABLE"],
    [429, "RATE_LIMITED"],
  ])("is not repeated after %i in the provider's own JSON: %s", async (status, code) => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext({ route: presign, kind: "answer", status, body: { message: "No." } });
    const { errors } = await uploadFile(client, customerId);
    expect(errors).toMatchObject([{ extensions: { code } }]);
    expect(provider.received(presign)).toHaveLength(1);
  });
});

describe("the PUT of the bytes", () => {
  const put = "PUT /storage";
  test.each([200, 204])("stores the file when it is answered %i without an ETag", async (status) => {
    const { client, provider } = await startTestGateway();
    provider.failNext({ route: put, kind: "answer", when: "after", status });
    const { data } = await uploadFile(client, await newCustomer(client));
    expect(data.uploadDocument).toMatchObject({ document: { status: "UPLOADED" }, userErrors: [] });
  });

  test.each<[string, Parameters<Sandbox["failNext"]>[0], number]>([
    ["500", { route: put, kind: "answer", status: 500 }, 1],
    ["a broken connection", { route: put, kind: "reset", when: "before" }, 1],
    ["403 twice", { route: put, kind: "answer", status: 403, times: 2 }, 2],
  ])("leaves the document REQUESTED after %s, and says to upload it again", async (_what, fault, puts) => {
    const { client, provider } = await startTestGateway();
    const customerId = await newCustomer(client);
    provider.failNext(fault);
    const { errors } = await uploadFile(client, customerId);
    expect(errors).toMatchObject([
      {
        message: "The provider did not take the file. Upload it again.",
        extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 },
      },
    ]);
    expect(provider.received(put)).toHaveLength(puts);
    expect(await statusesOf(client, customerId)).toEqual(Array(puts).fill("REQUESTED"));
  });

  test("gets one new URL after 403", async () => {
    const { client, provider } = await startTestGateway();
    provider.failNext({ route: put, kind: "answer", status: 403 });
    const { data } = await uploadFile(client, await newCustomer(client));
    expect(data.uploadDocument.userErrors).toEqual([]);
    expect(provider.received(presign)).toHaveLength(2);
  });

  test("is given up when nothing moves for as long as a caller waits", async () => {
    const { client, provider } = await startTestGateway({ patience: { answerWithinMs: 300 } });
    const customerId = await newCustomer(client);
    provider.failNext({ route: put, kind: "hang", when: "before" });
    const { errors } = await uploadFile(client, customerId);
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  });
});
