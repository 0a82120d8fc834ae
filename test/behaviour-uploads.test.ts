// What becomes of bad uploads at the front door. The parser's own faults are in upload-multipart, the files' in
// upload-documents and upload-spool, the storage's in datasource-storage, uploads at once in caller-limits.

import { once } from "node:events";
import { type MultipartBody, multipartBody, type Part } from "./support/multipart-body.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { openConnection, sendUpload } from "./support/stream-upload.js";
import { pngFile } from "./support/test-client.js";

const query = "mutation ($input: UploadDocumentInput!) { uploadDocument(input: $input) { userErrors { code } } }";

async function uploadOf({ client }: TestGateway, changed: Part[] = [], more: Part[] = []): Promise<MultipartBody> {
  const { customer } = await client.createCustomer();
  const variables = { input: { customerId: customer.id, category: "IDENTITY", file: null } };
  const fields = [
    { name: "operations", value: JSON.stringify({ query, variables }) },
    { name: "map", value: JSON.stringify({ 0: ["variables.input.file"] }) },
    { name: "0", fileName: "a.png", contentType: "image/png", content: Buffer.from(pngFile(100_000).bytes) },
  ];
  const parts = fields.map((part) => changed.find(({ name }) => name === part.name) ?? part);
  return multipartBody([...parts, ...more]);
}

async function post({ client }: TestGateway, { contentType, bytes }: MultipartBody) {
  const response = await fetch(`${client.url}/graphql`, {
    method: "POST",
    headers: { "content-type": contentType, "apollo-require-preflight": "1" },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test.each<[string, Part[]]>([
  ["operations that are no JSON", [{ name: "operations", value: "{" }]],
  ["a map that is no JSON", [{ name: "map", value: "{" }]],
  ["a path that leads to no null", [{ name: "map", value: '{"0": ["variables.input.customerId"]}' }]],
  ["a path through a prototype", [{ name: "map", value: '{"0": ["variables.__proto__.file"]}' }]],
  ["a file in two places", [{ name: "map", value: '{"0": ["variables.input.file", "variables.input.file"]}' }]],
  ["an array of operations", [{ name: "operations", value: '[{"query": "{ __typename }"}]' }]],
])(
  "an upload with %s is refused with 400 in the shape of GraphQL, and its file is read past",
  async (_what, changed) => {
    const gateway = await startTestGateway();
    const { status, body } = await post(gateway, await uploadOf(gateway, changed));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      errors: [{ extensions: { code: expect.stringMatching(/BAD_USER_INPUT|LIMIT_EXCEEDED/) } }],
    });
    expect(gateway.provider.received("POST /file/get-presigned-url")).toEqual([]);
    expect(await gateway.client.run("{ __typename }")).toEqual({ __typename: "Query" });
  },
);

test("an upload's operations in bytes that are no UTF-8 are refused, and not mangled", async () => {
  const gateway = await startTestGateway();
  const body = await uploadOf(gateway);
  const at = body.bytes.indexOf("IDENTITY");
  body.bytes[at] = 0xff;
  const { status, body: told } = await post(gateway, body);
  expect(status).toBe(400);
  expect(told).toMatchObject({ errors: [{ message: "The fields must be valid UTF-8." }] });
});

test("an upload is held to the same limits as any other operation", async () => {
  const gateway = await startTestGateway();
  const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(" ");
  const operations = { query: `mutation ($file: Upload!) { ${aliases} }`, variables: { input: { file: null } } };
  const changed = [{ name: "operations", value: JSON.stringify(operations) }];
  const { status, body } = await post(gateway, await uploadOf(gateway, changed));
  expect(status).toBe(400);
  expect(body).toMatchObject({ errors: [{ extensions: { code: "LIMIT_EXCEEDED", limit: "aliases" } }] });
});

test("more files or bytes than an upload may have are answered 413 by the limits that are set", async () => {
  const gateway = await startTestGateway({ limits: { uploadFiles: 1, uploadTotalBytes: 150_000 } });
  const second = { name: "1", fileName: "b.png", contentType: "image/png", content: "x" };
  const inTwo = [{ name: "map", value: '{"0": ["variables.input.file"], "1": ["variables.input.other"]}' }];
  const operations = JSON.stringify({ query, variables: { input: { file: null, other: null } } });
  const tooMany = await uploadOf(gateway, [...inTwo, { name: "operations", value: operations }], [second]);
  expect((await post(gateway, tooMany)).status).toBe(413);
  const tooLarge = await uploadOf(gateway, [], [{ ...second, content: Buffer.alloc(100_000) }]);
  const { status, body } = await post(gateway, tooLarge);
  expect(status).toBe(413);
  expect(body).toMatchObject({ errors: [{ extensions: { code: "LIMIT_EXCEEDED" } }] });
  expect((await post(gateway, await uploadOf(gateway))).status).toBe(200);
});

test("an upload that brings next to nothing is ended, long before the time for an upload is over", async () => {
  const gateway = await startTestGateway({ limits: { requestMs: 400 } });
  const body = await uploadOf(gateway);
  const socket = await openConnection(gateway.client.url);
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    answer += chunk;
  });
  const closed = once(socket, "close");
  await sendUpload(socket, body, 2_000);
  const drip = setInterval(() => socket.write("x"), 50);
  await closed;
  clearInterval(drip);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain("LIMIT_EXCEEDED");
  expect(gateway.provider.received("POST /file/get-presigned-url")).toEqual([]);
});

test("where the storage fails, nothing of the pre-signed URL is in the answer", async () => {
  const gateway = await startTestGateway();
  gateway.provider.failNext({ route: "PUT /storage", kind: "answer", status: 500, times: 5 });
  const { body } = await post(gateway, await uploadOf(gateway));
  expect(JSON.stringify(body)).not.toMatch(/http|storage|signature/i);
});
