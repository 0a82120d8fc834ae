import { DocumentsDataSource } from "../src/datasources/documents.datasource.js";
import { connect, failureOf, startStubProvider } from "./support/stub-provider.js";

const route = "POST /api/external/file/get-presigned-url";
const url = "https://storage.example/identity?X-Amz-Expires=300&X-Amz-Signature=abc";
const file = { fileName: "passport.jpg", contentType: "image/jpeg" };

async function documentsWith(body: unknown) {
  const provider = await startStubProvider();
  provider.answer(route, { body });
  return { provider, documents: new DocumentsDataSource(connect(provider)) };
}

const signed = [{ name: "x-amz-acl", value: "private" }];

test.each([
  ["flat, with a map of headers", { file_id: "f1", url, headers: { "x-amz-acl": "private" } }, signed, null],
  [
    "under data, with other names",
    { data: { file_id: "f1", upload_url: url, headers: {}, expires_at: "2026-03-13T10:35:00Z" } },
    [],
    new Date("2026-03-13T10:35:00Z"),
  ],
  ["under data", { message: "ok", data: { file_id: "f1", url, headers: { "x-amz-acl": "private" } } }, signed, null],
  ["with a list of headers", { file_id: "f1", url, headers: [{ name: "x-amz-acl", value: "private" }] }, signed, null],
  ["with pairs of headers", { file_id: "f1", url, headers: [["x-amz-acl", "private"]] }, signed, null],
  ["with an empty list of headers", { file_id: "f1", url, headers: [] }, [], null],
  ["without headers", { file_id: "f1", url }, [], null],
])("an upload slot is read %s", async (_name, body, headers, expiresAt) => {
  const { provider, documents } = await documentsWith(body);
  const slot = await documents.requestUpload("customer-1", "IDENTITY_BACK", file);
  expect(slot).toEqual({ fileId: "f1", url, headers, expiresAt });
  expect(JSON.parse(provider.received(route)[0]?.body.toString() ?? "")).toMatchObject({
    customer_id: "customer-1",
    file_category: "identity_back",
  });
});

test.each([
  ["no URL", { file_id: "f1" }],
  ["no file", { url }],
  ["something that is no URL", { file_id: "f1", url: "not a url" }],
  ["a header that would start another", { file_id: "f1", url, headers: { "x-a": "1\r\nx-b: 2" } }],
])("a slot with %s is garbled, and the error does not show it", async (_name, body) => {
  const { documents } = await documentsWith(body);
  const error = await failureOf(documents.requestUpload("customer-1", "IDENTITY", file));
  expect(error).toMatchObject({ kind: "GARBLED" });
  expect(String(error)).not.toContain("X-Amz-Signature");
});
