import { callProvider, createCustomerAtProvider } from "./support/provider-calls.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { type TestClient, unique } from "./support/test-client.js";

async function update(client: TestClient, input: Record<string, unknown>) {
  const { updateCustomer } = await client.run(
    `mutation ($input: UpdateCustomerInput!) {
      updateCustomer(input: $input) {
        customer { id name firstName lastName email status updatedAt } userErrors { field code message }
      }
    }`,
    { input },
  );
  return updateCustomer;
}

async function atProvider(provider: Parameters<typeof callProvider>[0], id: string) {
  const { data } = await callProvider<{ data: Record<string, unknown> }>(provider, "GET", `/customer/${id}`);
  return data;
}

test("a field left out keeps its value, and null clears it", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer({ phone: "+2348012345678", city: "Lagos", street: "1 Marina" });
  const email = `${unique("new")}@example.com`;
  const changed = await update(client, { customerId: customer.id, lastName: "Eze", email, city: null });
  expect(changed).toMatchObject({
    customer: { firstName: "Ada", lastName: "Eze", name: "Ada Eze", email, status: "PENDING" },
    userErrors: [],
  });
  expect(provider.received("PUT /customer/{id}").map(({ body }) => body)).toEqual([
    { last_name: "Eze", email, city: null },
  ]);
  const { kyc_data: kyc, ...row } = await atProvider(provider, customer.id);
  expect(row).toMatchObject({ first_name: "Ada", last_name: "Eze", email, phone: "+2348012345678" });
  expect(kyc).toMatchObject({ street: "1 Marina", city: null });
  const { customer: read } = await client.run("query ($id: ID!) { customer(id: $id) { name email } }", {
    id: customer.id,
  });
  expect(read).toEqual({ name: "Ada Eze", email });
  expect((await client.run(`{ customers(filter: { search: "ada eze" }) { totalCount } }`)).customers.totalCount).toBe(
    1,
  );
});

test("every field that may change reaches the provider by its own name", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const fields = {
    firstName: "Ngozi",
    lastName: "Eze",
    email: `${unique("ngozi")}@example.com`,
    phone: "+2348012345678",
    street: "2 Broad Street",
    city: "Abuja",
    state: "FCT",
    zipCode: "900001",
  };
  expect((await update(client, { customerId: customer.id, ...fields })).userErrors).toEqual([]);
  expect(provider.received("PUT /customer/{id}").map(({ body }) => body)).toEqual([
    {
      first_name: "Ngozi",
      last_name: "Eze",
      email: fields.email,
      phone: "+2348012345678",
      street: "2 Broad Street",
      city: "Abuja",
      state: "FCT",
      zip_code: "900001",
    },
  ]);
});

test("an update moves no status and writes nothing to the log", async () => {
  const { client } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const { statusCursor } = await client.run("{ statusCursor }");
  await update(client, { customerId: customer.id, lastName: "Eze" });
  expect(await client.run("{ statusCursor }")).toEqual({ statusCursor });
});

test("a VERIFIED customer refuses what is set already, and takes what is not", async () => {
  const { client } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  expect(await update(client, { customerId, lastName: "Eze" })).toMatchObject({
    customer: null,
    userErrors: [{ field: null, code: "ALREADY_VERIFIED" }],
  });
  expect(await update(client, { customerId, city: "Lagos" })).toMatchObject({
    customer: { id: customerId, lastName: "Obi", status: "VERIFIED" },
    userErrors: [],
  });
});

test("all faults of an update are told at once, and nothing is sent", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const { userErrors } = await update(client, {
    customerId: customer.id,
    firstName: " ",
    email: null,
    phone: "12",
    city: "x".repeat(256),
  });
  const faults = userErrors.map(({ field, code }: { field: string[]; code: string }) => `${field.join(".")} ${code}`);
  expect(faults.sort()).toEqual(["city INVALID", "email REQUIRED", "firstName INVALID", "phone INVALID"]);
  expect(await update(client, { customerId: customer.id })).toMatchObject({
    customer: null,
    userErrors: [{ field: null, code: "REQUIRED" }],
  });
  expect(provider.received("PUT /customer/{id}")).toHaveLength(0);
});

test("what the provider refuses is told by the input's names, and changes nothing", async () => {
  const { client } = await startTestGateway();
  const { customer } = await client.createCustomer({ country: "US" });
  // A field of the other type, a required one cleared, and a postal code of another country.
  const { userErrors } = await update(client, {
    customerId: customer.id,
    businessName: "Example Ltd",
    firstName: null,
    zipCode: "LS1 1AA",
  });
  const fields = userErrors.map(({ field, code }: { field: string[]; code: string }) => `${field.join(".")} ${code}`);
  expect(fields.sort()).toEqual([
    "businessName PROVIDER_REJECTED",
    "firstName PROVIDER_REJECTED",
    "zipCode PROVIDER_REJECTED",
  ]);
  const { customer: read } = await client.run("query ($id: ID!) { customer(id: $id) { name } }", { id: customer.id });
  expect(read.name).toBe("Ada Obi");
});

test("a customer that nobody knows is NOT_FOUND, and one that only the provider knows is adopted", async () => {
  const { client, provider } = await startTestGateway();
  expect(await update(client, { customerId: "nobody", lastName: "Eze" })).toMatchObject({
    customer: null,
    userErrors: [{ field: ["customerId"], code: "NOT_FOUND" }],
  });
  const customerId = await createCustomerAtProvider(provider);
  expect(await update(client, { customerId, lastName: "Eze" })).toMatchObject({
    customer: { id: customerId, lastName: "Eze" },
    userErrors: [],
  });
});

test("an id cannot climb out of its place in the provider's paths", async () => {
  const { client, provider } = await startTestGateway();
  for (const customerId of ["../payout", "..", "a/b", "a?b=c", "a%2fb", "a b"]) {
    const { userErrors } = await update(client, { customerId, lastName: "Eze" });
    expect(userErrors).toMatchObject([{ field: ["customerId"], code: "INVALID" }]);
  }
  expect(provider.received("PUT /customer/{id}")).toHaveLength(0);
  expect(provider.received("GET /customer/{id}")).toHaveLength(0);
});
