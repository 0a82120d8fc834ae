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
  ["with null for headers", { file_id: "f1", url, headers: null }, [], null],
  ["with Host alone, in a list", { file_id: "f1", url, headers: { Host: ["storage.example"] } }, [], null],
  [
    "with Host in other letters and with its port",
    { file_id: "f1", url, headers: [["hOST", "Storage.Example:443"]] },
    [],
    null,
  ],
  [
    "with lists of values",
    { file_id: "f1", url, headers: { Host: "storage.example", "x-amz-acl": ["private"] } },
    signed,
    null,
  ],
  [
    "with several values",
    { file_id: "f1", url, headers: { "x-a": ["1", "2"], "x-none": [], "x-null": null } },
    [{ name: "x-a", value: "1, 2" }],
    null,
  ],
  [
    "with a header that is named twice",
    {
      file_id: "f1",
      url,
      headers: [
        ["x-amz-acl", "private"],
        ["X-Amz-Acl", "private"],
      ],
    },
    [{ name: "X-Amz-Acl", value: "private" }],
    null,
  ],
  ["at the root beside empty data", { file_id: "f1", url, data: [] }, [], null],
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
  ["no URL", { file_id: "f1" }, "it has neither url nor upload_url"],
  ["no file", { url }, "file_id"],
  ["something that is no URL", { file_id: "f1", url: "not a url" }, "url is not a URL"],
  ["two URLs", { file_id: "f1", url, upload_url: `${url}d` }, "url and upload_url differ"],
  [
    "an upload at the root and one under data",
    { file_id: "f1", url, data: { file_id: "f1", url } },
    "the root and data",
  ],
  ["its two halves in two places", { file_id: "f1", data: { url } }, "the root and data"],
  ["headers in a text", { file_id: "f1", url, headers: "Host: storage.example" }, "headers"],
  ["a header in one text", { file_id: "f1", url, headers: ["x-a: 1"] }, "headers"],
  ["a header that would start another", { file_id: "f1", url, headers: { "x-a": "1\r\nx-b: 2" } }, "cannot carry"],
  ["a value that HTTP cannot carry", { file_id: "f1", url, headers: { "x-a": ["\u20ac"] } }, "cannot carry"],
  ["a name that HTTP cannot carry", { file_id: "f1", url, headers: { "x a": "1" } }, "cannot carry"],
  ["two values of one header", { file_id: "f1", url, headers: { "x-a": "1", "X-A": "2" } }, "with different values"],
  ["another Host", { file_id: "f1", url, headers: { Host: ["other.example"] } }, "the Host in headers"],
  ["another port", { file_id: "f1", url, headers: { host: "storage.example:8443" } }, "the Host in headers"],
  [
    "a second Host",
    { file_id: "f1", url, headers: { Host: ["storage.example", "other.example"] } },
    "the Host in headers",
  ],
  ["a Host with a path", { file_id: "f1", url, headers: { Host: "storage.example/x" } }, "the Host in headers"],
])("an answer with %s is garbled, and the error says why without showing it", async (_name, body, reason) => {
  const { documents } = await documentsWith(body);
  const error = await failureOf(documents.requestUpload("customer-1", "IDENTITY", file));
  expect(error).toMatchObject({ kind: "GARBLED", outcome: "UNKNOWN", message: expect.stringMatching(reason) });
  expect(String(error)).not.toMatch(/X-Amz-Signature|storage\.example|other\.example/);
});
