import {
  at,
  createCustomer,
  createVerifiedCustomer,
  individual,
  startSandboxClient,
  stopAll,
  uploadFile,
} from "./support/sandbox-client.js";

afterEach(stopAll);

const business = {
  type: "business",
  business_name: "Acme Ltd",
  registration_number: "RC123456",
  incorporation_country: "NG",
  country: "NG",
  email: "ops@acme.example",
};

test("an individual is created PENDING with 201", async () => {
  const { call } = await startSandboxClient();
  const created = await call("POST", "/customer", individual);
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    message: "Customer created successfully.",
    data: {
      ...individual,
      id: expect.any(String),
      business_id: expect.any(String),
      business_name: null,
      verification_status: "PENDING",
      kyb_scope: null,
    },
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ["no type", { type: undefined }, "type"],
  ["an unknown type", { type: "person" }, "type"],
  ["no e-mail address", { email: undefined }, "email"],
  ["a broken e-mail address", { email: "ada" }, "email"],
  ["no first name", { first_name: undefined }, "first_name"],
  ["no identification", { id_type: undefined }, "id_type"],
  ["the identification that is no longer taken", { id_type: "id_card" }, "id_type"],
  ["a country by its name", { country: "Nigeria" }, "country"],
  ["a day that does not exist", { dob: "1990-02-30" }, "dob"],
  ["a zip code of another country", { zip_code: "W1D 1BS" }, "zip_code"],
  ["a number for a name", { first_name: 7 }, "first_name"],
  ["a field of a business", { business_name: "Acme Ltd" }, "business_name"],
  ["a KYB scope", { kyb_scope: "FULL" }, "kyb_scope"],
])("an individual with %s is refused with 422", async (_what, fields, field) => {
  const { call } = await startSandboxClient();
  const refused = await call("POST", "/customer", { ...individual, ...fields });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ message: expect.any(String), errors: { [field]: [expect.any(String)] } });
  expect((await call("GET", "/customer")).body).toMatchObject({ data: [] });
});

test("a business is created once for each registration, without identification, and uploads no files", async () => {
  const { call } = await startSandboxClient();
  const created = await call("POST", "/customer", business);
  expect(created).toMatchObject({ status: 201, body: { data: { kyb_scope: "FULL", first_name: null } } });
  expect(await call("POST", "/customer", business)).toMatchObject({
    status: 422,
    body: { errors: { registration_number: [expect.any(String)] } },
  });
  expect(
    await call("POST", "/customer", { ...business, registration_number: "RC2", id_type: "passport" }),
  ).toMatchObject({
    status: 422,
    body: { errors: { id_type: ["The id type field is prohibited."] } },
  });
  expect(await call("POST", "/customer", { ...business, registration_number: "RC3", country: "GB" })).toMatchObject({
    status: 422,
    body: { errors: { country: [expect.any(String)] } },
  });
  const id = at(created.body, "data.id");
  const body = { customer_id: id, file_category: "identity" };
  expect((await call("POST", "/file/get-presigned-url", body)).status).toBe(400);
  expect(await call("POST", `/customer/${id}/submit`)).toMatchObject({
    status: 422,
    body: { message: "Cannot verify business customer: at least one owner is required." },
  });
});

test("an update keeps what is left out, clears what is null and refuses what cannot change", async () => {
  const client = await startSandboxClient();
  const id = await createCustomer(client);
  const before = await client.call("GET", `/customer/${id}`);
  await client.call("PUT", `/customer/${id}`, { phone: "+2348012345678", city: "Lagos" });
  await client.call("PUT", `/customer/${id}`, { city: null });
  const after = await client.call("GET", `/customer/${id}`);
  expect(after.body).toMatchObject({
    data: { first_name: "Ada", phone: "+2348012345678", kyc_data: { city: null } },
  });
  expect(at(after.body, "data.updated_at") > at(before.body, "data.updated_at")).toBe(true);
  for (const fields of [{ type: "business" }, { kyb_scope: "FULL" }, { first_name: null }, { email: "ada" }]) {
    expect((await client.call("PUT", `/customer/${id}`, fields)).status).toBe(422);
  }
  expect(await client.call("PUT", "/customer/unknown", { phone: "1" })).toMatchObject({
    status: 404,
    body: { status: false, message: "Customer not found" },
  });
});

test("a verified customer takes only fields that are still null, and no new identity file", async () => {
  const client = await startSandboxClient();
  const id = await createVerifiedCustomer(client);
  expect(await client.call("PUT", `/customer/${id}`, { first_name: "Eve" })).toMatchObject({
    status: 400,
    body: { status: false, message: "Verified customers can only update fields that are currently null" },
  });
  expect((await client.call("PUT", `/customer/${id}`, { phone: "+2348012345678" })).status).toBe(200);
  const fileId = await uploadFile(client, id);
  expect((await client.call("POST", `/customer/${id}/files`, { id_file: fileId })).status).toBe(400);
  expect((await client.call("POST", `/customer/${id}/submit`)).status).toBe(400);
});

test("no further file is taken while a review runs", async () => {
  const client = await startSandboxClient({ reviewDelayMs: 60_000 });
  const id = await createCustomer(client);
  await client.call("POST", `/customer/${id}/files`, { id_file: await uploadFile(client, id) });
  const more = await client.call("POST", `/customer/${id}/files`, { id_file: await uploadFile(client, id) });
  expect(more).toMatchObject({ status: 400, body: { status: false, message: "Customer verification is in progress" } });
});

test("the list answers everything, or pages of 15 newest first, filtered", async () => {
  const client = await startSandboxClient();
  const ids: string[] = [];
  for (let count = 0; count < 17; count += 1) ids.unshift(await createCustomer(client, `ada+${count}@example.com`));
  const idsOf = (body: unknown) => (body as { data: { id: string }[] }).data.map(({ id }) => id);
  expect(idsOf((await client.call("GET", "/customer")).body).sort()).toEqual([...ids].sort());
  const page = await client.call("GET", "/customer?paginate=true&page=2");
  expect(idsOf(page.body)).toEqual(ids.slice(15));
  expect(page.body).toMatchObject({
    links: { prev: "/api/external/customer?page=1", next: null },
    meta: { current_page: 2, from: 16, to: 17, last_page: 2, per_page: 15, total: 17 },
  });
  const byEmail = await client.call("GET", "/customer?email=ada%2B3%40example.com&type=INDIVIDUAL");
  expect(idsOf(byEmail.body)).toEqual([ids[13]]);
  expect(idsOf((await client.call("GET", "/customer?verification_status=verified")).body)).toEqual([]);
});

test("address and dates are added by kyc-data, and no one has beneficiaries", async () => {
  const client = await startSandboxClient();
  const id = await createCustomer(client);
  const kyc = { dob: "1990-01-15", street: "12 Marina Road", city: "Lagos", zip_code: "100001" };
  const added = await client.call("POST", `/customer/${id}/kyc-data`, kyc);
  expect(added).toMatchObject({ status: 200, body: { data: { verification_status: "PENDING", kyc_data: kyc } } });
  const beneficiaries = await client.call("GET", `/customer/${id}/beneficiary`);
  expect(beneficiaries).toMatchObject({ status: 200, body: { data: [] } });
});
