import { createHash } from "node:crypto";
import { startTestGateway } from "./support/start-test-gateway.js";
import { pngFile, statusChangeFields, type TestClient, toChangeSeen } from "./support/test-client.js";

const requestDocumentUpload = `mutation ($input: RequestDocumentUploadInput!) {
  requestDocumentUpload(input: $input) {
    document { id status category fileName contentType size sha256 }
    upload { method url headers { name value } expiresAt }
    userErrors { field code message }
  }
}`;
const attachDocuments = `mutation ($input: AttachDocumentsInput!) {
  attachDocuments(input: $input) { customer { status documents { id status } } userErrors { field code message } }
}`;

async function ask(client: TestClient, customerId: string, input: Record<string, unknown> = {}) {
  const { requestDocumentUpload: payload } = await client.run(requestDocumentUpload, {
    input: { customerId, category: "IDENTITY", fileName: "passport.png", contentType: "image/png", ...input },
  });
  return payload;
}

async function attach(client: TestClient, customerId: string, documentIds: string[]) {
  const { attachDocuments: payload } = await client.run(attachDocuments, { input: { customerId, documentIds } });
  return payload;
}

interface PresignedUpload {
  method: string;
  url: string;
  headers: { name: string; value: string }[];
}

function put({ method, url, headers }: PresignedUpload, body: Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(url, { method, headers: headers.map(({ name, value }) => [name, value] as [string, string]), body });
}

test("a client that stores the file itself, as it was told to, attaches it and is verified", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const { document, upload, userErrors } = await ask(client, customer.id);
  expect(userErrors).toEqual([]);
  expect(document).toEqual({
    id: expect.any(String),
    status: "REQUESTED",
    category: "IDENTITY",
    fileName: "passport.png",
    contentType: "image/png",
    size: null,
    sha256: null,
  });

  const { bytes } = pngFile(200_000);
  expect((await put(upload, bytes)).status).toBe(200);
  expect(provider.storedObject(document.id)).toEqual({
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    contentType: "image/png",
  });

  expect(await attach(client, customer.id, [document.id])).toEqual({
    customer: { status: "PROCESSING", documents: [{ id: document.id, status: "ATTACHED" }] },
    userErrors: [],
  });
  const verification = client.follow({ after: customer.cursor, customerId: customer.id });
  const changes = await verification.until(({ to }) => to === "VERIFIED");
  expect(changes.map(({ from, to }) => [from, to])).toEqual([
    [null, "REQUESTED"],
    ["REQUESTED", "ATTACHED"],
    ["PENDING", "PROCESSING"],
    ["PROCESSING", "VERIFIED"],
  ]);
});

test("a document whose file was never stored is not attached", async () => {
  const { client } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const { document } = await ask(client, customer.id);
  const { customer: attached, userErrors } = await attach(client, customer.id, [document.id]);
  expect(attached).toBeNull();
  expect(userErrors).toEqual([
    { field: null, code: "PROVIDER_REJECTED", message: expect.stringContaining("not been uploaded") },
  ]);
  const { statusChanges } = await client.run(
    `query ($after: Cursor) { statusChanges(after: $after) { ${statusChangeFields} } }`,
    { after: customer.cursor },
  );
  expect(statusChanges.map(toChangeSeen).map(({ to }: { to: string }) => to)).toEqual(["REQUESTED"]);
});

test("a document of another customer, or of nobody, is named by its place in the list", async () => {
  const { client, provider } = await startTestGateway();
  const [mine, other] = [(await client.createCustomer()).customer, (await client.createCustomer()).customer];
  const own = (await ask(client, mine.id)).document;
  const foreign = (await ask(client, other.id)).document;
  const { userErrors } = await attach(client, mine.id, [own.id, foreign.id, "nothing"]);
  expect(userErrors).toMatchObject([
    { field: ["documentIds", "1"], code: "NOT_FOUND" },
    { field: ["documentIds", "2"], code: "NOT_FOUND" },
  ]);
  expect(provider.received("POST /customer/{id}/files")).toEqual([]);
});

test("all that is wrong with the request is told at once, and nothing is asked of the provider", async () => {
  const { client, provider } = await startTestGateway();
  const input = { fileName: "../id.svg", contentType: "image/svg+xml" };
  const { document, upload, userErrors } = await ask(client, "not an id", input);
  expect({ document, upload }).toEqual({ document: null, upload: null });
  expect(userErrors.map(({ field, code }: { field: string[]; code: string }) => [field.join("."), code])).toEqual([
    ["customerId", "INVALID"],
    ["fileName", "INVALID"],
    ["contentType", "FILE_TYPE_NOT_ALLOWED"],
  ]);
  expect(provider.received("POST /file/get-presigned-url")).toEqual([]);
});

test("a business, a verified customer and an unknown one are refused, each with its reason", async () => {
  const { client, provider } = await startTestGateway();
  const { customer: business } = await client.createCustomer({
    type: "BUSINESS",
    firstName: undefined,
    lastName: undefined,
    idType: undefined,
    idNumber: undefined,
    businessName: "Obi Trading",
    registrationNumber: "RC12345",
    incorporationCountry: "NG",
  });
  const verified = await client.verifiedCustomer();
  const asked = provider.received("POST /file/get-presigned-url").length;
  const codes = [];
  for (const id of [business.id, verified.id, "5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10"]) {
    codes.push((await ask(client, id)).userErrors.map(({ code }: { code: string }) => code));
  }
  expect(codes).toEqual([["INVALID"], ["ALREADY_VERIFIED"], ["NOT_FOUND"]]);
  expect(provider.received("POST /file/get-presigned-url")).toHaveLength(asked);
});

test("a provider that does not answer is PROVIDER_UNAVAILABLE, and no document is made", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  provider.failNext({ route: "POST /file/get-presigned-url", kind: "reset", when: "before", times: 2 });
  const input = { customerId: customer.id, category: "IDENTITY", fileName: "a.png", contentType: "image/png" };
  const { errors } = await client.request(requestDocumentUpload, { input });
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  const query = "query ($id: ID!) { customer(id: $id) { documents { id } } }";
  expect(await client.run(query, { id: customer.id })).toEqual({ customer: { documents: [] } });
});
