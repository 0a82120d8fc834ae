// Attaching documents and updating a customer, when the provider did it and the response says something else, or nothing.

import type { Sandbox } from "../src/sandbox/sandbox.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { pngFile, type TestClient, unique } from "./support/test-client.js";

const attachRoute = "POST /customer/{id}/files";
const updateRoute = "PUT /customer/{id}";
const page = "<html>blocked</html>";

type Fault = Parameters<Sandbox["failNext"]>[0];

const lostResponses: [string, (route: string) => Fault][] = [
  ["an HTML page with 403", (route) => ({ route, kind: "answer", when: "after", status: 403, body: page })],
  ["an HTML page with 400", (route) => ({ route, kind: "answer", when: "after", status: 400, body: page })],
  ["an HTML page with 200", (route) => ({ route, kind: "answer", when: "after", status: 200, body: page })],
  ["half a JSON", (route) => ({ route, kind: "answer", when: "after", status: 422, body: '{"message": "Cust' })],
  ["500", (route) => ({ route, kind: "answer", when: "after", status: 500, body: { message: "Server Error" } })],
  ["409", (route) => ({ route, kind: "answer", when: "after", status: 409, body: { message: "Conflict." } })],
  ["404 in JSON", (route) => ({ route, kind: "answer", when: "after", status: 404, body: { message: "Not Found." } })],
  ["422 in JSON", (route) => ({ route, kind: "answer", when: "after", status: 422, body: { message: "Invalid." } })],
  ["a broken connection", (route) => ({ route, kind: "reset", when: "after" })],
];

async function uploaded(client: TestClient, category = "IDENTITY", id?: string) {
  const customerId = id ?? ((await client.createCustomer()).customer.id as string);
  const { data } = await client.upload(
    `mutation ($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id } userErrors { code } } }`,
    { input: { customerId, category, file: null } },
    { "variables.input.file": pngFile() },
  );
  return { customerId, documentIds: [data.uploadDocument.document.id as string] };
}

function attach(client: TestClient, input: { customerId: string; documentIds: string[] }) {
  return client.request(
    `mutation ($input: AttachDocumentsInput!) {
      attachDocuments(input: $input) { customer { status documents { status } } userErrors { code message } }
    }`,
    { input },
  );
}

function update(client: TestClient, input: Record<string, unknown>) {
  return client.request(
    `mutation ($input: UpdateCustomerInput!) {
      updateCustomer(input: $input) { customer { lastName email } userErrors { field code message } }
    }`,
    { input },
  );
}

async function clearFaults(provider: Sandbox): Promise<void> {
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
}

const inReview = {
  data: {
    attachDocuments: { customer: { status: "PROCESSING", documents: [{ status: "ATTACHED" }] }, userErrors: [] },
  },
};
const slowReview = { sandbox: { reviewDelayMs: 60_000 } };

