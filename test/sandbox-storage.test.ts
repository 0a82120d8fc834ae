import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import type { PresignedHeaderShape } from "../src/sandbox/sandbox.js";
import {
  at,
  control,
  createCustomer,
  type PresignedUrl,
  type SandboxClient,
  startSandboxClient,
  stopAll,
} from "./support/sandbox-client.js";

afterEach(stopAll);

const png = { "content-type": "image/png" };

async function presign(client: SandboxClient, customerId: string, fields: Record<string, unknown> = {}) {
  const answer = await client.call("POST", "/file/get-presigned-url", {
    customer_id: customerId,
    file_category: "identity",
    ...fields,
  });
  expect(answer.status).toBe(200);
  return answer.body as PresignedUrl;
}

async function put(url: string, headers: Record<string, string>, body: BodyInit) {
  const response = await fetch(url, { method: "PUT", headers, body });
  return { status: response.status, etag: response.headers.get("etag"), text: await response.text() };
}

test("the storage takes a PUT with the signed headers once, and knows size and digest of the bytes", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const { file_id: fileId, url, headers } = await presign(client, await createCustomer(client));
  expect(Object.keys(headers)).not.toHaveLength(0);
  const bytes = randomBytes(3_000_000);
  const stored = await put(url, { ...headers, ...png }, bytes);
  expect(stored).toEqual({
    status: 200,
    etag: `"${createHash("md5").update(bytes).digest("hex")}"`,
    text: "",
  });
  expect(client.sandbox.storedObject(fileId)).toEqual({
    size: 3_000_000,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    contentType: "image/png",
  });
  expect(client.sandbox.received("PUT /storage")).toHaveLength(1);

  const again = await put(url, { ...headers, ...png }, "other bytes");
  expect(again.status).toBe(403);
  expect(again.text).toContain("<Code>AccessDenied</Code>");
  expect(client.sandbox.storedObject(fileId)?.size).toBe(3_000_000);
});

const refusals: [string, number, string, (place: PresignedUrl) => [string, Record<string, string>]][] = [
  ["without a signed header", 403, "SignatureDoesNotMatch", ({ url }) => [url, png]],
  [
    "with another value of a signed header",
    403,
    "SignatureDoesNotMatch",
    ({ url, headers }) => [url, { ...png, ...headers, "x-amz-server-side-encryption": "none" }],
  ],
  [
    "with a changed signature",
    403,
    "SignatureDoesNotMatch",
    ({ url, headers }) => [`${url.slice(0, -1)}x`, { ...png, ...headers }],
  ],
  [
    "with an Authorization header",
    400,
    "InvalidArgument",
    ({ url, headers }) => [url, { ...png, ...headers, authorization: "Bearer token" }],
  ],
  [
    "with the API key",
    400,
    "InvalidArgument",
    ({ url, headers }) => [url, { ...png, ...headers, "x-blaaiz-api-key": "key" }],
  ],
  [
    "to a file id that was never given out",
    403,
    "AccessDenied",
    ({ url, headers }) => [url.replace(/storage\/[^?]+/, "storage/unknown"), { ...png, ...headers }],
  ],
];

test.each(refusals)("the storage refuses a PUT %s with %i %s in XML", async (_what, status, code, change) => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const place = await presign(client, await createCustomer(client));
  const [url, headers] = change(place);
  const refused = await put(url, headers, "bytes");
  expect(refused.status).toBe(status);
  expect(refused.text).toContain(`<Code>${code}</Code>`);
  expect(client.sandbox.storedObject(place.file_id)).toBeUndefined();
});

test("the storage refuses a PUT without Content-Length with 411", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const place = await presign(client, await createCustomer(client));
  const status = await new Promise((resolve, reject) => {
    const chunked = request(place.url, { method: "PUT", headers: { ...place.headers, ...png } });
    chunked.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    chunked.on("error", reject);
    chunked.write("by");
    chunked.end("tes");
  });
  expect(status).toBe(411);
  expect(client.sandbox.storedObject(place.file_id)).toBeUndefined();
});

test("the storage refuses an expired URL with 403", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts", presignLifeMs: 0 });
  const place = await presign(client, await createCustomer(client));
  const refused = await put(place.url, { ...place.headers, ...png }, "bytes");
  expect(refused).toMatchObject({ status: 403, text: expect.stringContaining("Request has expired") });
});

test("a PUT that breaks off stores nothing, and the URL is still good", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const place = await presign(client, await createCustomer(client));
  await new Promise<void>((resolve) => {
    const broken = request(place.url, {
      method: "PUT",
      headers: { ...place.headers, ...png, "content-length": "1000", expect: "100-continue" },
    });
    broken.on("continue", () => broken.write("some bytes", () => broken.destroy()));
    broken.on("error", () => {});
    broken.on("close", () => resolve());
  });
  expect(client.sandbox.storedObject(place.file_id)).toBeUndefined();
  expect(await put(place.url, { ...place.headers, ...png }, "bytes")).toMatchObject({ status: 200 });
});

