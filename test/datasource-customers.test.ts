import type { CreateCustomerCommand } from "../src/datasources/commands.js";
import { CustomersDataSource } from "../src/datasources/customers.datasource.js";
import { connect, failureOf, startStubProvider } from "./support/stub-provider.js";

async function customersWith(route: string, body: unknown, status = 200) {
  const provider = await startStubProvider();
  provider.answer(route, { status, body });
  const received = () => JSON.parse(provider.received(route)[0]?.body.toString() ?? "null");
  return { provider, received, customers: new CustomersDataSource(connect(provider)) };
}

const everyField: Omit<CreateCustomerCommand, "type"> = {
  firstName: "Mary",
  lastName: "Major",
  businessName: "Major Holdings",
  email: "mary@example.com",
  country: "NG",
  idType: "DRIVERS_LICENSE",
  idNumber: "D1234567",
  idIssueDate: "2021-02-03",
  idExpiryDate: "2031-02-03",
  registrationNumber: "RC998877",
  incorporationCountry: "NG",
  phone: "+2348012345678",
  tin: null,
  dateOfBirth: "1988-07-06",
  street: "4 Broad Street",
  city: "Lagos",
  state: "Lagos",
  zipCode: "101001",
};

const created = {
  message: "Customer created successfully.",
  data: { id: "customer-1", verification_status: "PENDING" },
};

test("a person is created with a person's fields only", async () => {
  const { customers, received } = await customersWith("POST /api/external/customer", created, 201);
  await customers.create({ type: "INDIVIDUAL", ...everyField });
  expect(received()).toEqual({
    type: "individual",
    first_name: "Mary",
    last_name: "Major",
    email: "mary@example.com",
    country: "NG",
    id_type: "drivers_license",
    id_number: "D1234567",
    id_issue_date: "2021-02-03",
    id_expiry_date: "2031-02-03",
    phone: "+2348012345678",
    dob: "1988-07-06",
    street: "4 Broad Street",
    city: "Lagos",
    state: "Lagos",
    zip_code: "101001",
  });
});

test("a company is created with a company's fields only", async () => {
  const { customers, received } = await customersWith("POST /api/external/customer", created, 201);
  await customers.create({ type: "BUSINESS", ...everyField });
  expect(received()).toEqual({
    type: "business",
    business_name: "Major Holdings",
    email: "mary@example.com",
    country: "NG",
    registration_number: "RC998877",
    incorporation_country: "NG",
    phone: "+2348012345678",
    street: "4 Broad Street",
    city: "Lagos",
    state: "Lagos",
    zip_code: "101001",
  });
});

test("a new customer's answer becomes news without a time", async () => {
  const { customers } = await customersWith("POST /api/external/customer", {
    data: {
      id: 17,
      first_name: "Mary",
      last_name: "Major",
      business_name: null,
      type: "individual",
      email: "Mary@Example.com",
      country: "ng",
      verification_status: "PENDING",
      kyb_scope: null,
    },
  });
  await expect(customers.create({ type: "INDIVIDUAL", ...everyField })).resolves.toEqual({
    kind: "customer",
    id: "17",
    status: "PENDING",
    occurredAt: null,
    details: {
      type: "INDIVIDUAL",
      firstName: "Mary",
      lastName: "Major",
      businessName: null,
      email: "Mary@Example.com",
      country: "NG",
    },
  });
});

test("an update sends null for what is cleared and nothing for what is left out", async () => {
  const { customers, received } = await customersWith("PUT /api/external/customer/customer-1", {
    data: { id: "customer-1", verification_status: "verified", updated_at: "2026-05-04T08:15:30.000000Z" },
  });
  const change = await customers.update("customer-1", { phone: null, zipCode: "101002", city: undefined });
  expect(received()).toEqual({ phone: null, zip_code: "101002" });
  expect(change).toMatchObject({ id: "customer-1", status: "VERIFIED", occurredAt: new Date("2026-05-04T08:15:30Z") });
});

test("the keys of the oldest version are understood", async () => {
  const { customers } = await customersWith("GET /api/external/customer/customer-1", {
    status: true,
    data: { id: "customer-1", type: "business", status: "approved", created_at: "2026-05-04T08:15:30Z" },
  });
  await expect(customers.get("customer-1")).resolves.toMatchObject({
    status: "VERIFIED",
    occurredAt: new Date("2026-05-04T08:15:30Z"),
    details: { type: "BUSINESS", createdAt: new Date("2026-05-04T08:15:30Z") },
  });
});