describe("an attachment that was made and answered with", () => {
  test.each(lostResponses)("%s is done, and the same call again returns it", async (_what, faultOf) => {
    const { client, provider } = await startTestGateway(slowReview);
    const input = await uploaded(client);
    provider.failNext(faultOf(attachRoute));
    expect(await attach(client, input)).toEqual(inReview);
    expect(await attach(client, input)).toEqual(inReview);
    expect(provider.received(attachRoute)).toHaveLength(1);
  });

  test.each(lostResponses)(
    "%s, and cannot be read back, is unknown; the same call again returns it",
    async (_what, faultOf) => {
      const { client, provider } = await startTestGateway(slowReview);
      const input = await uploaded(client);
      provider.failNext(faultOf(attachRoute));
      provider.failNext({ route: "GET /customer/{id}", kind: "answer", status: 200, body: page, times: 20 });
      const { errors } = await attach(client, input);
      expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
      await clearFaults(provider);
      expect(await attach(client, input)).toEqual(inReview);
    },
  );

  test("nothing at all is unknown when the caller's time is over; the same call again returns it", async () => {
    const message = "The provider has not confirmed this yet. Send the same call again to get its result.";
    const { client, provider } = await startTestGateway({ ...slowReview, patience: { answerWithinMs: 300 } });
    const input = await uploaded(client);
    provider.failNext({ route: attachRoute, kind: "hang", when: "after" });
    const { errors } = await attach(client, input);
    expect(errors).toMatchObject([{ message, extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
    expect(await attach(client, input)).toEqual(inReview);
  });
});

test("an attachment without a response is recorded by itself after its caller was answered", async () => {
  const { client, provider } = await startTestGateway({
    ...slowReview,
    config: { providerTimeoutMs: 600 },
    patience: { answerWithinMs: 200 },
  });
  const input = await uploaded(client);
  const { statusCursor } = await client.run("{ statusCursor }");
  const changes = client.follow({ after: statusCursor, customerId: input.customerId });
  provider.failNext({ route: attachRoute, kind: "hang", when: "after" });
  expect((await attach(client, input)).errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  const seen = await changes.until(({ to }) => to === "PROCESSING");
  expect(seen.map(({ to }) => to)).toEqual(["ATTACHED", "PROCESSING"]);
  expect(await attach(client, input)).toEqual(inReview);
  expect(provider.received(attachRoute)).toHaveLength(1);
});

test("a review that the gateway has heard of meanwhile does not turn a lost attachment into a rejection", async () => {
  const { client, provider } = await startTestGateway(slowReview);
  const input = await uploaded(client);
  provider.failNext({ route: attachRoute, kind: "reset", when: "after" });
  provider.failNext({ route: "GET /customer/{id}", kind: "answer", status: 200, body: page, times: 20 });
  expect((await attach(client, input)).errors).toHaveLength(1);
  await clearFaults(provider);
  // The answer to an update shows the customer PROCESSING.
  await update(client, { customerId: input.customerId, city: "Lagos" });
  expect(await attach(client, input)).toEqual(inReview);
});

test("a second identity document during the review of the first is rejected", async () => {
  const { client } = await startTestGateway(slowReview);
  const first = await uploaded(client);
  const second = await uploaded(client, "IDENTITY", first.customerId);
  expect((await attach(client, first)).errors).toBeUndefined();
  const { data } = await attach(client, second);
  expect(data?.attachDocuments.userErrors).toMatchObject([{ code: "PROVIDER_REJECTED" }]);
});

test("an attachment that was not made is sent once more, and rejected where the provider says so", async () => {
  const { client, provider } = await startTestGateway(slowReview);
  const input = await uploaded(client);
  provider.failNext({ route: attachRoute, kind: "answer", status: 502, body: page });
  expect(await attach(client, input)).toEqual(inReview);
  expect(provider.received(attachRoute)).toHaveLength(2);

  const other = await uploaded(client);
  provider.failNext({ route: attachRoute, kind: "answer", status: 422, body: { message: "Not this one." } });
  const { data } = await attach(client, other);
  expect(data?.attachDocuments).toEqual({
    customer: null,
    userErrors: [{ code: "PROVIDER_REJECTED", message: "Not this one." }],
  });
});

test("an attachment without an identity document is sent once more after a lost response", async () => {
  const { client, provider } = await startTestGateway(slowReview);
  const input = await uploaded(client, "PROOF_OF_ADDRESS");
  provider.failNext({ route: attachRoute, kind: "reset", when: "after" });
  const { data } = await attach(client, input);
  expect(data?.attachDocuments).toEqual({
    customer: { status: "PENDING", documents: [{ status: "ATTACHED" }] },
    userErrors: [],
  });
  expect(provider.received(attachRoute)).toHaveLength(2);
  expect(provider.received("GET /customer/{id}")).toEqual([]);
});

describe("an update that was made and answered with", () => {
  test.each(lostResponses)("%s is done", async (_what, faultOf) => {
    const { client, provider } = await startTestGateway();
    const { customer } = await client.createCustomer();
    const email = `${unique("new")}@example.com`;
    provider.failNext(faultOf(updateRoute));
    const { data } = await update(client, { customerId: customer.id, lastName: "Eze", email, city: "Lagos" });
    expect(data?.updateCustomer).toEqual({ customer: { lastName: "Eze", email }, userErrors: [] });
    expect(provider.received(updateRoute)).toHaveLength(1);
  });

  test("nothing at all is unknown when the caller's time is over; the same call again returns it", async () => {
    const { client, provider } = await startTestGateway({ patience: { answerWithinMs: 300 } });
    const { customer } = await client.createCustomer();
    provider.failNext({ route: updateRoute, kind: "hang", when: "after" });
    const input = { customerId: customer.id, lastName: "Eze" };
    const { errors } = await update(client, input);
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
    expect((await update(client, input)).data?.updateCustomer).toMatchObject({ customer: { lastName: "Eze" } });
  });
});

test("an update that was not made is sent once more, and is unknown when that fails too", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer();
  const input = { customerId: customer.id, lastName: "Eze" };
  provider.failNext({ route: updateRoute, kind: "answer", status: 502, body: page });
  expect((await update(client, input)).data?.updateCustomer).toMatchObject({ customer: { lastName: "Eze" } });
  expect(provider.received(updateRoute)).toHaveLength(2);

  provider.failNext({ route: updateRoute, kind: "answer", status: 502, body: page, times: 2 });
  const { errors } = await update(client, { ...input, lastName: "Bello" });
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE", retryAfterSeconds: 5 } }]);
  expect(provider.received(updateRoute)).toHaveLength(4);
});

test("an update of a VERIFIED customer whose response was lost twice is not rejected when it is repeated", async () => {
  const { client, provider } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  provider.failNext({ route: updateRoute, kind: "reset", when: "after" });
  provider.failNext({ route: "GET /customer/{id}", kind: "answer", status: 200, body: page, times: 20 });
  expect((await update(client, { customerId, city: "Lagos" })).errors).toHaveLength(1);
  await clearFaults(provider);
  expect((await update(client, { customerId, city: "Lagos" })).data?.updateCustomer.userErrors).toEqual([]);
});

test.each([
  [attachRoute, 403, "PROVIDER_UNAVAILABLE"],
  [attachRoute, 429, "RATE_LIMITED"],
  [updateRoute, 403, "PROVIDER_UNAVAILABLE"],
  [updateRoute, 429, "RATE_LIMITED"],
])("%s answered %i in the provider's own JSON is not done, and not repeated: %s", async (route, status, code) => {
  const { client, provider } = await startTestGateway();
  const input = await uploaded(client);
  provider.failNext({ route, kind: "answer", status, body: { message: "No." } });
  const isAttach = route === attachRoute;
  const { errors } = await (isAttach
    ? attach(client, input)
    : update(client, { customerId: input.customerId, lastName: "Eze" }));
  expect(errors).toMatchObject([{ extensions: { code } }]);
  expect(provider.received(route)).toHaveLength(1);
});
