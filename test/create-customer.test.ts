import { startTestGateway } from "./support/start-test-gateway.js";
import { customerInput, type TestClient, unique } from "./support/test-client.js";

const businessInput = (input: Record<string, unknown> = {}) => ({
  type: "BUSINESS",
  businessName: "Example Trading Ltd",
  email: `${unique("office")}@example.com`,
  country: "NG",
  registrationNumber: unique("RC"),
  incorporationCountry: "NG",
  ...input,
});

async function create(client: TestClient, input: Record<string, unknown>) {
  const { createCustomer } = await client.run(
    `mutation ($input: CreateCustomerInput!) {
      createCustomer(input: $input) {
        customer { id type name firstName lastName businessName email country status statusChanges { source reason } }
        replayed userErrors { field code message }
      }
    }`,
    { input },
  );
  return createCustomer;
}

function faultsOf(userErrors: { field: string[] | null; code: string }[]): string[] {
  return userErrors.map(({ field, code }) => `${field?.join(".")} ${code}`).sort();
}

test("an individual is created PENDING, with every field in the provider's words", async () => {
  const { client, provider } = await startTestGateway();
  const input = customerInput({
    idIssueDate: "2020-02-29",
    idExpiryDate: "2099-12-31",
    phone: "+2348012345678",
    tin: "T-1",
    dateOfBirth: "1990-01-02",
    street: "1 Marina",
    city: "Lagos",
    state: "Lagos",
    zipCode: "101241",
  });
  const { customer, replayed, userErrors } = await create(client, input);
  expect({ replayed, userErrors }).toEqual({ replayed: false, userErrors: [] });
  expect(customer).toEqual({
    id: expect.any(String),
    type: "INDIVIDUAL",
    name: "Ada Obi",
    firstName: "Ada",
    lastName: "Obi",
    businessName: null,
    email: input.email,
    country: "NG",
    status: "PENDING",
    statusChanges: [{ source: "MUTATION", reason: null }],
  });
  expect(provider.received("POST /customer").map(({ body }) => body)).toEqual([
    {
      type: "individual",
      first_name: "Ada",
      last_name: "Obi",
      email: input.email,
      country: "NG",
      id_type: "passport",
      id_number: input.idNumber,
      id_issue_date: "2020-02-29",
      id_expiry_date: "2099-12-31",
      phone: "+2348012345678",
      tin: "T-1",
      dob: "1990-01-02",
      street: "1 Marina",
      city: "Lagos",
      state: "Lagos",
      zip_code: "101241",
    },
  ]);
});

test("a business is created PENDING, under its registered name", async () => {
  const { client, provider } = await startTestGateway();
  const input = businessInput();
  const { customer, userErrors } = await create(client, input);
  expect(userErrors).toEqual([]);
  expect(customer).toMatchObject({
    type: "BUSINESS",
    name: "Example Trading Ltd",
    businessName: "Example Trading Ltd",
    firstName: null,
    lastName: null,
    status: "PENDING",
  });
  expect(provider.received("POST /customer").map(({ body }) => body)).toEqual([
    {
      type: "business",
      business_name: "Example Trading Ltd",
      email: input.email,
      country: "NG",
      registration_number: input.registrationNumber,
      incorporation_country: "NG",
    },
  ]);
});

test("names of any script reach the provider and come back as they were given", async () => {
  const { client, provider } = await startTestGateway();
  const names = { firstName: "Ọlá 李", lastName: "O’Brien-Ñúñez 😀" };
  const { customer } = await create(client, customerInput(names));
  expect(customer).toMatchObject({ ...names, name: `${names.firstName} ${names.lastName}` });
  expect(provider.received("POST /customer")[0]?.body).toMatchObject({
    first_name: names.firstName,
    last_name: names.lastName,
  });
});

test("all faults of an individual are told at once, and nothing is sent", async () => {
  const { client, provider } = await startTestGateway();
  const { customer, userErrors } = await create(client, {
    idempotencyKey: "with space",
    type: "INDIVIDUAL",
    firstName: " ",
    businessName: "Not a business",
    registrationNumber: "RC1",
    email: "not an address",
    country: "Nigeria",
    idNumber: "n".repeat(256),
    idIssueDate: "2999-01-01",
    idExpiryDate: "2001-01-01",
    phone: "08012345678",
    dateOfBirth: "1990-02-30",
    city: "Lag\u0007os",
  });
  expect(customer).toBeNull();
  expect(faultsOf(userErrors)).toEqual([
    "businessName INVALID",
    "city INVALID",
    "country INVALID",
    "dateOfBirth INVALID",
    "email INVALID",
    "firstName REQUIRED",
    "idExpiryDate INVALID",
    "idIssueDate INVALID",
    "idNumber INVALID",
    "idType REQUIRED",
    "idempotencyKey INVALID",
    "lastName REQUIRED",
    "phone INVALID",
    "registrationNumber INVALID",
  ]);
  expect(provider.received("POST /customer")).toHaveLength(0);
});

