import {
  at,
  control,
  createCustomer,
  createVerifiedCustomer,
  ngnPayout,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
} from "./support/sandbox-client.js";

afterEach(stopAll);

test("a delivery that is not taken is made again, signed anew, and the log keeps every attempt", async () => {
  const receiver = await startWebhookReceiver();
  receiver.answerWith(503);
  const client = await startSandboxClient({ webhookUrl: receiver.url, retryScheduleMs: [1300, 20, 20] });
  const id = await createVerifiedCustomer(client);
  await receiver.wait(1);
  receiver.answerWith(204);
  const [first, second] = await receiver.wait(2);
  expect(second?.rawBody).toBe(first?.rawBody);
  expect(second?.headers["x-blaaiz-timestamp"]).not.toBe(first?.headers["x-blaaiz-timestamp"]);
  expect(second?.headers["x-blaaiz-signature"]).not.toBe(first?.headers["x-blaaiz-signature"]);
  // Events of one customer go out in order, so with this one the earlier ones are written down.
  await control(client, `/customers/${id}/status`, { status: "PENDING" });
  await receiver.wait(3);
  expect(client.sandbox.sentWebhooks().slice(0, 2)).toMatchObject([
    { status: 503, body: { customer_id: id, new_status: "VERIFIED" } },
    { status: 204, body: { customer_id: id, new_status: "VERIFIED" } },
  ]);
});

test("after its last attempt a delivery is FAILED in the log, which shows what was sent", async () => {
  const receiver = await startWebhookReceiver();
  receiver.answerWith(500);
  const client = await startSandboxClient({ webhookUrl: receiver.url, retryScheduleMs: [10, 10] });
  const id = await createVerifiedCustomer(client);
  await receiver.wait(3);
  receiver.answerWith(200);
  // Events of one customer go out in order, so with this one the earlier ones are written down.
  await control(client, `/customers/${id}/status`, { status: "PENDING" });
  await receiver.wait(4);
  const logs = await client.call("GET", "/webhook-logs?status=FAILED&type=customer&per_page=1");
  expect(logs.body).toMatchObject({ current_page: 1, per_page: 1 });
  const logId = at(logs.body, "data.0.id");
  const log = await client.call("GET", `/webhook-logs/${logId}`);
  expect(log.body).toMatchObject({
    data: {
      status: "FAILED",
      webhook_url: receiver.url,
      response: { status: 500 },
      payload: { customer_id: id, new_status: "VERIFIED" },
      webhook_log_histories: [{ metadata: { attempt: 1 } }, { metadata: { attempt: 2 } }, { metadata: { attempt: 3 } }],
    },
  });
  expect(receiver.deliveries.filter(({ body }) => body.new_status === "VERIFIED")).toHaveLength(3);
});

test("POST /webhook sends payouts and customers to their own URLs, and shows the signing secret", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient();
  expect((await client.call("GET", "/webhook")).status).toBe(404);
  const urls = { payout_url: `${receiver.url}/payout`, collection_url: `${receiver.url}/collection` };
  expect(await client.call("POST", "/webhook", urls)).toMatchObject({
    status: 200,
    body: { data: { signing_secret: client.sandbox.signingSecret } },
  });
  const customerId = await createVerifiedCustomer(client);
  await client.call("POST", "/payout", ngnPayout(customerId));
  const deliveries = await receiver.wait(3);
  expect(deliveries.map(({ path, body }) => [path, body.type])).toEqual([
    ["/webhooks/collection", "customer"],
    ["/webhooks/payout", "payout"],
    ["/webhooks/payout", "payout"],
  ]);
  const read = await client.call("GET", "/webhook");
  expect(read.body).toMatchObject({ ...urls, kyc_url: null, id: expect.any(String) });
  const moved = { ...urls, payout_url: `${receiver.url}/moved`, kyc_url: "https://gateway.example/kyc" };
  expect((await client.call("PUT", `/webhook/${at(read.body, "id")}`, moved)).status).toBe(200);
  expect((await client.call("PUT", "/webhook/unknown", moved)).status).toBe(404);
  expect((await client.call("GET", "/webhook")).body).toMatchObject(moved);
});

test.each([
  ["no URL", {}],
  ["one URL", { payout_url: "https://gateway.example/webhooks" }],
  ["plain HTTP to another machine", { payout_url: "http://gateway.example", collection_url: "http://gateway.example" }],
  ["something that is no URL", { payout_url: "webhooks", collection_url: "webhooks" }],
])("POST /webhook with %s is refused with 400", async (_what, body) => {
  const { call } = await startSandboxClient();
  expect(await call("POST", "/webhook", body)).toMatchObject({
    status: 400,
    body: { status: false, message: "Invalid webhook URL format" },
  });
});

test("a payout that is not successful cannot be replayed", async () => {
  const client = await startSandboxClient({ payoutStepDelayMs: 60_000 });
  const paid = await client.call("POST", "/payout", ngnPayout(await createVerifiedCustomer(client)));
  const replay = (id: string | undefined) => client.call("POST", "/webhook-replay", { transaction_id: id });
  expect((await replay(at(paid.body, "transaction.id"))).status).toBe(400);
  expect((await replay("unknown")).status).toBe(404);
  expect((await replay(undefined)).status).toBe(422);
});

test("an Interac collection can be simulated", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const body = `{"interac_email":"payer@example.com","amount":100.50}`;
  expect((await client.call("POST", "/mock/simulate-webhook/interac", body)).status).toBe(200);
  const [event] = await receiver.wait(1);
  expect(event?.body).toMatchObject({
    type: "collection",
    transaction_currency: "CAD",
    transaction_amount: 100.5,
    source_information: { collection_email: "payer@example.com" },
  });
});

test("the control routes move customers and payouts with their webhooks, whatever was scheduled", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url, payoutStepDelayMs: 60_000 });
  const id = await createCustomer(client);
  expect(await control(client, `/customers/${id}/status`, { status: "REJECTED", comment: "Blurred." })).toBe(200);
  expect(await control(client, `/customers/${id}/status`, { status: "VERIFIED" })).toBe(200);
  expect(await control(client, `/customers/${id}/status`, { status: "GONE" })).toBe(422);
  const paid = await client.call("POST", "/payout", ngnPayout(id));
  const transaction = at(paid.body, "transaction.id");
  expect(await control(client, `/transactions/${transaction}/status`, { status: "FAILED" })).toBe(200);
  const events = await receiver.wait(3);
  expect(events.map(({ body }) => [body.new_status ?? body.transaction_status, body.comment])).toEqual([
    ["REJECTED", "Blurred."],
    ["VERIFIED", null],
    ["FAILED", undefined],
  ]);
});
