import "reflect-metadata";
import {
  AttachDocumentsInput,
  DocumentFileInput,
  RequestDocumentUploadInput,
  SubmitDocumentsInput,
  UploadDocumentInput,
} from "../src/schema/document.input.js";
import { faultsOf } from "./support/faults.js";

const customerId = "5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10";
const file = Promise.resolve({});

function request(values: object): RequestDocumentUploadInput {
  const valid = { customerId, category: "IDENTITY", fileName: "passport.jpg", contentType: "image/jpeg" };
  return Object.assign(new RequestDocumentUploadInput(), { ...valid, ...values });
}

function attach(documentIds: unknown): AttachDocumentsInput {
  return Object.assign(new AttachDocumentsInput(), { customerId, documentIds });
}

function submit(count: number, values: object = { category: "IDENTITY", file }): SubmitDocumentsInput {
  const documents = Array.from({ length: count }, () => Object.assign(new DocumentFileInput(), values));
  return Object.assign(new SubmitDocumentsInput(), { customerId, documents });
}

test.each(["image/jpeg", "image/png", "application/pdf"])("a pre-signed upload takes %s", (contentType) => {
  expect(faultsOf(request({ contentType }))).toEqual([]);
});

test.each(["image/svg+xml", "text/html", "", "image/jpeg; charset=utf-8"])(
  "a pre-signed upload refuses the type %j",
  (contentType) => {
    expect(faultsOf(request({ contentType }))).toEqual(["FILE_TYPE_NOT_ALLOWED contentType"]);
  },
);

test.each(["../passport.jpg", "a\\b.jpg", "..", "a\u0000.jpg", "n".repeat(256)])(
  "a pre-signed upload refuses the file name %j",
  (fileName) => {
    expect(faultsOf(request({ fileName }))).toEqual(["INVALID fileName"]);
  },
);

test("all faults of a pre-signed upload are said at once", () => {
  expect(faultsOf(request({ customerId: "a/b", fileName: "", contentType: "text/plain" }))).toEqual([
    "FILE_TYPE_NOT_ALLOWED contentType",
    "INVALID customerId",
    "REQUIRED fileName",
  ]);
});

test("an upload needs its customer and its file", () => {
  const valid = { customerId, category: "IDENTITY", file };
  expect(faultsOf(Object.assign(new UploadDocumentInput(), valid))).toEqual([]);
  expect(faultsOf(Object.assign(new UploadDocumentInput(), { category: "IDENTITY" }))).toEqual([
    "REQUIRED customerId",
    "REQUIRED file",
  ]);
});

test("documents to attach are 1 to 20, each once", () => {
  const ids = Array.from({ length: 21 }, (_, index) => `file-${index}`);
  expect(faultsOf(attach(ids.slice(0, 20)))).toEqual([]);
  expect(faultsOf(attach([]))).toEqual(["REQUIRED documentIds"]);
  expect(faultsOf(attach(ids))).toEqual(["INVALID documentIds"]);
});

test("each document to attach that cannot be used is named by its place", () => {
  expect(faultsOf(attach(["file-1", "a/b", "file-1", ""]))).toEqual([
    "INVALID documentIds.1",
    "INVALID documentIds.2",
    "REQUIRED documentIds.3",
  ]);
});

test("1 to 20 files can be submitted in one call, also several of one category", () => {
  expect(faultsOf(submit(8))).toEqual([]);
  expect(faultsOf(submit(20))).toEqual([]);
  expect(faultsOf(submit(21))).toEqual(["INVALID documents"]);
  expect(faultsOf(submit(0))).toEqual(["REQUIRED documents"]);
});

test("each submitted document without a file is named by its place", () => {
  expect(faultsOf(submit(2, { category: "IDENTITY" }))).toEqual([
    "REQUIRED documents.0.file",
    "REQUIRED documents.1.file",
  ]);
});
