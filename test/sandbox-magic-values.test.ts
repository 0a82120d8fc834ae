import { readFileSync } from "node:fs";
import { customerMagic, payoutMagic } from "../src/sandbox/magic-values.js";
import {
  at,
  createCustomer,
  createVerifiedCustomer,
  ngnPayout,
  type SandboxClient,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
  uploadFile,
  type WebhookReceiver,
  wallets,
} from "./support/sandbox-client.js";

afterEach(stopAll);

async function startBoth(): Promise<{ client: SandboxClient; receiver: WebhookReceiver }> {
  const receiver = await startWebhookReceiver();
  return { receiver, client: await startSandboxClient({ webhookUrl: receiver.url }) };
}

async function attachIdentity(client: SandboxClient, id: string): Promise<void> {
  const answer = await client.call("POST", `/customer/${id}/files`, { id_file: await uploadFile(client, id) });
  expect(answer.status).toBe(200);
}

/** Pays with a note; `lost` stands for a connection that broke instead of an answer. */
async function pay(client: SandboxClient, note: string, fields: Record<string, unknown> = {}) {
  const customerId = await createVerifiedCustomer(client);
  const body = ngnPayout(customerId, { note, merchant_reference: "order-1", ...fields });
  return client.call("POST", "/payout", body).catch(() => "lost" as const);
}

async function statusOf(client: SandboxClient, key: string): Promise<string | number> {
  const read = await client.call("GET", `/transaction/${key}`);
  return read.status === 200 ? at(read.body, "data.status") : read.status;
}

const words = (receiver: WebhookReceiver) =>
  receiver.deliveries
    .filter(({ body }) => body.type !== "customer")
    .map(({ body }) => `${body.type} ${body.transaction_status}`);

test("docs/sandbox.md explains every magic value", () => {
  const page = readFileSync(new URL("../docs/sandbox.md", import.meta.url), "utf8");
  for (const value of Object.keys(customerMagic)) expect(page).toContain(`\`+${value}\``);
  for (const value of Object.keys(payoutMagic)) expect(page).toContain(`\`${value}\``);
});

test("+rejected: the review ends REJECTED with a comment, each time", async () => {
  const { client, receiver } = await startBoth();
  const id = await createCustomer(client, "ada+rejected.1@example.com");
  for (const attempt of [1, 2]) {
    await attachIdentity(client, id);
    const events = await receiver.wait(attempt);
    expect(events.at(-1)?.body).toMatchObject({ old_status: "PROCESSING", new_status: "REJECTED" });
    expect(events.at(-1)?.body.comment).toMatch(/identity document/);
  }
  expect((await client.call("GET", `/customer/${id}`)).body).toMatchObject({
    data: { recent_comments: [{ comment: expect.any(String) }, { comment: expect.any(String) }] },
  });
});

test("+rejected-once: REJECTED, and VERIFIED after documents were sent again", async () => {
  const { client, receiver } = await startBoth();
  const id = await createCustomer(client, "ada+rejected-once@example.com");
  await attachIdentity(client, id);
  await receiver.wait(1);
  await attachIdentity(client, id);
  const events = await receiver.wait(2);
  expect(events.map(({ body }) => body.new_status)).toEqual(["REJECTED", "VERIFIED"]);
});

test("+slow-review: the review takes ten times as long", async () => {
  const { client, receiver } = await startBoth();
  const slow = await createCustomer(client, "ada+slow-review@example.com");
  const usual = await createCustomer(client);
  const startedAt = Date.now();
  await attachIdentity(client, slow);
  await attachIdentity(client, usual);
  await receiver.wait(1, ({ body }) => body.customer_id === usual);
  await receiver.wait(1, ({ body }) => body.customer_id === slow);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(200);
});

test("+pre-verified: a business becomes VERIFIED without documents", async () => {
  const { client, receiver } = await startBoth();
  await client.call("POST", "/customer", {
    type: "business",
    business_name: "Acme Ltd",
    registration_number: "RC1",
    incorporation_country: "NG",
    country: "NG",
    email: "ops+pre-verified@acme.example",
  });
  const [event] = await receiver.wait(1);
  expect(event?.body).toMatchObject({ old_status: "PENDING", new_status: "VERIFIED" });
});

test("+webhook-lost and +webhook-twice: no delivery, and two of the same event", async () => {
  const { client, receiver } = await startBoth();
  const lost = await createCustomer(client, "ada+webhook-lost@example.com");
  const twice = await createCustomer(client, "ada+webhook-twice@example.com");
  await attachIdentity(client, lost);
  await attachIdentity(client, twice);
  const [first, second] = await receiver.wait(2, ({ body }) => body.customer_id === twice);
  expect(second?.rawBody).toBe(first?.rawBody);
  expect((await client.call("GET", `/customer/${lost}`)).body).toMatchObject({
    data: { verification_status: "VERIFIED" },
  });
  expect(receiver.deliveries).toHaveLength(2);
  const logs = await client.call("GET", `/webhook-logs?status=FAILED&search_term=${lost}`);
  expect(logs.body).toMatchObject({ total: 1, data: [{ type: "customer", payload: { new_status: "VERIFIED" } }] });
});

test("+answer-lost: the customer is there although the connection broke", async () => {
  const { client } = await startBoth();
  const email = "ada+answer-lost@example.com";
  await expect(createCustomer(client, email)).rejects.toThrow();
  const found = await client.call("GET", `/customer?email=${encodeURIComponent(email)}`);
  expect(found.body).toMatchObject({ data: [{ email, verification_status: "PENDING" }] });
});