test("all faults of a business are told at once, and nothing is sent", async () => {
  const { client, provider } = await startTestGateway();
  const { userErrors } = await create(client, {
    type: "BUSINESS",
    email: "office@example.com",
    country: "NG",
    incorporationCountry: "GH",
    firstName: "Ada",
    idType: "PASSPORT",
    dateOfBirth: "1990-01-01",
  });
  expect(faultsOf(userErrors)).toEqual([
    "businessName REQUIRED",
    "dateOfBirth INVALID",
    "firstName INVALID",
    "idType INVALID",
    "incorporationCountry INVALID",
    "registrationNumber REQUIRED",
  ]);
  expect(provider.received("POST /customer")).toHaveLength(0);
});

test("what only the provider can know to be wrong is told by the input's own names", async () => {
  const { client } = await startTestGateway({ patience: { absenceGapMs: 100 } });
  const registrationNumber = unique("RC");
  await create(client, businessInput({ registrationNumber }));
  const taken = await create(client, businessInput({ registrationNumber }));
  expect(taken).toMatchObject({
    customer: null,
    userErrors: [{ field: ["registrationNumber"], code: "PROVIDER_REJECTED" }],
  });
  const { userErrors } = await create(client, customerInput({ country: "US", zipCode: "not a zip" }));
  expect(userErrors).toMatchObject([{ field: ["zipCode"], code: "PROVIDER_REJECTED" }]);
});

test("one idempotency key creates one customer, in twenty parallel calls and later", async () => {
  const { client, provider } = await startTestGateway();
  const input = customerInput({ idempotencyKey: unique("k") });
  const answers = await Promise.all(Array.from({ length: 20 }, () => create(client, input)));
  const later = await create(client, { ...input, tin: null });
  expect(new Set([...answers, later].map(({ customer }) => customer.id)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(later.replayed).toBe(true);
  expect(provider.received("POST /customer")).toHaveLength(1);
});

test("an idempotency key is refused with another input", async () => {
  const { client, provider } = await startTestGateway();
  const input = customerInput({ idempotencyKey: unique("k") });
  await create(client, input);
  expect(await create(client, { ...input, lastName: "Eze" })).toMatchObject({
    customer: null,
    replayed: false,
    userErrors: [{ field: ["idempotencyKey"], code: "IDEMPOTENCY_KEY_REUSED" }],
  });
  expect(provider.received("POST /customer")).toHaveLength(1);
});

test("a key of createPayout and one of createCustomer are two", async () => {
  const { client } = await startTestGateway();
  const idempotencyKey = unique("k");
  const { id: customerId } = await client.verifiedCustomer({ idempotencyKey });
  expect(await client.createPayout({ customerId, idempotencyKey })).toMatchObject({ replayed: false, userErrors: [] });
});

test("without a key every call creates a customer of its own", async () => {
  const { client } = await startTestGateway();
  const input = customerInput();
  const first = await create(client, input);
  const second = await create(client, input);
  expect(second.customer.id).not.toBe(first.customer.id);
});

test("a refusal is kept under the key", async () => {
  const { client, provider } = await startTestGateway({ patience: { absenceGapMs: 100 } });
  const errors = { email: ["The email has already been taken."] };
  provider.failNext({ route: "POST /customer", kind: "answer", status: 422, body: { message: "Invalid.", errors } });
  const input = customerInput({ idempotencyKey: unique("k") });
  const refusal = { customer: null, userErrors: [{ field: ["email"], message: "The email has already been taken." }] };
  expect(await create(client, input)).toMatchObject({ ...refusal, replayed: false });
  expect(await create(client, input)).toMatchObject({ ...refusal, replayed: true });
  expect(provider.received("POST /customer")).toHaveLength(1);
});

test("a provider that was not reached leaves the key free", async () => {
  const { client, provider } = await startTestGateway();
  provider.failNext({ route: "POST /oauth/token", kind: "answer", status: 503 });
  const input = customerInput({ idempotencyKey: unique("k") });
  const first = await client.request(
    "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } } }",
    { input },
  );
  expect(first.errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  expect(await create(client, input)).toMatchObject({ replayed: false, userErrors: [] });
  expect(provider.received("POST /customer")).toHaveLength(1);
});

test("a business is told that its documents are not taken here, by every document mutation", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await create(client, businessInput());
  const refusal = [{ field: ["customerId"], code: "INVALID", message: expect.stringMatching(/business/i) }];
  const { requestDocumentUpload, attachDocuments } = await client.run(
    `mutation ($id: ID!) {
      requestDocumentUpload(input: {
        customerId: $id, category: IDENTITY, fileName: "passport.png", contentType: "image/png"
      }) { document { id } upload { url } userErrors { field code message } }
      attachDocuments(input: { customerId: $id, documentIds: ["d1"] }) {
        customer { id } userErrors { field code message }
      }
    }`,
    { id: customer.id },
  );
  expect(requestDocumentUpload).toEqual({ document: null, upload: null, userErrors: refusal });
  expect(attachDocuments).toEqual({ customer: null, userErrors: refusal });
  expect(provider.received("POST /file/get-presigned-url")).toHaveLength(0);
  expect(provider.received("POST /customer/{id}/files")).toHaveLength(0);
});