test("an unknown status word leaves the status unsaid", async () => {
  const { customers } = await customersWith("GET /api/external/customer/customer-1", {
    data: { id: "customer-1", verification_status: "IN_REVIEW", email: "mary@example.com" },
  });
  const change = await customers.get("customer-1");
  expect(change).toMatchObject({ details: { email: "mary@example.com" } });
  expect(change).not.toHaveProperty("status");
});

test("a customer that is not there is null, another one is garbled", async () => {
  const { provider, customers } = await customersWith(
    "GET /api/external/customer/1",
    { message: "Customer not found" },
    404,
  );
  await expect(customers.get("1")).resolves.toBeNull();
  provider.answer("GET /api/external/customer/1", { body: { data: { id: "2" } } });
  expect(await failureOf(customers.get("1"))).toMatchObject({ kind: "GARBLED" });
});

const rows = [
  { id: 1, email: "mary@example.com" },
  { id: 2, email: "eve@example.com" },
];

test.each([
  ["rows under data", { message: "ok", data: rows }],
  ["a bare array", rows],
  ["the oldest version's rows", { status: true, data: { customers: rows, pagination: {} } }],
])("a customer is found by e-mail in %s, and nobody else", async (_name, body) => {
  const { provider, customers } = await customersWith("GET /api/external/customer", body);
  await expect(customers.findByEmail("MARY@example.com")).resolves.toMatchObject([{ change: { id: "1" } }]);
  expect(provider.received("GET /api/external/customer")[0]?.query.get("email")).toBe("MARY@example.com");
});

test("a list that has more pages than can be read proves no absence", async () => {
  const body = { data: [{ id: 2, email: "eve@example.com" }], links: { next: "/api/external/customer?page=2" } };
  const { customers } = await customersWith("GET /api/external/customer", body);
  expect(await failureOf(customers.findByEmail("mary@example.com"))).toMatchObject({ kind: "GARBLED" });
});

test("what the answer to a creation leaves out or spells in an unknown way is taken from the command", async () => {
  const { customers } = await customersWith("POST /api/external/customer", {
    data: { id: "c1", verification_status: "IN_REVIEW", country: "Nigeria", first_name: { given: "Mary" } },
  });
  await expect(customers.create({ type: "INDIVIDUAL", ...everyField })).resolves.toMatchObject({
    status: "PENDING",
    details: { type: "INDIVIDUAL", firstName: "Mary", lastName: "Major", email: "mary@example.com", country: "NG" },
  });
});

test.each([
  ["type", { type: "business" }],
  ["e-mail address", { email: "eve@example.com" }],
  ["name", { first_name: "Eve" }],
])("an answer that names another %s is about another customer", async (_name, fields) => {
  const { customers } = await customersWith("POST /api/external/customer", { data: { id: 1, ...fields } });
  const failure = await failureOf(customers.create({ type: "INDIVIDUAL", ...everyField }));
  expect(failure).toMatchObject({ kind: "GARBLED", outcome: "UNKNOWN" });
});

test.each([
  ["a next link", { data: rows, links: { next: "/api/external/customer?page=2" } }, true],
  ["page counts", { data: rows, links: { next: null }, meta: { current_page: 1, last_page: 2 } }, true],
  ["the last page", { data: rows, links: { next: null }, meta: { current_page: 2, last_page: 2 } }, false],
  ["the oldest version", { data: { customers: rows, pagination: { current_page: 1, total_pages: 5 } } }, true],
  ["a bare array", rows, false],
])("a list tells by %s whether there is more", async (_name, body, hasMore) => {
  const { provider, customers } = await customersWith("GET /api/external/customer", body);
  await expect(customers.list({ page: 1, status: "PENDING" })).resolves.toMatchObject({
    changes: [{ id: "1" }, { id: "2" }],
    hasMore,
  });
  expect(Object.fromEntries(provider.received("GET /api/external/customer")[0]?.query ?? [])).toEqual({
    paginate: "true",
    page: "1",
    verification_status: "PENDING",
  });
});

test("files are attached by their slots in one call", async () => {
  const { customers, received } = await customersWith("POST /api/external/customer/1/files", { message: "ok" });
  await customers.attachFiles("1", {
    PROOF_OF_ADDRESS: "f3",
    IDENTITY: "f1",
    IDENTITY_BACK: "f2",
    LIVENESS_CHECK: "f4",
  });
  expect(received()).toEqual({
    id_file: "f1",
    id_file_back: "f2",
    proof_of_address_file: "f3",
    liveness_check_file: "f4",
  });
});