test("+enhanced-review and +no-account: verified customers that cannot be paid", async () => {
  const { client } = await startBoth();
  const reviewed = await createVerifiedCustomer(client, "ada+enhanced-review@example.com");
  expect(await client.call("POST", "/payout", ngnPayout(reviewed))).toMatchObject({
    status: 400,
    body: { message: "The customer is under enhanced due diligence." },
  });
  const closed = await createVerifiedCustomer(client, "ada+no-account@example.com");
  const body = {
    wallet_id: wallets.EUR,
    customer_id: closed,
    method: "bank_transfer",
    from_currency_id: "EUR",
    to_currency_id: "EUR",
    from_amount: 10,
    iban: "DE89370400440532013000",
    bic_code: "COBADEFFXXX",
    account_name: "Jane Roe",
    street: "Friedrichstrasse 123",
    city: "Berlin",
    zip_code: "10117",
    country: "DE",
  };
  expect(await client.call("POST", "/payout", body)).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining("virtual bank account for EUR for your business customer is not active") },
  });
  expect(await client.call("POST", "/payout", ngnPayout(closed))).toMatchObject({ status: 200 });
});

test.each([
  ["test-failed", ["payout PROCESSING", "payout FAILED"]],
  ["test-returned", ["payout PROCESSING", "payout SUCCESSFUL", "payout FAILED"]],
  ["test-instant", ["payout SUCCESSFUL"]],
  ["test-webhook-twice", ["payout PROCESSING", "payout PROCESSING", "payout SUCCESSFUL", "payout SUCCESSFUL"]],
  ["test-webhook-reordered", ["payout SUCCESSFUL", "payout PROCESSING"]],
  ["test-webhook-reordered test-failed", ["payout FAILED", "payout PROCESSING"]],
])("%s: the webhooks say %j", async (note, expected) => {
  const { client, receiver } = await startBoth();
  const paid = await pay(client, `Invoice 12 ${note}`);
  expect(paid).toMatchObject({
    status: 200,
    body: { transaction: { status: note === "test-instant" ? "SUCCESSFUL" : "PENDING" } },
  });
  await receiver.wait(expected.length, ({ body }) => body.type !== "customer");
  expect(words(receiver)).toEqual(expected);
  expect(await statusOf(client, "order-1")).toBe(
    [...expected]
      .reverse()
      .find((word) => !word.includes("PROCESSING"))
      ?.split(" ")[1],
  );
});

test("test-slow: steps take ten times as long", async () => {
  const { client, receiver } = await startBoth();
  const startedAt = Date.now();
  await pay(client, "test-slow");
  await receiver.wait(1, ({ body }) => body.transaction_status === "PROCESSING");
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(200);
});

test("test-webhook-lost: the payout succeeds unheard, and a replay delivers its last event", async () => {
  const { client, receiver } = await startBoth();
  const paid = await pay(client, "test-webhook-lost");
  const id = at(paid === "lost" ? {} : paid.body, "transaction.id");
  const other = await createVerifiedCustomer(client);
  // Accepted later, so that its last webhook comes when the silent one would long have come.
  await client.call("POST", "/payout", ngnPayout(other, { merchant_reference: "order-2" }));
  await receiver.wait(
    1,
    ({ body }) => body.merchant_reference === "order-2" && body.transaction_status === "SUCCESSFUL",
  );
  expect(await statusOf(client, "order-1")).toBe("SUCCESSFUL");
  expect(receiver.deliveries.filter(({ body }) => body.transaction_id === id)).toEqual([]);
  expect((await client.call("POST", "/webhook-replay", { transaction_id: id })).status).toBe(200);
  const [replayed] = await receiver.wait(1, ({ body }) => body.transaction_id === id);
  expect(replayed?.body.transaction_status).toBe("SUCCESSFUL");
});

test.each([
  ["test-insufficient-funds", 400, "Insufficient funds."],
  ["test-name-enquiry-fails", 400, "Invalid account number or bank code"],
  ["test-error-500", 500, "Server Error"],
])("%s: refused with %i, nothing is booked", async (note, status, message) => {
  const { client } = await startBoth();
  expect(await pay(client, note)).toMatchObject({ status, body: { message } });
  expect(client.sandbox.transactions()).toEqual([]);
});

test.each(["test-answer-lost", "test-answer-500"])("%s: accepted, although the answer says otherwise", async (note) => {
  const { client } = await startBoth();
  const paid = await pay(client, note);
  expect(paid === "lost" ? "lost" : paid.status).toBe(note === "test-answer-lost" ? "lost" : 500);
  expect(client.sandbox.transactions()).toMatchObject([{ merchantReference: "order-1" }]);
  expect(await statusOf(client, "order-1")).toMatch(/PENDING|PROCESSING|SUCCESSFUL/);
});

test.each(["test-error-500-once", "test-request-lost"])(
  "%s: not accepted the first time, but the second",
  async (note) => {
    const { client } = await startBoth();
    const first = await pay(client, note);
    expect(first === "lost" ? "lost" : first.status).toBe(note === "test-request-lost" ? "lost" : 500);
    expect(await statusOf(client, "order-1")).toBe(404);
    expect(await pay(client, note)).toMatchObject({ status: 200 });
    expect(client.sandbox.transactions()).toHaveLength(1);
  },
);

test("test-found-late: a read finds nothing until the first step", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url, payoutStepDelayMs: 1500 });
  await pay(client, "test-found-late");
  expect(await statusOf(client, "order-1")).toBe(404);
  await receiver.wait(1, ({ body }) => body.type === "payout");
  expect(await statusOf(client, "order-1")).toMatch(/PROCESSING|SUCCESSFUL/);
});