test("a content type that was told beforehand is signed along", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const place = await presign(client, await createCustomer(client), { file_type: "application/pdf" });
  expect(place.headers["Content-Type"]).toBe("application/pdf");
  expect(await put(place.url, { ...place.headers, "Content-Type": "image/png" }, "bytes")).toMatchObject({
    status: 403,
  });
  expect(await put(place.url, place.headers, "bytes")).toMatchObject({ status: 200 });
});

test("a file is attached only when it was uploaded, fits its slot and belongs to the customer", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const id = await createCustomer(client);
  const other = await createCustomer(client);
  const attach = async (body: unknown) => {
    const answer = await client.call("POST", `/customer/${id}/files`, body);
    return [answer.status, at(answer.body, "message")];
  };
  const store = async (customerId: string, type: string, bytes: BodyInit) => {
    const place = await presign(client, customerId);
    await put(place.url, { ...place.headers, "content-type": type }, bytes);
    return place.file_id;
  };
  const missing = await presign(client, id);
  expect(await attach({ id_file: missing.file_id })).toEqual([400, "The id file has not been uploaded."]);
  expect(await attach({ id_file: "unknown" })).toEqual([400, "The selected id file is invalid."]);
  expect(await attach({})).toEqual([400, "Invalid request parameters"]);
  const mine = await store(id, "image/png", "bytes");
  expect(await attach({ proof_of_address_file: mine })).toEqual([
    400,
    "The selected proof of address file is invalid.",
  ]);
  expect(await attach({ id_file: await store(other, "image/png", "bytes") })).toEqual([
    400,
    "The selected id file is invalid.",
  ]);
  expect(await attach({ id_file: await store(id, "text/html", "bytes") })).toEqual([
    400,
    "The id file must be a file of type: pdf, jpeg, png.",
  ]);
  expect(await attach({ id_file: await store(id, "image/png", "") })).toEqual([400, "The id file is empty."]);
  const large = await store(id, "image/png", Buffer.alloc(25 * 1024 * 1024 + 1));
  expect(await attach({ id_file: large })).toEqual([400, "The id file must not be greater than 25 MB."]);
  const read = await client.call("GET", `/customer/${id}`);
  expect(at(read.body, "data.verification_status")).toBe("PENDING");
  expect(await attach({ id_file: mine })).toEqual([200, "Customer files uploaded successfully"]);
});

test("a page of any origin may PUT, as a browser asks beforehand", async () => {
  const client = await startSandboxClient({ presignedHeaders: "texts" });
  const { url, headers } = await presign(client, await createCustomer(client), { file_type: "image/png" });
  const asked = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example.com",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type,x-amz-server-side-encryption",
    },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-origin")).toBe("*");
  expect(asked.headers.get("access-control-allow-methods")).toContain("PUT");
  const stored = await fetch(url, { method: "PUT", headers, body: "bytes" });
  expect([stored.status, stored.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
});

const host = (client: SandboxClient) => new URL(client.sandbox.url).host;
const more = { "x-amz-server-side-encryption": "AES256", "Content-Type": "image/png" };

test.each<[PresignedHeaderShape, (host: string) => unknown]>([
  ["host", (host) => ({ Host: [host] })],
  ["lists", (host) => ({ Host: [host], "x-amz-server-side-encryption": ["AES256"], "Content-Type": ["image/png"] })],
  ["texts", (host) => ({ Host: host, ...more })],
  ["pairs", (host) => [["Host", host], ...Object.entries(more)]],
  ["objects", (host) => Object.entries({ Host: host, ...more }).map(([name, value]) => ({ name, value }))],
  ["empty", () => []],
  ["none", () => undefined],
])("headers are written in the shape %s when the sandbox is told so", async (shape, expected) => {
  const client = await startSandboxClient();
  const id = await createCustomer(client);
  expect((await presign(client, id)).headers).toEqual({ Host: [host(client)] });
  expect(await control(client, "/presigned-headers", { shape })).toBe(200);
  const { headers } = await presign(client, id, { file_type: "image/png" });
  expect(headers).toEqual(expected(host(client)));
  expect(await control(client, "/presigned-headers", { shape: "other" })).toBe(422);
});

test("the storage takes what the provider's own SDKs send: type, length and disposition, and no header of the answer", async () => {
  const client = await startSandboxClient();
  const place = await presign(client, await createCustomer(client));
  const sent = { ...png, "content-disposition": 'attachment; filename="passport.png"' };
  expect(await put(place.url, sent, "bytes")).toMatchObject({ status: 200, etag: expect.any(String) });
  expect(client.sandbox.storedObject(place.file_id)).toMatchObject({ size: 5, contentType: "image/png" });
});

test("the storage refuses a PUT under another Host, which is always signed", async () => {
  const client = await startSandboxClient();
  const place = await presign(client, await createCustomer(client));
  const status = await new Promise((resolve, reject) => {
    const headers = { ...png, host: "other.example", "content-length": "5" };
    const foreign = request(place.url, { method: "PUT", headers }, (response) => resolve(response.resume().statusCode));
    foreign.on("error", reject).end("bytes");
  });
  expect(status).toBe(403);
  expect(client.sandbox.storedObject(place.file_id)).toBeUndefined();
});
